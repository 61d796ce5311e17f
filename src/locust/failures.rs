//! `_failures.csv`: one row an error text of an endpoint, with how often it
//! occurred and when it was seen first and last (UTC, whole seconds).
//!
//! Locust orders the rows by a hash of their content, so readers rely on none.

use jiff::Timestamp;

use super::LocustError;
use super::table;

/// The first line of `_failures.csv`.
pub const FAILURES_HEADER: [&str; 6] = [
    "Method",
    "Name",
    "Error",
    "Occurrences",
    "First Seen",
    "Last Seen",
];

/// One row of `_failures.csv`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailureRow {
    /// Method of the request.
    pub method: String,
    /// Name of the request.
    pub name: String,
    /// What went wrong.
    pub error: String,
    /// How often.
    pub occurrences: u64,
    /// The first time; the file keeps whole seconds.
    pub first_seen: Timestamp,
    /// The last time; the file keeps whole seconds.
    pub last_seen: Timestamp,
}

/// The file, rows in the order given.
#[must_use]
pub fn write_failures(rows: &[FailureRow]) -> Vec<u8> {
    let cells = |row: &FailureRow| {
        [
            row.method.clone(),
            row.name.clone(),
            row.error.clone(),
            row.occurrences.to_string(),
            seconds(row.first_seen),
            seconds(row.last_seen),
        ]
    };
    table::write(&FAILURES_HEADER, rows.iter().map(cells))
}

/// Reads a file of this layout.
///
/// # Errors
/// [`LocustError`] names the column or the line and cell that does not fit.
pub fn read_failures(bytes: &[u8]) -> Result<Vec<FailureRow>, LocustError> {
    table::read(bytes, "failures", &FAILURES_HEADER, |cells| {
        Ok(FailureRow {
            method: cells.text(0),
            name: cells.text(1),
            error: cells.text(2),
            occurrences: cells.parse(3, "a count")?,
            first_seen: cells.parse(4, "a UTC time")?,
            last_seen: cells.parse(5, "a UTC time")?,
        })
    })
}

fn seconds(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
