//! What is wrong with a table, and where.

use std::path::PathBuf;

/// A place in a table and what is wrong there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {cause}")]
pub struct Malformed {
    /// Line of the file, from 1.
    pub line: usize,
    /// Character in that line, from 1.
    pub column: usize,
    /// What is wrong.
    pub cause: Cause,
}

/// What is wrong at one place of a table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Cause {
    /// The bytes are no text.
    #[error("not UTF-8 text")]
    NotUtf8,
    /// There is no header.
    #[error("the file is empty")]
    Empty,
    /// A cell that opens with a quote and never closes.
    #[error("a quoted cell starts here and never ends")]
    UnterminatedQuote,
    /// Text between a closing quote and the next delimiter.
    #[error("text follows a closing quote; quotes inside a cell must be doubled")]
    TextAfterQuote,
    /// The header is no header of Locust's.
    #[error("no table of Locust's has the header `{found}`")]
    UnknownHeader {
        /// The header, shortened.
        found: String,
    },
    /// Two columns of the header mean the same.
    #[error("`{name}` repeats a column that stands further left")]
    DuplicateColumn {
        /// The second of them.
        name: String,
    },
    /// A row is shorter or longer than the header.
    #[error("the row has {found} cells, the header {expected}")]
    CellCount {
        /// Cells in the header.
        expected: usize,
        /// Cells in the row.
        found: usize,
    },
    /// A cell should hold a number.
    #[error("`{value}` in column `{name}` is not a number")]
    NotANumber {
        /// The column's name in the header.
        name: String,
        /// The cell, shortened.
        value: String,
    },
    /// A cell should hold a whole number.
    #[error("`{value}` in column `{name}` is not a whole number")]
    NotACount {
        /// The column's name in the header.
        name: String,
        /// The cell, shortened.
        value: String,
    },
}

/// A file that could not be read as a table of Locust's.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The file could not be read at all.
    #[error("cannot read `{}`", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The file was read and is no table.
    #[error("`{}` is malformed", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Where, and what is wrong.
        source: Malformed,
    },
}

impl Cause {
    /// Text of the file, short enough for a message.
    pub(super) fn excerpt(text: &str) -> String {
        const LONGEST: usize = 60;
        let mut shown: String = text
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .take(LONGEST)
            .collect();
        if text.chars().nth(LONGEST).is_some() {
            shown.push_str("...");
        }
        shown
    }
}
