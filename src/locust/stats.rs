//! `_stats.csv`: one row an endpoint over the whole run, `Aggregated` last.
//!
//! Rows are sorted by name, then method. Both rates are divided by the same
//! span, from the start of the run to the last answer, in every row, so that
//! rows add up to the aggregate. `Median Response Time` is the 50th percentile
//! of the rounded times held between the exact minimum and maximum, which makes
//! it a whole number unless it was held; the percentile columns are whole
//! milliseconds, or `N/A` in a row without requests.

use super::table;
use super::{Entry, LocustError, REPORTED, python_repr};

/// The first line of `_stats.csv`.
pub const STATS_HEADER: [&str; 22] = [
    "Type",
    "Name",
    "Request Count",
    "Failure Count",
    "Median Response Time",
    "Average Response Time",
    "Min Response Time",
    "Max Response Time",
    "Average Content Size",
    "Requests/s",
    "Failures/s",
    "50%",
    "66%",
    "75%",
    "80%",
    "90%",
    "95%",
    "98%",
    "99%",
    "99.9%",
    "99.99%",
    "100%",
];

/// A median: a bucket, or the exact minimum or maximum where the bucket lies
/// outside of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Median {
    /// A bucket of [`round_response_time`](super::round_response_time).
    Bucket(u64),
    /// The exact time that held the bucket back, in milliseconds.
    Held(f64),
}

impl Median {
    /// The median of an entry, `Bucket(0)` without requests.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        reason = "buckets end at a day in milliseconds"
    )]
    pub fn of(entry: &Entry) -> Self {
        let Some(bucket) = entry.response_times.percentile(0.5) else {
            return Self::Bucket(0);
        };
        let exact = bucket as f64;
        if exact > entry.max_ms {
            Self::Held(entry.max_ms)
        } else if exact < entry.min_ms {
            Self::Held(entry.min_ms)
        } else {
            Self::Bucket(bucket)
        }
    }

    pub(super) fn cell(self) -> String {
        match self {
            Self::Bucket(bucket) => bucket.to_string(),
            Self::Held(exact) => python_repr(exact),
        }
    }

    pub(super) fn parse(cell: &str) -> Option<Self> {
        cell.parse()
            .map(Self::Bucket)
            .or_else(|_| cell.parse().map(Self::Held))
            .ok()
    }
}

impl std::str::FromStr for Median {
    type Err = ();

    fn from_str(cell: &str) -> Result<Self, ()> {
        Self::parse(cell).ok_or(())
    }
}

/// One row of `_stats.csv`.
#[derive(Clone, Debug, PartialEq)]
pub struct StatsRow {
    /// Method; empty for the aggregate.
    pub method: String,
    /// Name, `Aggregated` for the aggregate.
    pub name: String,
    /// Requests, failed ones included.
    pub requests: u64,
    /// Failed requests.
    pub failures: u64,
    /// Median in milliseconds.
    pub median: Median,
    /// Mean in milliseconds.
    pub average_ms: f64,
    /// Shortest, exact, in milliseconds.
    pub min_ms: f64,
    /// Longest, exact, in milliseconds.
    pub max_ms: f64,
    /// Mean body size in bytes.
    pub average_content_bytes: f64,
    /// Requests a second over the whole run.
    pub requests_per_second: f64,
    /// Failures a second over the whole run.
    pub failures_per_second: f64,
    /// Milliseconds at [`REPORTED`]; `None` without requests.
    pub percentiles: Option<[u64; 11]>,
}

impl StatsRow {
    /// The row of `entry` in a run that lasted `seconds`.
    #[must_use]
    pub fn of(entry: &Entry, seconds: f64) -> Self {
        Self {
            method: entry.method.clone(),
            name: entry.name.clone(),
            requests: entry.requests,
            failures: entry.failures,
            median: Median::of(entry),
            average_ms: entry.average_ms(),
            min_ms: entry.min_ms,
            max_ms: entry.max_ms,
            average_content_bytes: entry.average_content_bytes(),
            requests_per_second: rate(entry.requests, seconds),
            failures_per_second: rate(entry.failures, seconds),
            percentiles: percentiles(&entry.response_times),
        }
    }

    fn cells(&self) -> Vec<String> {
        let mut cells = vec![
            self.method.clone(),
            self.name.clone(),
            self.requests.to_string(),
            self.failures.to_string(),
            self.median.cell(),
            python_repr(self.average_ms),
            exact_cell(self.requests, self.min_ms),
            exact_cell(self.requests, self.max_ms),
            exact_cell(self.requests, self.average_content_bytes),
            python_repr(self.requests_per_second),
            python_repr(self.failures_per_second),
        ];
        cells.extend(table::percentile_cells(self.percentiles.as_ref()));
        cells
    }
}

/// A float of a row; without requests it is Python's integer 0.
pub(super) fn exact_cell(requests: u64, value: f64) -> String {
    if requests == 0 {
        "0".to_owned()
    } else {
        python_repr(value)
    }
}

/// The reported percentiles of a histogram, `None` when it is empty.
pub(super) fn percentiles(times: &super::ResponseTimes) -> Option<[u64; 11]> {
    let mut values = [0; 11];
    for (value, p) in values.iter_mut().zip(REPORTED) {
        *value = times.percentile(p)?;
    }
    Some(values)
}

#[expect(clippy::cast_precision_loss, reason = "2^53 requests are not made")]
fn rate(count: u64, seconds: f64) -> f64 {
    if seconds > 0.0 {
        count as f64 / seconds
    } else {
        0.0
    }
}

/// The rows of a file: `entries` sorted as Locust sorts them, then the
/// aggregate.
///
/// `seconds` runs from the start of the run to the last answer.
#[must_use]
pub fn stats_rows(entries: &[Entry], aggregated: &Entry, seconds: f64) -> Vec<StatsRow> {
    let mut sorted: Vec<&Entry> = entries.iter().collect();
    sorted.sort_by(|a, b| (&a.name, &a.method).cmp(&(&b.name, &b.method)));
    sorted
        .into_iter()
        .chain([aggregated])
        .map(|entry| StatsRow::of(entry, seconds))
        .collect()
}

/// The file, rows in the order given.
#[must_use]
pub fn write_stats(rows: &[StatsRow]) -> Vec<u8> {
    table::write(&STATS_HEADER, rows.iter().map(StatsRow::cells))
}

/// Reads a file of this layout.
///
/// # Errors
/// [`LocustError`] names the column or the line and cell that does not fit.
pub fn read_stats(bytes: &[u8]) -> Result<Vec<StatsRow>, LocustError> {
    table::read(bytes, "stats", &STATS_HEADER, |cells| {
        Ok(StatsRow {
            method: cells.text(0),
            name: cells.text(1),
            requests: cells.parse(2, "a count")?,
            failures: cells.parse(3, "a count")?,
            median: cells.parse(4, "milliseconds")?,
            average_ms: cells.parse(5, "milliseconds")?,
            min_ms: cells.parse(6, "milliseconds")?,
            max_ms: cells.parse(7, "milliseconds")?,
            average_content_bytes: cells.parse(8, "bytes")?,
            requests_per_second: cells.parse(9, "a rate")?,
            failures_per_second: cells.parse(10, "a rate")?,
            percentiles: cells.percentiles(11)?,
        })
    })
}
