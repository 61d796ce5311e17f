//! What can go wrong with a session-wide resource.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use super::LogTail;

/// Why a session-wide resource cannot be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The start function returned an error or panicked, now or when an
    /// earlier test of this run asked.
    #[error("session resource `{resource}` ({declared}) failed to start: {message}{log}")]
    Start {
        /// Its name.
        resource: String,
        /// Source file and line.
        declared: String,
        /// What the start function said.
        message: String,
        /// The end of its log.
        log: LogTail,
    },
    /// The resource was up and then went away.
    #[error("session resource `{resource}` ({declared}) died during the run: {message}{log}")]
    Died {
        /// Its name.
        resource: String,
        /// Source file and line.
        declared: String,
        /// What is known about its end.
        message: String,
        /// The end of its log.
        log: LogTail,
    },
    /// Resources need each other in a circle.
    #[error("session resources need each other in a circle: {}", chain.join(" -> "))]
    Circle {
        /// The names, the first again at the end.
        chain: Vec<String>,
    },
    /// The runner that the resource would belong to has ended.
    #[error("session resource `{resource}` cannot start: the test run it belongs to has ended")]
    RunEnded {
        /// Its name.
        resource: String,
    },
    /// The directory for resources is not this user's own.
    #[error(
        "cannot keep session resources in `{}`: it {problem}; remove it, or set TMPDIR to a directory of your own",
        path.display()
    )]
    Directory {
        /// The directory.
        path: PathBuf,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A file of the resource cannot be read or written.
    #[error("cannot {action} `{}`{}", path.display(), advice(source))]
    Storage {
        /// What was tried.
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The host process cannot be started.
    #[error("cannot start the host process of session resource `{resource}`")]
    Launch {
        /// Its name.
        resource: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// The handle is not of the type that this test binary expects.
    #[error(
        "the handle of session resource `{resource}` is of another type here than where it was started: the same declaration must have the same type in every test binary"
    )]
    Handle {
        /// Its name.
        resource: String,
        /// What does not fit.
        source: serde_json::Error,
    },
    /// The resource did not go when it was told to.
    #[error("session resource `{resource}` (host process {host}) is still there after {limit:?}")]
    Stop {
        /// Its name.
        resource: String,
        /// Its process.
        host: i32,
        /// How long was waited.
        limit: Duration,
    },
}

impl Error {
    /// Makes a [`Storage`](Self::Storage) error of what the system said.
    pub(super) fn storage(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Storage {
            action,
            path: path.into(),
            source,
        }
    }
}

/// What to do about it, where the operating system's own words do not say.
fn advice(source: &io::Error) -> &'static str {
    match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            ": the disk is full; free some space, or set TMPDIR to a directory on another disk"
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            ": this user may not write there; set TMPDIR to a directory of your own"
        }
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn storage(source: io::Error) -> String {
        Error::storage("write", "/tmp/x/state.json")(source).to_string()
    }

    #[test]
    fn a_full_disk_is_named_with_a_way_out() {
        assert_eq!(
            storage(io::ErrorKind::StorageFull.into()),
            "cannot write `/tmp/x/state.json`: the disk is full; free some space, or set TMPDIR to a directory on another disk"
        );
    }

    #[test]
    fn a_missing_permission_is_named_with_a_way_out() {
        assert_eq!(
            storage(io::ErrorKind::PermissionDenied.into()),
            "cannot write `/tmp/x/state.json`: this user may not write there; set TMPDIR to a directory of your own"
        );
    }
}
