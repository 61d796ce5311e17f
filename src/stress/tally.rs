//! Counts of one endpoint in one part of a run.

use std::time::Duration;

use super::Histogram;

/// What was measured: counts, exact extremes and sum, and a histogram.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Tally {
    /// Requests, failed ones included.
    pub(super) requests: u64,
    /// Failed requests.
    pub(super) failures: u64,
    /// Sum of the response times.
    pub(super) total: Duration,
    /// Shortest response time; zero without requests.
    pub(super) min: Duration,
    /// Longest response time.
    pub(super) max: Duration,
    /// Bytes of all bodies.
    pub(super) content_bytes: u64,
    /// Response times in microseconds.
    pub(super) histogram: Histogram,
}

impl Tally {
    pub(super) fn record(&mut self, took: Duration, content_bytes: u64, failed: bool) {
        self.min = if self.requests == 0 {
            took
        } else {
            self.min.min(took)
        };
        self.max = self.max.max(took);
        self.requests += 1;
        self.failures += u64::from(failed);
        self.total += took;
        self.content_bytes += content_bytes;
        self.histogram.record(microseconds(took));
    }

    pub(super) fn merge(&mut self, other: &Self) {
        if other.requests == 0 {
            return;
        }
        self.min = if self.requests == 0 {
            other.min
        } else {
            self.min.min(other.min)
        };
        self.max = self.max.max(other.max);
        self.requests += other.requests;
        self.failures += other.failures;
        self.total += other.total;
        self.content_bytes += other.content_bytes;
        self.histogram.merge(&other.histogram);
    }

    /// Mean response time in milliseconds; 0 without requests.
    #[expect(clippy::cast_precision_loss, reason = "2^53 requests are not made")]
    pub(super) fn mean_ms(&self) -> f64 {
        if self.requests == 0 {
            0.0
        } else {
            milliseconds(self.total) / self.requests as f64
        }
    }

    /// The time in milliseconds that the fraction `p` of requests did not
    /// exceed, to the histogram's three digits; 0 without requests.
    #[expect(clippy::cast_precision_loss, reason = "an hour of microseconds fits")]
    pub(super) fn percentile_ms(&self, p: f64) -> f64 {
        // The bucket of the longest time reaches above it; the exact time is known.
        (self.histogram.percentile_us(p) as f64 / 1_000.0).min(milliseconds(self.max))
    }
}

pub(super) fn milliseconds(span: Duration) -> f64 {
    span.as_secs_f64() * 1_000.0
}

pub(super) fn microseconds(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}
