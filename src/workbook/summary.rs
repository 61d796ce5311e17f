//! The figures of a phase, as a pure function of its samples.

use serde::{Deserialize, Serialize};

use super::Histogram;

/// Samples as they come: histograms, and exactly what a histogram rounds.
#[derive(Clone, Debug)]
pub(crate) struct Tally {
    pub(crate) histogram: Histogram,
    /// The same in nanoseconds, up to some seconds; none where only histograms of
    /// microseconds were added.
    nanoseconds: Option<Histogram>,
    sum_ns: u128,
    min_ns: Option<u64>,
    max_ns: u64,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            histogram: Histogram::new(),
            nanoseconds: Some(Histogram::new()),
            sum_ns: 0,
            min_ns: None,
            max_ns: 0,
        }
    }
}

/// Below so many microseconds a percentile is read to the nanosecond.
const FINE_US: u64 = 1_000;
/// Below so many nanoseconds of the 95th percentile the histogram of nanoseconds
/// is kept: one of microseconds would be a handful of buckets.
const COARSE_NS: u64 = 100_000;

impl Tally {
    pub(crate) fn record(&mut self, nanoseconds: u64) {
        self.histogram.record(nanoseconds / 1_000);
        if let Some(fine) = &mut self.nanoseconds {
            fine.record(nanoseconds);
        }
        self.sum_ns = self.sum_ns.saturating_add(u128::from(nanoseconds));
        self.min_ns = Some(self.min_ns.map_or(nanoseconds, |min| min.min(nanoseconds)));
        self.max_ns = self.max_ns.max(nanoseconds);
    }

    /// Adds samples of which only the histogram is known.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "sums of nanoseconds stay far below what a double counts to the microsecond"
    )]
    pub(crate) fn merge(&mut self, histogram: &Histogram) {
        if histogram.total() == 0 {
            return;
        }
        self.nanoseconds = None;
        let sum = (histogram.mean_us() * histogram.total() as f64).round() as u128;
        self.sum_ns = self.sum_ns.saturating_add(sum * 1_000);
        let min = histogram.min_us() * 1_000;
        self.min_ns = Some(self.min_ns.map_or(min, |own| own.min(min)));
        self.max_ns = self.max_ns.max(histogram.max_us() * 1_000);
        self.histogram.merge(histogram);
    }

    /// The histogram of nanoseconds, where one of microseconds tells too little.
    pub(crate) fn fine(&self) -> Option<&Histogram> {
        self.nanoseconds
            .as_ref()
            .filter(|_| self.percentile_ns(0.95) < COARSE_NS)
    }

    /// A bucket's upper end may lie above the longest time there was.
    fn percentile_ns(&self, p: f64) -> u64 {
        let coarse = self.histogram.percentile_us(p);
        let percentile = match &self.nanoseconds {
            Some(fine) if coarse < FINE_US => fine.percentile_us(p),
            _ => coarse.saturating_mul(1_000),
        };
        percentile.clamp(self.min_ns.unwrap_or(0), self.max_ns)
    }
}

/// What is said of the samples of a phase, in milliseconds with nanoseconds
/// behind the point. Of results that others published only some are known.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Summary {
    /// How many.
    pub samples: u64,
    /// Their mean.
    pub mean_ms: f64,
    /// The median.
    pub p50_ms: Option<f64>,
    /// What 95 percent did not exceed. Of a step that others published, of which no
    /// percentile is known, its mean.
    pub p95_ms: f64,
    /// What 99 percent did not exceed.
    pub p99_ms: Option<f64>,
    /// The shortest.
    pub min_ms: Option<f64>,
    /// The longest.
    pub max_ms: Option<f64>,
}

impl Summary {
    /// The figures of a histogram.
    ///
    /// # Example
    /// ```
    /// use shakedown::workbook::{Histogram, Summary};
    ///
    /// let mut times = Histogram::new();
    /// (1..=100).for_each(|ms| times.record(ms * 1_000));
    /// let summary = Summary::of(&times);
    /// assert_eq!((summary.samples, summary.mean_ms.round()), (100, 51.0));
    /// ```
    #[must_use]
    pub fn of(histogram: &Histogram) -> Self {
        let mut tally = Tally::default();
        tally.merge(histogram);
        Self::of_tally(&tally)
    }

