//! What can go wrong in the subcommand, and what to type next.

use std::borrow::Cow;
use std::path::PathBuf;
use std::process::ExitStatus;

/// An error of the subcommand.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A program could not be started.
    #[error("cannot run `{program}`")]
    Spawn {
        /// What was to run.
        program: String,
        /// Why it did not start.
        source: std::io::Error,
    },
    /// `cargo nextest list` failed.
    #[error("`{command}` failed ({status})")]
    Nextest {
        /// The command line.
        command: String,
        /// How it ended.
        status: ExitStatus,
    },
    /// nextest's listing was not the JSON we know.
    #[error("cannot read nextest's test list from {origin}")]
    Listing {
        /// Where the listing came from.
        origin: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// A file could not be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// Inspection could not be done.
    #[error(transparent)]
    Inspect(#[from] crate::inspect::Error),
    /// The story could not be told.
    #[error(transparent)]
    Story(#[from] crate::story::StoryError),
    /// A phase could not be measured, or an artifact not be read or written.
    #[error(transparent)]
    Workbook(#[from] crate::workbook::WorkbookError),
    /// A program could not be profiled.
    #[error(transparent)]
    Profile(#[from] crate::profile::ProfileError),
    /// Session-wide resources could not be listed or stopped.
    #[error("cannot manage the session-wide resources")]
    Sessions {
        /// Why not.
        source: crate::session::Error,
    },
    /// Somebody pressed Ctrl-C, and what was being measured was ended.
    #[error("interrupted")]
    Interrupted,
    /// The output could not be written.
    #[error("cannot write the output")]
    Write {
        /// Why not.
        source: std::io::Error,
    },
}

impl Error {
    /// Something the user can type or change next.
    #[must_use]
    pub fn help(&self) -> Option<Cow<'static, str>> {
        let help = match self {
            Self::Profile(error) => return error.help().map(Cow::Owned),
            Self::Spawn { .. } => Some("is cargo on PATH? `cargo --version`"),
            Self::Nextest { .. } => Some(
                "nextest's own message stands above; if it is missing: cargo install --locked cargo-nextest",
            ),
            Self::Listing { .. } => {
                Some("update cargo-nextest: cargo install --locked cargo-nextest")
            }
            Self::Inspect(error) => error.help(),
            Self::Story(error) => error.help(),
            Self::Workbook(error) => error.help(),
            Self::Read { .. } | Self::Write { .. } | Self::Sessions { .. } | Self::Interrupted => {
                None
            }
        };
        help.map(Cow::Borrowed)
    }
}
