//! What can go wrong in inspection itself, as opposed to what it finds.

use std::path::PathBuf;

use super::settings::SETTINGS_FILE;

/// An error of inspection.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No `Cargo.toml` stands at or above a directory.
    #[error("no `Cargo.toml` in `{}` or above it", directory.display())]
    NoManifest {
        /// Where the search began.
        directory: PathBuf,
    },
    /// A file could not be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A file could not be written.
    #[error("cannot write `{}`", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A TOML file is not TOML, or holds a key or a value that inspection does not know.
    #[error("`{}`, line {line}: {message}", path.display())]
    Toml {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong there.
        message: String,
    },
    /// A query named something that the workspace does not have.
    #[error("no {kind} `{name}` in the workspace{}", suggestion(near))]
    Unknown {
        /// `function`, `module`, `static`, ...
        kind: &'static str,
        /// What was asked for.
        name: String,
        /// What comes closest.
        near: Vec<String>,
    },
    /// A query's name fits several items.
    #[error("`{name}` is ambiguous: {}", list(candidates))]
    Ambiguous {
        /// What was asked for.
        name: String,
        /// What it fits.
        candidates: Vec<String>,
    },
    /// A call is left to clippy that clippy cannot find.
    #[error("`{id}` leaves to clippy what it cannot do: tiers, calls through others, `::*`")]
    BeyondClippy {
        /// The rule of the settings.
        id: String,
    },
    /// The settings of a rule name something that the workspace does not have.
    #[error("`{SETTINGS_FILE}` says of `{rule}` what does not fit the sources")]
    Settings {
        /// The rule.
        rule: String,
        /// What does not fit.
        source: Box<Error>,
    },
    /// `git` failed.
    #[error("`{command}` failed: {message}")]
    Git {
        /// The command line.
        command: String,
        /// What git said.
        message: String,
    },
    /// There is no rule of that name.
    #[error("no rule `{name}`{}", suggestion(near))]
    NoRule {
        /// What was asked for.
        name: String,
        /// What comes closest.
        near: Vec<String>,
    },
    /// A baseline would have to grow.
    #[error("the baseline may only shrink, and {} not in it", findings(*count))]
    GrowingBaseline {
        /// How many.
        count: usize,
    },
}

impl Error {
    /// Says that it was the settings that asked, if they did.
    pub(crate) fn in_settings(self, rule: &str) -> Self {
        match self {
            Self::Unknown { .. } | Self::Ambiguous { .. } => Self::Settings {
                rule: rule.to_owned(),
                source: Box::new(self),
            },
            other => other,
        }
    }

    /// Something to type or to change next.
    #[must_use]
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::NoManifest { .. } => {
                Some("run it inside a cargo workspace, or give --manifest-path")
            }
            Self::NoRule { .. } => Some("cargo shakedown inspect --list"),
            Self::Unknown { .. } => {
                Some("paths start with the crate's name: `my_service::api::lifespan`")
            }
            Self::Ambiguous { .. } => Some("give more of the path"),
            Self::Settings { source, .. } => source.help(),
            Self::GrowingBaseline { .. } => Some(
                "`cargo shakedown inspect` shows them: fix them, or add an exception with its reason to .config/shakedown.toml; \
                 to start over, remove the baseline file and freeze again",
            ),
            Self::BeyondClippy { .. } => {
                Some("leave `by = \"clippy\"` out, or `tiers`, `reachable` and `::*`")
            }
            Self::Git { .. } => Some("is it a git repository, and does the base exist in it?"),
            Self::Read { .. } | Self::Write { .. } | Self::Toml { .. } => None,
        }
    }
}

fn findings(count: usize) -> String {
    let (plural, are) = if count == 1 { ("", "is") } else { ("s", "are") };
    format!("{count} finding{plural} {are}")
}

fn suggestion(near: &[String]) -> String {
    if near.is_empty() {
        return String::new();
    }
    format!("; did you mean {}?", list(near))
}

fn list(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}