    /// Its times by name, in milliseconds.
    pub(super) fn figures(&self) -> [(&'static str, Option<f64>); 6] {
        [
            ("mean", Some(self.mean_ms)),
            ("P50", self.p50_ms),
            ("P95", Some(self.p95_ms)),
            ("P99", self.p99_ms),
            ("min", self.min_ms),
            ("max", self.max_ms),
        ]
    }

    #[expect(clippy::cast_precision_loss, reason = "nanoseconds of at most days")]
    pub(crate) fn of_tally(tally: &Tally) -> Self {
        let samples = tally.histogram.total();
        let ms = |nanoseconds: u64| nanoseconds as f64 / 1e6;
        let percentile = |p| ms(tally.percentile_ns(p));
        Self {
            samples,
            mean_ms: (tally.sum_ns as f64 / samples.max(1) as f64).round() / 1e6,
            p50_ms: Some(percentile(0.50)),
            p95_ms: percentile(0.95),
            p99_ms: Some(percentile(0.99)),
            min_ms: Some(ms(tally.min_ns.unwrap_or(0))),
            max_ms: Some(ms(tally.max_ns)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(times: impl IntoIterator<Item = u64>) -> Summary {
        let mut tally = Tally::default();
        let nanoseconds = times.into_iter().map(|time| time * 1_000);
        nanoseconds.for_each(|time| tally.record(time));
        Summary::of_tally(&tally)
    }

    #[test]
    fn a_known_set_has_its_known_figures() {
        let summary = of((1..=1_000).map(|n| n * 1_000));
        assert_eq!(summary.samples, 1_000);
        assert_eq!(summary.mean_ms, 500.5);
        assert_eq!((summary.min_ms, summary.max_ms), (Some(1.0), Some(1_000.0)));
        let near = |value: f64, expected: f64| (value / expected - 1.0).abs() < 0.001;
        assert!(near(summary.p50_ms.unwrap(), 500.0), "{summary:?}");
        assert!(near(summary.p95_ms, 950.0), "{summary:?}");
        assert!(near(summary.p99_ms.unwrap(), 990.0), "{summary:?}");
    }

    #[test]
    fn a_wait_is_not_rounded_below_its_bound() {
        let summary = of([5_000_001, 5_003_217]);
        assert_eq!(summary.min_ms, Some(5_000.001));
        assert_eq!(summary.max_ms, Some(5_003.217));
        assert!(summary.p95_ms <= 5_003.217);
    }

    #[test]
    fn a_single_sample_is_all_its_figures() {
        let summary = of([777]);
        assert_eq!((summary.mean_ms, summary.p95_ms), (0.777, 0.777));
    }

    #[test]
    fn histograms_of_two_runs_add_up_to_one() {
        let (mut one, mut two) = (Histogram::new(), Histogram::new());
        (0..500).for_each(|n| one.record(1_000 + n));
        (500..1_000).for_each(|n| two.record(1_000 + n));
        let mut both = Tally::default();
        both.merge(&one);
        both.merge(&two);
        let summary = Summary::of_tally(&both);
        let expected = of((0..1_000).map(|n| 1_000 + n));
        assert_eq!(summary.samples, 1_000);
        assert!((summary.mean_ms - expected.mean_ms).abs() < 0.002);
        assert_eq!(summary.p95_ms, expected.p95_ms);
    }

    #[test]
    fn a_call_below_a_microsecond_is_told_from_one_ten_times_as_long() {
        let summary = |ns: u64| {
            let mut tally = Tally::default();
            (0..100).for_each(|n| tally.record(ns + n % 10));
            assert!(tally.fine().is_some());
            Summary::of_tally(&tally)
        };
        let (short, long) = (summary(80), summary(800));
        assert_eq!((short.p95_ms, long.p95_ms), (0.000_089, 0.000_809));
        assert_eq!(short.min_ms, Some(0.000_08));
    }

    #[test]
    fn of_long_samples_only_microseconds_are_kept() {
        let mut tally = Tally::default();
        (1..=20).for_each(|n| tally.record(n * 1_000_000));
        assert!(tally.fine().is_none());
    }
}
