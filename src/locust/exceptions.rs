//! `_exceptions.csv`: what went wrong in the user's code rather than in an
//! answer, one row a distinct message and traceback.

use super::LocustError;
use super::table;

/// The first line of `_exceptions.csv`.
pub const EXCEPTIONS_HEADER: [&str; 4] = ["Count", "Message", "Traceback", "Nodes"];

/// One row of `_exceptions.csv`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExceptionRow {
    /// How often.
    pub count: u64,
    /// What the code said.
    pub message: String,
    /// Where; line breaks stay as they are.
    pub traceback: String,
    /// Which workers saw it; `local` for a single process.
    pub nodes: String,
}

/// The file, rows in the order given.
#[must_use]
pub fn write_exceptions(rows: &[ExceptionRow]) -> Vec<u8> {
    let cells = |row: &ExceptionRow| {
        [
            row.count.to_string(),
            row.message.clone(),
            row.traceback.clone(),
            row.nodes.clone(),
        ]
    };
    table::write(&EXCEPTIONS_HEADER, rows.iter().map(cells))
}

/// Reads a file of this layout.
///
/// # Errors
/// [`LocustError`] names the column or the line and cell that does not fit.
pub fn read_exceptions(bytes: &[u8]) -> Result<Vec<ExceptionRow>, LocustError> {
    table::read(bytes, "exceptions", &EXCEPTIONS_HEADER, |cells| {
        Ok(ExceptionRow {
            count: cells.parse(0, "a count")?,
            message: cells.text(1),
            traceback: cells.text(2),
            nodes: cells.text(3),
        })
    })
}
