//! What can go wrong between a test and its database in MariaDB.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::failure::write_with_causes;
use crate::fixtures::FixtureError;
use crate::process::ProcessError;

/// Why there is no server, or no fresh database.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum MySqlError {
    /// A program of MariaDB is not installed.
    #[error("no program `{program}` in {searched}: {hint}")]
    NotFound {
        /// The program.
        program: &'static str,
        /// Where it was looked for.
        searched: String,
        /// What to do about it.
        hint: &'static str,
    },
    /// The data directory could not be initialised.
    #[error("cannot initialise MariaDB: `mariadb-install-db` {problem}\n{log}")]
    Initialise {
        /// How the program ended.
        problem: String,
        /// The end of what it printed.
        log: String,
    },
    /// The server, or the program that initialises it, could not be run.
    #[error("cannot run MariaDB")]
    Process(#[from] ProcessError),
    /// The server of the whole run cannot be had.
    #[error("there is no MariaDB server for this run")]
    Run(#[source] &'static crate::session::Error),
    /// The path of the socket is longer than the system allows.
    #[error(
        "the socket `{path}` has a path of {length} bytes, of which the system takes {longest}; \
         set TMPDIR to a shorter directory"
    )]
    SocketPath {
        /// The socket.
        path: PathBuf,
        /// Its length in bytes.
        length: usize,
        /// The limit in bytes.
        longest: usize,
    },
    /// The command-line client could not be run.
    #[error("cannot run `{program}`")]
    Client {
        /// The client.
        program: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The server refused a statement.
    #[error("cannot {action}: {message}")]
    Sql {
        /// What was attempted, with the database.
        action: String,
        /// The server's words.
        message: String,
    },
    /// The template's own build function failed.
    #[error("cannot build the database template `{name}`")]
    Build {
        /// The template.
        name: String,
        /// What the build function returned.
        source: Box<dyn Error + Send + Sync>,
    },
    /// No build function was given.
    #[error("the database template `{name}` has no build function: call `build_with`")]
    NoBuild {
        /// The template.
        name: String,
    },
    /// The template holds what cannot be cloned.
    #[error(
        "the database template `{name}` holds the {kind} `{object}`: only tables are cloned; \
         create it in each test, with `Database::execute` after `fresh`"
    )]
    NotCloneable {
        /// The template.
        name: String,
        /// View, trigger, routine, event or sequence.
        kind: String,
        /// Its name.
        object: String,
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
    /// The directory for servers cannot be used.
    #[error("no directory for MariaDB")]
    Directory(#[from] FixtureError),
}

/// The message and its causes, for tests that `unwrap`.
impl fmt::Debug for MySqlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_with_causes(self, f)
    }
}

impl MySqlError {
    /// Adds to an I/O error what was tried on which file.
    pub(super) fn file(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::File {
            action,
            path: path.to_path_buf(),
            source,
        }
    }
}
