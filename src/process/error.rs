//! What can go wrong with a child process. Every error that can carry it holds
//! the end of the program's log.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use crate::failure::write_with_causes;
use crate::fixtures::{FixtureError, Scratch};

/// Why a process could not be started, or did not do what the test waits for.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum ProcessError {
    /// There is no such program.
    #[error("cannot start `{name}`: no program `{program}` ({searched})")]
    NotFound {
        /// The process's name in the test.
        name: String,
        /// The program as it was given, made absolute if it was a path.
        program: String,
        /// Where it was looked for.
        searched: String,
    },
    /// The operating system refused to start the program.
    #[error("cannot start `{name}`: cannot run `{program}` in `{directory}`")]
    Start {
        /// The process's name in the test.
        name: String,
        /// The program.
        program: String,
        /// The directory it was to run in.
        directory: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// The cores asked for cannot be had.
    #[error("cannot pin `{name}` to its cores")]
    Cores {
        /// The process's name in the test.
        name: String,
        /// Why not.
        source: super::CoresError,
    },
    /// The file for the program's output cannot be created, read or removed.
    #[error("cannot use the log `{path}` of `{name}`")]
    Log {
        /// The process's name in the test.
        name: String,
        /// The log file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// There is no directory for the program's output.
    #[error("no directory for the log of `{name}`")]
    Scratch {
        /// The process's name in the test.
        name: String,
        /// Why not.
        source: FixtureError,
    },
    /// The program ended while the test waited for it.
    #[error("`{name}` ended with {status} before {waited_for}\n{log}")]
    Ended {
        /// The process's name in the test.
        name: String,
        /// How it ended.
        status: ExitStatus,
        /// What it was expected to do first.
        waited_for: String,
        /// The end of its output.
        log: LogTail,
    },
    /// The program is running but did not do in time what the test waits for.
    #[error("`{name}` is still running, but {limit:?} passed before {waited_for}{last}\n{log}")]
    TimedOut {
        /// The process's name in the test.
        name: String,
        /// How long was waited.
        limit: Duration,
        /// What was waited for.
        waited_for: String,
        /// What the last attempt saw, if it saw anything.
        last: LastSeen,
        /// The end of its output.
        log: LogTail,
    },
    /// What the program printed is no address to connect to.
    #[error(
        "cannot tell when `{name}` is ready: `{url}` is not of the form `http://host:port/path`"
    )]
    Url {
        /// The process's name in the test.
        name: String,
        /// The text in question.
        url: String,
    },
    /// The program cannot be signalled or waited for.
    #[error("lost control of `{name}`")]
    Control {
        /// The process's name in the test.
        name: String,
        /// What the operating system said.
        source: io::Error,
    },
}

/// The message and its causes, for tests that `unwrap`.
impl fmt::Debug for ProcessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_with_causes(self, f)
    }
}

/// What the last attempt to reach the program saw.
#[derive(Debug, Clone, Default)]
pub struct LastSeen(pub(super) Option<String>);

impl fmt::Display for LastSeen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(seen) => write!(f, " (last attempt: {seen})"),
            None => Ok(()),
        }
    }
}

/// The end of a program's output, and where all of it is.
///
/// When the process itself is gone, this keeps its log: the file is removed
/// with the error, unless the error fails the test.
#[derive(Debug, Clone)]
pub struct LogTail(Box<Tail>);

#[derive(Debug, Clone)]
struct Tail {
    path: PathBuf,
    text: String,
    _scratch: Option<Arc<Scratch>>,
}

impl LogTail {
    pub(super) fn new(path: PathBuf, text: String, scratch: Option<Arc<Scratch>>) -> Self {
        Self(Box::new(Tail {
            path,
            text,
            _scratch: scratch,
        }))
    }

    /// The last lines, joined by newlines; bytes that are no UTF-8 replaced.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// The whole log.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0.path
    }
}

impl fmt::Display for LogTail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path().display();
        if self.text().is_empty() {
            return write!(f, "  it has printed nothing (log: `{path}`)");
        }
        write!(f, "  last lines of its output (log: `{path}`):")?;
        self.text()
            .lines()
            .try_for_each(|line| write!(f, "\n  | {line}"))
    }
}
