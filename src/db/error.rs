//! What can go wrong with a database template.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::failure::write_with_causes;
use crate::fixtures::FixtureError;

/// Why there is no fresh database.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum TemplateError {
    /// The template's own build function failed.
    #[error("cannot build the database template `{name}`")]
    Build {
        /// The template.
        name: String,
        /// What the build function returned.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The build function returned while the database was still in use.
    #[error(
        "the database template `{name}` is still open: `{file}` lies beside it; close every \
         connection before the build function returns (drop pools, await their closing), or \
         run `PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE` last"
    )]
    Open {
        /// The template.
        name: String,
        /// The name of the file that should not be there.
        file: String,
    },
    /// The build function left no SQLite database.
    #[error("the database template `{name}` is no SQLite database: {problem}")]
    Invalid {
        /// The template.
        name: String,
        /// What is wrong with the file.
        problem: String,
    },
    /// No build function was given.
    #[error("the database template `{name}` has no build function: call `build_with`")]
    NoBuild {
        /// The template.
        name: String,
    },
    /// A file could not be used.
    #[error("cannot {action} `{path}`")]
    File {
        /// What was tried.
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The directory for templates cannot be used.
    #[error("no directory for database templates")]
    Directory(#[from] FixtureError),
}

/// The message and its causes, for tests that `unwrap`.
impl fmt::Debug for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_with_causes(self, f)
    }
}

impl TemplateError {
    /// Adds to an I/O error what was tried on which file.
    pub(super) fn file(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::File {
            action,
            path: path.to_path_buf(),
            source,
        }
    }
}
