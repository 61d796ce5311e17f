//! A set-up against its baseline: medians over pairs of one round, with intervals.
//!
//! Relative changes have the interval of [`change_interval`], a bootstrap over the
//! rounds. A difference in microseconds has the one that the sign test turned round
//! gives: between the k-th smallest and the k-th largest pair, with the largest k for
//! which the median lies outside less than one time in twenty.

use serde::{Deserialize, Serialize};
use shakedown::story::statistics::{change_interval, median};

use super::report::Round;

/// What a set-up has more than its baseline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Against {
    /// Relative: 0.05 is 5 percent more. The same for the next two.
    pub(crate) rps: Change,
    pub(crate) cpu: Change,
    pub(crate) p50: Change,
    /// Microseconds of the server's processor time a request.
    pub(crate) cpu_us_more: Change,
}

/// A median over rounds, and where it lies with 95 percent.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Change {
    pub(crate) median: f64,
    /// None with too few rounds to tell.
    pub(crate) low: Option<f64>,
    pub(crate) high: Option<f64>,
}

impl Against {
    /// Compares rounds of the same number; none where there are none.
    pub(crate) fn of(baseline: &[Round], rounds: &[Round]) -> Option<Self> {
        let same = |of: &Round| baseline.iter().find(|before| before.round == of.round);
        let pairs: Vec<(&Round, &Round)> = rounds
            .iter()
            .filter_map(|after| Some((same(after)?, after)))
            .collect();
        Some(Self {
            rps: relative(&pairs, |of| of.rps)?,
            cpu: relative(&pairs, |of| of.cpu_us)?,
            p50: relative(&pairs, |of| of.p50_ms)?,
            cpu_us_more: difference(&pairs, |of| of.cpu_us)?,
        })
    }
}

/// None where a baseline is nothing: no JSON has what that gives.
fn relative(pairs: &[(&Round, &Round)], of: fn(&Round) -> f64) -> Option<Change> {
    let (before, after): (Vec<f64>, Vec<f64>) = pairs.iter().map(|(b, a)| (of(b), of(a))).unzip();
    if before.iter().any(|value| *value <= 0.0) {
        return None;
    }
    let ratios: Vec<f64> = before.iter().zip(&after).map(|(b, a)| a / b).collect();
    let interval = change_interval(&before, &after, true);
    Some(Change {
        median: median(&ratios)? - 1.0,
        low: interval.map(|interval| interval.low),
        high: interval.map(|interval| interval.high),
    })
}

fn difference(pairs: &[(&Round, &Round)], of: fn(&Round) -> f64) -> Option<Change> {
    let mut more: Vec<f64> = pairs.iter().map(|(b, a)| of(a) - of(b)).collect();
    more.sort_by(f64::total_cmp);
    let outside = beyond(more.len());
    Some(Change {
        median: median(&more)?,
        low: outside.map(|k| more[k]),
        high: outside.map(|k| more[more.len() - 1 - k]),
    })
}

/// How many of `pairs` sorted values lie beyond each end of the interval; none where
/// even the outermost ones leave the median out too often.
fn beyond(pairs: usize) -> Option<usize> {
    let mut term = 0.5_f64.powi(i32::try_from(pairs).ok()?);
    let mut left_out = 2.0 * term;
    let mut outside = None;
    for k in 0..pairs {
        if left_out > 0.05 {
            break;
        }
        outside = Some(k);
        #[expect(clippy::cast_precision_loss, reason = "rounds are few")]
        let next = (pairs - k) as f64 / (k + 1) as f64;
        term *= next;
        left_out += 2.0 * term;
    }
    outside
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rounds(cpu: &[f64]) -> Vec<Round> {
        let each = cpu.iter().enumerate();
        each.map(|(at, cpu)| Round {
            round: at + 1,
            cpu_us: *cpu,
            rps: 1_000.0 * 60.0 / cpu,
            p50_ms: *cpu,
            ..Round::default()
        })
        .collect()
    }

    #[test]
    fn the_interval_of_a_difference_leaves_its_median_out_one_time_in_twenty_at_most() {
        // 2 / 2^5 is more than 0.05; 2 / 2^6 is less, 2 x (1 + 8) / 2^8 is more again.
        let known = [
            (5, None),
            (6, Some(0)),
            (8, Some(0)),
            (9, Some(1)),
            (20, Some(5)),
        ];
        for (pairs, outside) in known {
            assert_eq!(beyond(pairs), outside, "{pairs} pairs");
        }
    }

    #[test]
    fn rounds_are_compared_by_their_number_though_one_is_missing() {
        let before = rounds(&[60.0, 70.0, 80.0]);
        let mut after = rounds(&[66.0, 0.0, 88.0]);
        after.remove(1);
        let against = Against::of(&before, &after).unwrap();
        assert!((against.cpu.median - 0.1).abs() < 1e-9, "{against:?}");
        assert!((against.cpu_us_more.median - 7.0).abs() < 1e-9);
        assert_eq!((against.cpu.low, against.cpu_us_more.high), (None, None));
        assert_eq!(Against::of(&before, &[]), None);
    }

    #[test]
    fn a_baseline_that_answered_nothing_has_no_change() {
        let after = rounds(&[66.0, 70.0]);
        let mut before = rounds(&[60.0, 70.0]);
        before[1].rps = 0.0;
        assert_eq!(Against::of(&before, &after), None);
    }

    #[test]
    fn six_rounds_have_an_interval_around_the_change() {
        let before = rounds(&[60.0, 61.0, 59.0, 60.5, 59.5, 60.0]);
        let after = rounds(&[70.0, 71.5, 69.0, 70.0, 69.0, 70.5]);
        let Against {
            cpu,
            cpu_us_more,
            rps,
            ..
        } = Against::of(&before, &after).unwrap();
        assert!(
            cpu.low.unwrap() > 0.1 && cpu.high.unwrap() < 0.25,
            "{cpu:?}"
        );
        assert_eq!((cpu_us_more.low, cpu_us_more.high), (Some(9.5), Some(10.5)));
        assert!(rps.high.unwrap() < -0.1, "{rps:?}");
    }
}
