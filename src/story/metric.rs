//! The figures a comparison speaks of, and which way is better.

use super::Numbers;

/// One figure of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Metric {
    /// Requests made.
    Requests,
    /// Requests per second.
    Rps,
    /// Median response time.
    P50,
    /// 95th percentile.
    P95,
    /// 99th percentile.
    P99,
    /// Mean response time.
    Mean,
    /// Failed requests as a part of all.
    Failures,
}

impl Metric {
    /// All of them, in the order they are shown.
    pub const ALL: [Self; 7] = [
        Self::Requests,
        Self::Rps,
        Self::P50,
        Self::P95,
        Self::P99,
        Self::Mean,
        Self::Failures,
    ];

    /// What a reader calls it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Rps => "RPS",
            Self::P50 => "p50",
            Self::P95 => "p95",
            Self::P99 => "p99",
            Self::Mean => "mean",
            Self::Failures => "failures",
        }
    }

    /// The name in JSON, with the unit.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Rps => "rps",
            Self::P50 => "p50_ms",
            Self::P95 => "p95_ms",
            Self::P99 => "p99_ms",
            Self::Mean => "mean_ms",
            Self::Failures => "failure_share",
        }
    }

    /// Whether more of it is better.
    #[must_use]
    pub fn more_is_better(self) -> bool {
        matches!(self, Self::Requests | Self::Rps)
    }

    /// Its value in `numbers`: milliseconds, a count, a rate, or a share of 1.
    #[must_use]
    pub fn of(self, numbers: &Numbers) -> Option<f64> {
        match self {
            Self::Requests => Some(numbers.requests),
            Self::Rps => numbers.rps,
            Self::P50 => numbers.p50_ms,
            Self::P95 => numbers.p95_ms,
            Self::P99 => numbers.p99_ms,
            Self::Mean => numbers.mean_ms,
            Self::Failures => Some(numbers.failure_share()),
        }
    }
}
