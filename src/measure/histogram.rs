//! Response times at microsecond resolution: an HDR histogram that can be
//! written down in a line and added up again.
//!
//! In JSON a histogram is one string, `"312,1:5,1:2,14"`: for each non-empty
//! bucket, ascending, how many microseconds it lies above the one before and,
//! after a colon, how many requests it holds when that is not 1. A bucket is
//! named by the lowest time it holds. Adding the counts of equal buckets of two
//! histograms gives the histogram of both runs, whatever wrote them.

use std::fmt;

use hdrhistogram::Histogram as Hdr;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Counts of response times in microseconds, three significant digits: no time
/// is off by more than one part in a thousand.
///
/// # Example
/// ```
/// use shakedown::workbook::Histogram;
///
/// let mut times = Histogram::new();
/// for microseconds in 1..=1_000 {
///     times.record(microseconds);
/// }
/// assert_eq!(times.percentile_us(0.95), 950);
/// ```
#[derive(Clone)]
pub struct Histogram(Hdr<u64>);

/// The longest time told apart: an hour.
const LONGEST_US: u64 = 3_600_000_000;

/// More requests than any run has: so few that thousands of runs add up.
const MOST: u64 = 1 << 48;

impl Histogram {
    /// An empty histogram.
    ///
    /// # Panics
    /// Never: the bounds are constants that fit.
    #[must_use]
    pub fn new() -> Self {
        Self::with_digits(3)
    }

    /// An empty histogram of `digits` significant digits, for the many that a
    /// series needs.
    pub(crate) fn with_digits(digits: u8) -> Self {
        let mut hdr = Hdr::new_with_bounds(1, 2_048, digits)
            .expect("the bounds are constants that fit up to three digits");
        hdr.auto(true);
        Self(hdr)
    }

    /// Adds a request of `microseconds`; more than an hour counts as an hour.
    pub fn record(&mut self, microseconds: u64) {
        self.record_n(microseconds, 1);
    }

    fn record_n(&mut self, microseconds: u64, count: u64) {
        self.0
            .record_n(microseconds.min(LONGEST_US), count)
            .expect("the histogram resizes itself up to the longest time");
    }

    /// Adds the requests of `other`.
    pub fn merge(&mut self, other: &Self) {
        self.0
            .add(&other.0)
            .expect("the histogram resizes itself up to the longest time");
    }

    /// Requests recorded.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.len()
    }

    /// The time in microseconds that the fraction `p` of requests did not
    /// exceed; 0 without requests.
    #[must_use]
    pub fn percentile_us(&self, p: f64) -> u64 {
        self.0.value_at_quantile(p)
    }

    /// The mean in microseconds, as exact as the buckets; 0 without requests.
    #[must_use]
    pub fn mean_us(&self) -> f64 {
        self.0.mean()
    }

    /// The shortest time in microseconds, as exact as its bucket; 0 without
    /// requests.
    #[must_use]
    pub fn min_us(&self) -> u64 {
        self.0.min()
    }

    /// The longest time in microseconds, as exact as its bucket; 0 without
    /// requests.
    #[must_use]
    pub fn max_us(&self) -> u64 {
        self.0.max()
    }

    /// Non-empty buckets, ascending: the lowest time in microseconds and the
    /// requests.
    pub fn buckets(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.0.iter_recorded().map(|bucket| {
            let time = self.0.lowest_equivalent(bucket.value_iterated_to());
            (time, bucket.count_at_value())
        })
    }

    /// Reads the string form; none where it is no such, or counts more than can be.
    fn decode(text: &str) -> Option<Self> {
        let mut histogram = Self::new();
        let (mut time, mut total) = (0_u64, 0_u64);
        for bucket in text.split(',').filter(|bucket| !bucket.is_empty()) {
            let (step, count) = bucket.split_once(':').unwrap_or((bucket, "1"));
            time = time.checked_add(step.parse().ok()?)?;
            let count: u64 = count.parse().ok()?;
            total = total.checked_add(count).filter(|total| *total <= MOST)?;
            histogram.record_n(time, count);
        }
        Some(histogram)
    }
}

impl Default for Histogram {
    fn default() -> Self {
        Self::new()
    }
}

impl PartialEq for Histogram {
    /// Equal when every bucket holds as many requests.
    fn eq(&self, other: &Self) -> bool {
        self.buckets().eq(other.buckets())
    }
}

impl fmt::Debug for Histogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Histogram({self})")
    }
}

impl fmt::Display for Histogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut before = 0;
        for (at, (time, count)) in self.buckets().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            write!(f, "{comma}{}", time - before)?;
            if count != 1 {
                write!(f, ":{count}")?;
            }
            before = time;
        }
        Ok(())
    }
}

impl Serialize for Histogram {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Histogram {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::decode(&text).ok_or_else(|| {
            D::Error::custom(format!(
                "a histogram is `step[:count]`, separated by commas, of at most {MOST} in all"
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Histogram;

    fn of(times: impl IntoIterator<Item = u64>) -> Histogram {
        let mut histogram = Histogram::new();
        times.into_iter().for_each(|time| histogram.record(time));
        histogram
    }

    #[test]
    fn the_written_form_is_steps_and_counts() {
        assert_eq!(of([312, 313, 313, 315, 0]).to_string(), "0,312,1:2,2");
    }

    #[test]
    fn a_histogram_read_back_is_the_same_and_adds_up() {
        let one = of((0..5_000).map(|i| i * i));
        let two = of((0..500).map(|i| i * 7));
        let read: Histogram = serde_json::from_str(&serde_json::to_string(&one).unwrap()).unwrap();
        assert_eq!(read, one);
        let mut both = read;
        both.merge(&two);
        assert_eq!(
            both,
            of((0..5_000).map(|i| i * i).chain((0..500).map(|i| i * 7)))
        );
    }

    #[test]
    fn a_broken_written_form_is_refused() {
        for text in ["\"x\"", "\"1:\"", "\"1:2:3\"", "\"-1\""] {
            assert!(serde_json::from_str::<Histogram>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn more_requests_than_any_run_has_are_refused() {
        let max = u64::MAX;
        let half = (1_u64 << 47) + 1;
        for text in [
            format!("\"1:{max}\""),
            format!("\"1:{max},1:{max}\""),
            format!("\"1:{half},1:{half}\""),
        ] {
            let error = serde_json::from_str::<Histogram>(&text).unwrap_err();
            assert!(
                error.to_string().contains("at most 281474976710656"),
                "{error}"
            );
        }
        let most: Histogram = serde_json::from_str("\"1:281474976710656\"").unwrap();
        assert_eq!(most.total(), 1 << 48);
    }

    #[test]
    fn more_than_an_hour_counts_as_an_hour() {
        assert_eq!(of([u64::MAX]).total(), 1);
    }
}
