//! Histograms as our records write them: text, `step[:count]` separated by
//! commas, the steps from one time to the next in microseconds.

/// The percentiles of a curve.
const CURVE: [f64; 11] = [
    50.0, 66.0, 75.0, 80.0, 90.0, 95.0, 98.0, 99.0, 99.9, 99.99, 100.0,
];

/// Times in microseconds and how often each was, rising.
#[derive(Clone, Debug, Default)]
pub(super) struct Histogram(Vec<(u64, u64)>);

impl Histogram {
    pub(super) fn decode(text: &str) -> Option<Self> {
        let mut buckets = Vec::new();
        let mut time = 0_u64;
        for bucket in text.split(',').filter(|bucket| !bucket.is_empty()) {
            let (step, count) = bucket.split_once(':').unwrap_or((bucket, "1"));
            time = time.checked_add(step.trim().parse().ok()?)?;
            buckets.push((time, count.trim().parse().ok()?));
        }
        Some(Self(buckets))
    }

    /// Adds the requests of `other`.
    pub(super) fn add(&mut self, other: &Self) {
        self.0.extend(&other.0);
        self.0.sort_unstable_by_key(|(time, _)| *time);
        self.0.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1 = kept.1.saturating_add(next.1);
            }
            same
        });
    }

    /// Response times by percentile: percent and milliseconds, rising.
    pub(super) fn curve(&self) -> Vec<(f64, f64)> {
        let points = CURVE.iter();
        points
            .filter_map(|percent| Some((*percent, self.percentile_ms(*percent)?)))
            .collect()
    }

    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rank among fewer than 2^53 requests"
    )]
    pub(super) fn percentile_ms(&self, percent: f64) -> Option<f64> {
        let total = self
            .0
            .iter()
            .try_fold(0_u64, |sum, (_, count)| sum.checked_add(*count))?;
        let last = total.checked_sub(1)?;
        let rank = ((total as f64 * percent / 100.0) as u64).min(last);
        let mut below = 0;
        for (time, count) in &self.0 {
            below += count;
            if below > rank {
                return Some(*time as f64 / 1_000.0);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_histogram_is_steps_and_counts() {
        let histogram = Histogram::decode("100,200:98,700").unwrap();
        assert_eq!(histogram.percentile_ms(50.0), Some(0.3));
        assert_eq!(histogram.percentile_ms(99.0), Some(1.0));
        assert_eq!(histogram.percentile_ms(100.0), Some(1.0));
        assert!(Histogram::decode("1,x").is_none());
        assert!(Histogram::decode("18446744073709551615,1").is_none());
        assert_eq!(Histogram::decode("").unwrap().percentile_ms(50.0), None);
    }

    #[test]
    fn a_percentile_of_two_runs_is_that_of_all_requests_and_no_mean() {
        // 900 requests of 1 ms; 100 of 100 ms.
        let mut all = Histogram::decode("1000:900").unwrap();
        all.add(&Histogram::decode("1000:10,99000:100").unwrap());
        assert_eq!(all.percentile_ms(50.0), Some(1.0));
        assert_eq!(all.percentile_ms(95.0), Some(100.0));
        assert_eq!(all.percentile_ms(90.0), Some(1.0), "a mean would be 50.5");
    }
}
