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
    /// A file that is no artifact.
    #[error("`{}` is no artifact: {reason}", path.display())]
    Artifact {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A file that is no calibration.
    #[error("`{}` is no calibration: {reason}", path.display())]
    Noise {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// An artifact of a version nobody knows yet.
    #[error("`{}` has version {version} of an artifact, the newest known is {}", path.display(), super::SCHEMA)]
    Version {
        /// The file.
        path: PathBuf,
        /// Its version.
        version: u64,
    },
    /// An artifact of no known commit, where one is needed.
    #[error("`{}` does not say which commit was measured", path.display())]
    NoCommit {
        /// The file.
        path: PathBuf,
    },
    /// A micro-benchmark that nobody registered.
    #[error("no micro-benchmark `{name}`; there are {known}")]
    NoMicro {
        /// What was asked for.
        name: String,
        /// Those there are.
        known: String,
    },
    /// Two builds that are to be compared are one.
    #[error("both builds are `{}`: they would be compared with themselves", path.display())]
    OneBuild {
        /// The binary.
        path: PathBuf,
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
            Self::Artifact { .. } => Some(
                "artifacts are written whole: was it edited or cut off? `cargo shakedown bench` \
                 writes another",
            ),
            Self::Noise { .. } => Some(
                "was it edited or cut off? `cargo shakedown calibrate` writes another; remove it",
            ),
            Self::Version { .. } => Some("a newer shakedown wrote it"),
            Self::NoCommit { .. } => Some("name a revision: `cargo shakedown gate --base REV`"),
            Self::OneBuild { .. } => Some(
                "does the base's own configuration of cargo name one target directory for all?",
            ),
            Self::Read { .. }
            | Self::Write { .. }
            | Self::Settings { .. }
            | Self::NoPhase { .. }
            | Self::NoMicro { .. }
            | Self::Variable { .. }
            | Self::Phase { .. } => None,
        }
    }
}
