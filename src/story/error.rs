//! What keeps a story from being told. A bad profile does not: it is listed.

use std::path::PathBuf;

use crate::locust::read::ReadError;

/// An error of the story.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoryError {
    /// The profile directory could not be listed.
    #[error("cannot list the profiles in `{}`", path.display())]
    List {
        /// The directory.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// No file of the directory could be told about.
    #[error("`{}` holds no profile", path.display())]
    NoProfiles {
        /// The directory.
        path: PathBuf,
    },
    /// The Markdown would take the place of the page.
    #[error("`{}` is where the page goes", path.display())]
    IsPage {
        /// What was named.
        path: PathBuf,
    },
    /// The configuration could not be read.
    #[error("cannot read `{}`", path.display())]
    ReadConfig {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The `[story]` table is not what it should be.
    #[error("the `[story]` table of `{}` is malformed", path.display())]
    Config {
        /// The file.
        path: PathBuf,
        /// Where, and what is wrong.
        source: Box<toml::de::Error>,
    },
    /// A name pattern cannot be understood.
    #[error("the name pattern `{pattern}` is malformed: {cause}")]
    Pattern {
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        cause: &'static str,
    },
    /// A profile that was asked for by name could not be read.
    #[error("cannot read the profile")]
    Profile {
        /// Which, and why.
        source: ReadError,
    },
    /// A profile that was asked for by name has nothing to compare.
    #[error("`{}` {cause}", path.display())]
    NotAProfile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: String,
    },
    /// A side of a comparison is neither a file nor a directory.
    #[error("there is no file or directory `{}`", path.display())]
    Missing {
        /// What was named.
        path: PathBuf,
    },
    /// A result could not be written.
    #[error("cannot write `{}`", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
}

impl StoryError {
    /// Something the user can type or change next.
    #[must_use]
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::List { .. } => Some("name the directory: cargo shakedown story DIR"),
            Self::NoProfiles { .. } => {
                Some("archive a run first: cargo nextest run --profile stress")
            }
            Self::IsPage { .. } => {
                Some("name the Markdown, such as `Story.md`; the page goes beside it")
            }
            Self::Config { .. } => Some(
                "known keys: title, tolerance, about, base, [[story.names]] (pattern, set), [[story.target]] (name, select, min-rps, max-p95, max-p99, max-fail-rate), [[story.ratio]] (name, before, after)",
            ),
            Self::Pattern { .. } => {
                Some("write a factor as {users}; two of them need some text in between")
            }
            Self::Profile { .. } | Self::NotAProfile { .. } => Some(
                "give a statistics file of Locust's (`.._stats.csv` or the table of its web page), or a directory of repeated runs",
            ),
            Self::ReadConfig { .. } => Some("name a file that is there: --config FILE"),
            Self::Missing { .. } => Some(
                "name a statistics file, or a directory of repeated runs: cargo shakedown compare A B",
            ),
            Self::Write { .. } => None,
        }
    }
}
