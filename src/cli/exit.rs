//! Exit codes of `cargo shakedown`.

use std::process::ExitCode;

use super::Error;
use crate::inspect;
use crate::profile::ProfileError;
use crate::story::StoryError;
use crate::workbook::WorkbookError;

/// How the subcommand ended. The numbers are part of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Exit {
    /// Everything is fine.
    Fine,
    /// The command line could not be understood.
    Usage,
    /// cargo or nextest failed, or printed something unexpected.
    Tool,
    /// A file could not be read or written.
    InputOutput,
    /// Findings, or a gate that failed.
    Findings,
    /// Ctrl-C or SIGTERM: 128 and the number of SIGINT, as shells say it.
    Interrupted,
}

impl Exit {
    /// The process's exit code.
    ///
    /// # Example
    ///
    /// ```
    /// use shakedown::cli::Exit;
    /// assert_eq!(Exit::Fine.code(), 0);
    /// assert_eq!(Exit::Findings.code(), 100);
    /// ```
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Fine => 0,
            Self::Usage => 2,
            Self::Tool => 3,
            Self::InputOutput => 4,
            Self::Findings => 100,
            Self::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}

impl From<&Error> for Exit {
    fn from(error: &Error) -> Self {
        match error {
            Error::Spawn { .. } | Error::Nextest { .. } | Error::Listing { .. } => Self::Tool,
            Error::Read { .. } | Error::Write { .. } | Error::Sessions { .. } => Self::InputOutput,
            Error::Interrupted => Self::Interrupted,
            Error::Inspect(error) => of_inspection(error),
            Error::Story(error) => of_story(error),
            Error::Workbook(error) => of_workbook(error),
            Error::Profile(error) => of_profile(error),
        }
    }
}

fn of_inspection(error: &inspect::Error) -> Exit {
    match error {
        inspect::Error::NoManifest { .. }
        | inspect::Error::Toml { .. }
        | inspect::Error::Unknown { .. }
        | inspect::Error::Ambiguous { .. }
        | inspect::Error::BeyondClippy { .. }
        | inspect::Error::Settings { .. }
        | inspect::Error::NoRule { .. } => Exit::Usage,
        inspect::Error::Git { .. } => Exit::Tool,
        inspect::Error::Read { .. } | inspect::Error::Write { .. } => Exit::InputOutput,
        inspect::Error::GrowingBaseline { .. } => Exit::Findings,
    }
}

fn of_profile(error: &ProfileError) -> Exit {
    match error {
        ProfileError::NoProcess { .. }
        | ProfileError::NoProgram { .. }
        | ProfileError::NoArtefact { .. } => Exit::Usage,
        ProfileError::NoTool { .. }
        | ProfileError::NoTools { .. }
        | ProfileError::Denied { .. }
        | ProfileError::MayNotSample { .. }
        | ProfileError::NothingSampled { .. }
        | ProfileError::Ended { .. }
        | ProfileError::Spawn { .. }
        | ProfileError::Failed { .. }
        | ProfileError::Output { .. } => Exit::Tool,
        ProfileError::Read { .. } | ProfileError::Write { .. } => Exit::InputOutput,
    }
}

fn of_workbook(error: &WorkbookError) -> Exit {
    match error {
        WorkbookError::Read { .. } | WorkbookError::Write { .. } => Exit::InputOutput,
        WorkbookError::Settings { .. }
        | WorkbookError::NoSettings { .. }
        | WorkbookError::NoPhase { .. }
        | WorkbookError::Variable { .. }
        | WorkbookError::Artifact { .. }
        | WorkbookError::Noise { .. }
        | WorkbookError::Version { .. }
        | WorkbookError::NoCommit { .. }
        | WorkbookError::NoMicro { .. }
        | WorkbookError::NoArtifact { .. } => Exit::Usage,
        WorkbookError::Phase { .. }
        | WorkbookError::Git { .. }
        | WorkbookError::OneBuild { .. } => Exit::Tool,
    }
}

fn of_story(error: &StoryError) -> Exit {
    match error {
        StoryError::List { .. }
        | StoryError::ReadConfig { .. }
        | StoryError::Profile { .. }
        | StoryError::Missing { .. }
        | StoryError::Write { .. } => Exit::InputOutput,
        StoryError::NoProfiles { .. }
        | StoryError::Config { .. }
        | StoryError::Pattern { .. }
        | StoryError::IsPage { .. }
        | StoryError::NotAProfile { .. } => Exit::Usage,
    }
}
