//! What can go wrong with phases, their artifacts and their gates.

use std::path::PathBuf;

/// An error of the workbook.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorkbookError {
    /// A file could not be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file or directory.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A file could not be written.
    #[error("cannot write `{}`", path.display())]
    Write {
        /// The file or directory.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The configuration holds something it must not.
    #[error("`{}`, line {line}: {message}", path.display())]
    Settings {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong there.
        message: String,
    },
    /// No directory from here up has a configuration.
    #[error("no `{}` in `{}` or above it", super::SETTINGS_FILE, directory.display())]
    NoSettings {
        /// Where the search began.
        directory: PathBuf,
    },
    /// A phase that is not in the configuration.
    #[error("no phase `{name}` in `{}`; it has {known}", path.display())]
    NoPhase {
        /// What was asked for.
        name: String,
        /// The configuration.
        path: PathBuf,
        /// The phases it has.
        known: String,
    },
    /// A variable of the environment that cannot be understood.
    #[error("`{variable}` is `{value}`; it takes a whole number above zero")]
    Variable {
        /// Its name.
        variable: &'static str,
        /// What it holds.
        value: String,
    },
    /// A phase could not be measured.
    #[error("phase `{phase}`: {reason}")]
    Phase {
        /// Its name.
        phase: String,
        /// What happened.
        reason: String,
    },
    /// A file that is no artifact, or one of a version nobody knows yet.
    #[error("`{}` is no artifact that this version reads: {reason}", path.display())]
    Artifact {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A directory without a single artifact.
    #[error("no artifact in `{}`", directory.display())]
    NoArtifact {
        /// The directory.
        directory: PathBuf,
    },
    /// git failed.
    #[error("`{command}` failed: {message}")]
    Git {
        /// The command line.
        command: String,
        /// What it said.
        message: String,
    },
}

impl WorkbookError {
    /// Something to type or to change next.
    #[must_use]
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::NoSettings { .. } => Some("phases stand in `[phase.NAME]` tables there"),
            Self::NoArtifact { .. } => Some("cargo shakedown bench"),
            Self::Git { .. } => Some("is it a git repository, and does the base exist in it?"),
            Self::Artifact { .. } => Some("a newer shakedown may have written it"),
            Self::Read { .. }
            | Self::Write { .. }
            | Self::Settings { .. }
            | Self::NoPhase { .. }
            | Self::Variable { .. }
            | Self::Phase { .. } => None,
        }
    }
}
