//! Locust's response time buckets and its percentile rule.
//!
//! Source: Locust's `stats.py` (`bucket_response_time`,
//! `calculate_response_time_percentile`), restated. A response time of fewer
//! than 100 ms is rounded to 1 ms, below 1 s to 10 ms, below 10 s to 100 ms and
//! above that to 1 s, ties to the even neighbour as Python's `round` does (so
//! 105 ms becomes 100 and 115 ms becomes 120). The percentile `p` of `n` rounded
//! times is the one at position `min(floor(n * p), n - 1)` of the sorted list,
//! counted from 0 and with the product taken in double precision: the upper
//! nearest rank, so that the 95th percentile of ten samples is their maximum.

/// The percentiles Locust reports by default, as fractions, in column order.
pub const REPORTED: [f64; 11] = [
    0.50, 0.66, 0.75, 0.80, 0.90, 0.95, 0.98, 0.99, 0.999, 0.9999, 1.0,
];

/// The bucket, in whole milliseconds, that a response time in milliseconds
/// falls into.
///
/// # Example
/// ```
/// use shakedown::locust::round_response_time;
///
/// assert_eq!(round_response_time(0.4), 0);
/// assert_eq!(round_response_time(2.5), 2);
/// assert_eq!(round_response_time(147.0), 150);
/// assert_eq!(round_response_time(3_432.0), 3_400);
/// assert_eq!(round_response_time(58_760.0), 59_000);
/// ```
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a response time is never negative, and the cast saturates"
)]
pub fn round_response_time(milliseconds: f64) -> u64 {
    let step = if milliseconds < 100.0 {
        1.0
    } else if milliseconds < 1_000.0 {
        10.0
    } else if milliseconds < 10_000.0 {
        100.0
    } else {
        1_000.0
    };
    ((milliseconds / step).round_ties_even() * step) as u64
}

/// How many requests fell into each of Locust's buckets.
///
/// Dense, because the buckets are few: 280 up to 10 s and one a second after
/// that, so recording is an index and an addition.
///
/// # Example
/// ```
/// use shakedown::locust::ResponseTimes;
///
/// let times: ResponseTimes = [1.2, 1.4, 8.0, 260.3].into_iter().collect();
/// assert_eq!(times.percentile(0.50), Some(8));
/// assert_eq!(times.percentile(1.0), Some(260));
/// assert_eq!(ResponseTimes::default().percentile(0.5), None);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResponseTimes {
    counts: Vec<u64>,
    total: u64,
}

impl ResponseTimes {
    /// Adds one response time in milliseconds.
    pub fn record(&mut self, milliseconds: f64) {
        self.add(round_response_time(milliseconds), 1);
    }

    /// Adds `count` requests to the bucket `milliseconds`, which
    /// [`round_response_time`] or Locust itself named.
    pub fn add(&mut self, milliseconds: u64, count: u64) {
        let index = index_of(milliseconds);
        if index >= self.counts.len() {
            self.counts.resize(index + 1, 0);
        }
        self.counts[index] += count;
        self.total += count;
    }

    /// Adds everything `other` counted.
    pub fn merge(&mut self, other: &Self) {
        if other.counts.len() > self.counts.len() {
            self.counts.resize(other.counts.len(), 0);
        }
        for (mine, theirs) in self.counts.iter_mut().zip(&other.counts) {
            *mine += theirs;
        }
        self.total += other.total;
    }

    /// What was recorded since `earlier`, an earlier state of the same counts.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let counts: Vec<u64> = self
            .counts
            .iter()
            .enumerate()
            .map(|(at, now)| now.saturating_sub(earlier.counts.get(at).copied().unwrap_or(0)))
            .collect();
        let total = counts.iter().sum();
        Self { counts, total }
    }

    /// Requests recorded.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Non-empty buckets, ascending: milliseconds and requests.
    pub fn buckets(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.counts
            .iter()
            .enumerate()
            .filter(|(_, count)| **count > 0)
            .map(|(index, count)| (milliseconds_of(index), *count))
    }

    /// The bucket, in milliseconds, at the fraction `p` of the sorted times;
    /// `None` when nothing was recorded.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "Python takes the same product of an int and a float, and truncates it"
    )]
    pub fn percentile(&self, p: f64) -> Option<u64> {
        let last = self.total.checked_sub(1)?;
        let rank = ((self.total as f64 * p) as u64).min(last);
        let mut passed = 0;
        self.buckets()
            .find(|(_, count)| {
                passed += count;
                passed > rank
            })
            .map(|(milliseconds, _)| milliseconds)
    }
}

impl FromIterator<f64> for ResponseTimes {
    fn from_iter<I: IntoIterator<Item = f64>>(times: I) -> Self {
        let mut all = Self::default();
        for time in times {
            all.record(time);
        }
        all
    }
}

fn index_of(milliseconds: u64) -> usize {
    let index = match milliseconds {
        0..=100 => milliseconds,
        101..=1_000 => 100 + (milliseconds - 100) / 10,
        1_001..=10_000 => 190 + (milliseconds - 1_000) / 100,
        _ => 280 + (milliseconds - 10_000) / 1_000,
    };
    // A day in seconds bounds the table; nobody waits longer for an answer.
    index.min(86_400) as usize
}

fn milliseconds_of(index: usize) -> u64 {
    let index = index as u64;
    match index {
        0..=100 => index,
        101..=190 => 100 + (index - 100) * 10,
        191..=280 => 1_000 + (index - 190) * 100,
        _ => 10_000 + (index - 280) * 1_000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_ties_to_the_even_neighbour_at_every_scale() {
        for (time, bucket) in [
            (0.5, 0),
            (1.5, 2),
            (99.5, 100),
            (105.0, 100),
            (115.0, 120),
            (125.0, 120),
            (999.0, 1_000),
            (1_050.0, 1_000),
            (1_150.0, 1_200),
            (9_999.0, 10_000),
            (10_500.0, 10_000),
            (11_500.0, 12_000),
        ] {
            assert_eq!(round_response_time(time), bucket, "{time}");
        }
    }

    #[test]
    fn every_bucket_keeps_its_value() {
        for index in 0..500 {
            assert_eq!(index_of(milliseconds_of(index)), index);
        }
    }

    #[test]
    fn the_percentile_of_few_samples_is_the_upper_rank() {
        let ten: ResponseTimes = (1..=10).map(f64::from).collect();
        assert_eq!(ten.percentile(0.5), Some(6));
        assert_eq!(ten.percentile(0.95), Some(10));
        assert_eq!(ten.percentile(0.0), Some(1));
    }
}
