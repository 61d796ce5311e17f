//! Whether a run got slower while it lasted.

use super::record::{Record, SecondRecord};
use super::{Histogram, Run};

/// The two halves of the measured window. Made of the record's seconds, so times
/// have two significant digits.
#[derive(Clone, Debug)]
pub struct Drift {
    before: Histogram,
    after: Histogram,
}

/// Times below a millisecond say more about the machine than about the server,
/// so no half counts as faster than that.
const LEAST_US: f64 = 1_000.0;

impl Run {
    /// Compares the first half of the measured window with the second; `None`
    /// for a window of less than two whole seconds.
    #[must_use]
    pub fn drift(&self) -> Option<Drift> {
        Drift::of(self.record())
    }
}

impl Drift {
    /// As [`Run::drift`], of an archived record.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a ramp is some seconds"
    )]
    pub fn of(record: &Record) -> Option<Self> {
        let began = record.series.first()?.second;
        let ramp = record.windows.ramp_s.max(0.0).ceil() as u64;
        let whole: Vec<&SecondRecord> = record
            .series
            .iter()
            .filter(|second| second.users >= record.load.users)
            .filter(|second| second.second > began + ramp)
            .collect();
        // In the last one users come to their end.
        let whole = &whole[..whole.len().saturating_sub(1)];
        let (first, second) = whole.split_at(whole.len() / 2);
        if first.is_empty() {
            return None;
        }
        Some(Self {
            before: sum(first),
            after: sum(second),
        })
    }

    /// The time in milliseconds that the fraction `p` did not exceed, in each
    /// half.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "an hour of microseconds fits")]
    pub fn percentile_ms(&self, p: f64) -> (f64, f64) {
        let of = |histogram: &Histogram| histogram.percentile_us(p) as f64 / 1_000.0;
        (of(&self.before), of(&self.after))
    }

    /// How many times longer the second half took at the fraction `p`; a
    /// millisecond is the least that either counts.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "an hour of microseconds fits")]
    pub fn ratio(&self, p: f64) -> f64 {
        let of = |histogram: &Histogram| (histogram.percentile_us(p) as f64).max(LEAST_US);
        of(&self.after) / of(&self.before)
    }
}

fn sum(seconds: &[&SecondRecord]) -> Histogram {
    let mut all = Histogram::new();
    for second in seconds {
        all.merge(&second.histogram);
    }
    all
}
