//! The figures of a phase, as a pure function of its samples.

use serde::{Deserialize, Serialize};

use super::Histogram;

/// Samples as they come: a histogram, and exactly what a histogram rounds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) histogram: Histogram,
    sum_us: u64,
    min_us: Option<u64>,
    max_us: u64,
}

impl Tally {
    pub(crate) fn record(&mut self, microseconds: u64) {
        self.histogram.record(microseconds);
        self.sum_us = self.sum_us.saturating_add(microseconds);
        self.min_us = Some(
            self.min_us
                .map_or(microseconds, |min| min.min(microseconds)),
        );
        self.max_us = self.max_us.max(microseconds);
    }

    /// Adds samples of which only the histogram is known.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "sums of microseconds stay far below what a double counts exactly"
    )]
    pub(crate) fn merge(&mut self, histogram: &Histogram) {
        if histogram.total() == 0 {
            return;
        }
        let sum = (histogram.mean_us() * histogram.total() as f64).round() as u64;
        self.sum_us = self.sum_us.saturating_add(sum);
        let min = histogram.min_us();
        self.min_us = Some(self.min_us.map_or(min, |own| own.min(min)));
        self.max_us = self.max_us.max(histogram.max_us());
        self.histogram.merge(histogram);
    }
}

/// What is said of the samples of a phase, in milliseconds with microseconds
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
    /// What 95 percent did not exceed.
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

    #[expect(clippy::cast_precision_loss, reason = "microseconds of at most days")]
    pub(crate) fn of_tally(tally: &Tally) -> Self {
        let samples = tally.histogram.total();
        let ms = |microseconds: u64| microseconds as f64 / 1_000.0;
        let (min, max) = (tally.min_us.unwrap_or(0), tally.max_us);
        // A bucket's upper end may lie above the longest time there was.
        let percentile = |p| ms(tally.histogram.percentile_us(p).clamp(min, max));
        Self {
            samples,
            mean_ms: (tally.sum_us as f64 / samples.max(1) as f64).round() / 1_000.0,
            p50_ms: Some(percentile(0.50)),
            p95_ms: percentile(0.95),
            p99_ms: Some(percentile(0.99)),
            min_ms: Some(ms(min)),
            max_ms: Some(ms(max)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(times: impl IntoIterator<Item = u64>) -> Summary {
        let mut tally = Tally::default();
        times.into_iter().for_each(|time| tally.record(time));
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
}
