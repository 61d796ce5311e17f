//! What Locust keeps for one endpoint: the counts behind a row.

use super::ResponseTimes;

/// Requests of one endpoint, or of all of them, since the run began.
///
/// # Example
/// ```
/// use shakedown::locust::Entry;
///
/// let mut entry = Entry::new("GET", "/logs");
/// entry.record(12.4, 2_048, false);
/// entry.record(30.0, 0, true);
/// assert_eq!((entry.requests, entry.failures), (2, 1));
/// assert_eq!(entry.average_ms(), 21.2);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Entry {
    /// `GET`, `POST`, ...; empty for the aggregate.
    pub method: String,
    /// The name requests are grouped by.
    pub name: String,
    /// Requests, failed ones included.
    pub requests: u64,
    /// Failed requests.
    pub failures: u64,
    /// Sum of the response times in milliseconds.
    pub total_ms: f64,
    /// Shortest response time in milliseconds; 0 without requests.
    pub min_ms: f64,
    /// Longest response time in milliseconds.
    pub max_ms: f64,
    /// Sum of the body sizes in bytes.
    pub content_bytes: u64,
    /// Response times in Locust's buckets.
    pub response_times: ResponseTimes,
}

impl Entry {
    /// An endpoint without requests.
    #[must_use]
    pub fn new(method: &str, name: &str) -> Self {
        Self {
            method: method.to_owned(),
            name: name.to_owned(),
            ..Self::default()
        }
    }

    /// The row that holds all endpoints together.
    #[must_use]
    pub fn aggregated() -> Self {
        Self::new("", "Aggregated")
    }

    /// Adds one request: its time in milliseconds, the size of the body, and
    /// whether it failed.
    pub fn record(&mut self, milliseconds: f64, content_bytes: u64, failed: bool) {
        self.min_ms = if self.requests == 0 {
            milliseconds
        } else {
            self.min_ms.min(milliseconds)
        };
        self.max_ms = self.max_ms.max(milliseconds);
        self.requests += 1;
        self.failures += u64::from(failed);
        self.total_ms += milliseconds;
        self.content_bytes += content_bytes;
        self.response_times.record(milliseconds);
    }

    /// Adds the requests of `other`, keeping this entry's name.
    pub fn merge(&mut self, other: &Self) {
        if other.requests == 0 {
            return;
        }
        self.min_ms = if self.requests == 0 {
            other.min_ms
        } else {
            self.min_ms.min(other.min_ms)
        };
        self.max_ms = self.max_ms.max(other.max_ms);
        self.requests += other.requests;
        self.failures += other.failures;
        self.total_ms += other.total_ms;
        self.content_bytes += other.content_bytes;
        self.response_times.merge(&other.response_times);
    }

    /// Mean response time in milliseconds; 0 without requests.
    #[must_use]
    pub fn average_ms(&self) -> f64 {
        mean(self.total_ms, self.requests)
    }

    /// Mean body size in bytes; 0 without requests.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "2^53 bytes is 8 PiB")]
    pub fn average_content_bytes(&self) -> f64 {
        mean(self.content_bytes as f64, self.requests)
    }
}

#[expect(clippy::cast_precision_loss, reason = "2^53 requests are not made")]
fn mean(sum: f64, count: u64) -> f64 {
    if count == 0 { 0.0 } else { sum / count as f64 }
}
