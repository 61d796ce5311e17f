//! What can go wrong between a CSV file and its rows.

/// A file that is not what it should be, and where.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LocustError {
    /// The text is not CSV: unequal row lengths, or not UTF-8.
    #[error("the file is not CSV as Locust writes it")]
    Csv(#[from] csv::Error),
    /// The first line is another file's, or another layout's.
    #[error("column {position} is `{found}` where a file of {kind} has `{expected}`")]
    Header {
        /// Which of the four files was expected.
        kind: &'static str,
        /// Counted from 1.
        position: usize,
        /// The column that belongs there; empty when the row should have ended.
        expected: String,
        /// The column found; empty when the row ended early.
        found: String,
    },
    /// A cell that does not hold what its column promises.
    #[error("line {line}: `{column}` is `{value}`, which is not {expected}")]
    Cell {
        /// Line of the file, counted from 1.
        line: u64,
        /// Name of the column.
        column: &'static str,
        /// The cell.
        value: String,
        /// What the column holds.
        expected: &'static str,
    },
}
