//! `_stats_history.csv` as `--csv-full-history` writes it: every second, one row
//! an endpoint and one for the aggregate.
//!
//! The rates and percentiles are of a window that moves, the columns that start
//! with `Total` are of the run so far. The rates are means over the ten seconds
//! that end two seconds before the last answer, because younger seconds may
//! still be incomplete; they are 0 in the first seconds. The percentiles compare
//! the counts now with those of about ten seconds ago, and are 0 while there are
//! none that old, `N/A` only before the first request.

use super::stats::{exact_cell, percentiles};
use super::table;
use super::{Entry, LocustError, Median, ResponseTimes, python_repr};

/// The first line of `_stats_history.csv`.
pub const HISTORY_HEADER: [&str; 24] = [
    "Timestamp",
    "User Count",
    "Type",
    "Name",
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
    "Total Request Count",
    "Total Failure Count",
    "Total Median Response Time",
    "Total Average Response Time",
    "Total Min Response Time",
    "Total Max Response Time",
    "Total Average Content Size",
];

/// One row of `_stats_history.csv`.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryRow {
    /// Seconds since the Unix epoch.
    pub timestamp: u64,
    /// Users running.
    pub users: u64,
    /// Method; empty for the aggregate.
    pub method: String,
    /// Name, `Aggregated` for the aggregate.
    pub name: String,
    /// Requests a second in the window; six decimals in the file.
    pub requests_per_second: f64,
    /// Failures a second in the window; six decimals in the file.
    pub failures_per_second: f64,
    /// Milliseconds in the window; `None` before the first request.
    pub percentiles: Option<[u64; 11]>,
    /// Requests so far.
    pub requests: u64,
    /// Failed requests so far.
    pub failures: u64,
    /// Median so far, in milliseconds.
    pub median: Median,
    /// Mean so far, in milliseconds.
    pub average_ms: f64,
    /// Shortest so far, in milliseconds.
    pub min_ms: f64,
    /// Longest so far, in milliseconds.
    pub max_ms: f64,
    /// Mean body size so far, in bytes.
    pub average_content_bytes: f64,
}

impl HistoryRow {
    /// The row of `entry` at `timestamp`, whose times about ten seconds ago were
    /// `earlier` (`None` when the run is younger) and whose rates in the window
    /// were `rates`: requests and failures a second.
    #[must_use]
    pub fn of(
        timestamp: u64,
        users: u64,
        entry: &Entry,
        rates: (f64, f64),
        earlier: Option<&ResponseTimes>,
    ) -> Self {
        let percentiles = if entry.requests == 0 {
            None
        } else {
            let window = earlier.map(|earlier| entry.response_times.since(earlier));
            window.as_ref().and_then(percentiles).or(Some([0; 11]))
        };
        Self {
            timestamp,
            users,
            method: entry.method.clone(),
            name: entry.name.clone(),
            requests_per_second: rates.0,
            failures_per_second: rates.1,
            percentiles,
            requests: entry.requests,
            failures: entry.failures,
            median: Median::of(entry),
            average_ms: entry.average_ms(),
            min_ms: entry.min_ms,
            max_ms: entry.max_ms,
            average_content_bytes: entry.average_content_bytes(),
        }
    }

    fn cells(&self) -> Vec<String> {
        let mut cells = vec![
            self.timestamp.to_string(),
            self.users.to_string(),
            self.method.clone(),
            self.name.clone(),
            format!("{:.6}", self.requests_per_second),
            format!("{:.6}", self.failures_per_second),
        ];
        cells.extend(table::percentile_cells(self.percentiles.as_ref()));
        cells.extend([
            self.requests.to_string(),
            self.failures.to_string(),
            self.median.cell(),
            python_repr(self.average_ms),
        ]);
        cells.extend([
            exact_cell(self.requests, self.min_ms),
            exact_cell(self.requests, self.max_ms),
            exact_cell(self.requests, self.average_content_bytes),
        ]);
        cells
    }
}

/// The file, rows in the order given.
#[must_use]
pub fn write_history(rows: &[HistoryRow]) -> Vec<u8> {
    table::write(&HISTORY_HEADER, rows.iter().map(HistoryRow::cells))
}

/// Reads a file of this layout.
///
/// # Errors
/// [`LocustError`] names the column or the line and cell that does not fit.
pub fn read_history(bytes: &[u8]) -> Result<Vec<HistoryRow>, LocustError> {
    table::read(bytes, "stats history", &HISTORY_HEADER, |cells| {
        Ok(HistoryRow {
            timestamp: cells.parse(0, "seconds since 1970")?,
            users: cells.parse(1, "a count")?,
            method: cells.text(2),
            name: cells.text(3),
            requests_per_second: cells.parse(4, "a rate")?,
            failures_per_second: cells.parse(5, "a rate")?,
            percentiles: cells.percentiles(6)?,
            requests: cells.parse(17, "a count")?,
            failures: cells.parse(18, "a count")?,
            median: cells.parse(19, "milliseconds")?,
            average_ms: cells.parse(20, "milliseconds")?,
            min_ms: cells.parse(21, "milliseconds")?,
            max_ms: cells.parse(22, "milliseconds")?,
            average_content_bytes: cells.parse(23, "bytes")?,
        })
    })
}
