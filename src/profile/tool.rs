//! The programs that measure.

use std::env;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::ProfileError;

/// A program that measures others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Tool {
    /// Linux' own profiler.
    Perf,
    /// A profiler that opens in the Firefox Profiler.
    Samply,
    /// Runs a program on a simulated processor.
    Valgrind,
    /// Records every allocation of a program.
    Heaptrack,
}

impl Tool {
    /// Its name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Perf => "perf",
            Self::Samply => "samply",
            Self::Valgrind => "valgrind",
            Self::Heaptrack => "heaptrack",
        }
    }

    /// What installs it.
    #[must_use]
    pub fn install(self) -> &'static str {
        match self {
            Self::Perf => "apt-get install linux-perf",
            Self::Samply => "cargo install --locked samply",
            Self::Valgrind => "apt-get install valgrind",
            Self::Heaptrack => "apt-get install heaptrack",
        }
    }

    /// Where it is.
    ///
    /// # Errors
    ///
    /// [`ProfileError::NoTool`] when it is not on `PATH`.
    pub fn find(self) -> Result<PathBuf, ProfileError> {
        find(Path::new(self.name())).ok_or(ProfileError::NoTool { tool: self })
    }
}

/// What a program is to be run with: where it is, and a directory for what is recorded.
pub(super) fn prepared(program: &str) -> Result<(PathBuf, TempDir), ProfileError> {
    let path = find(Path::new(program)).ok_or_else(|| ProfileError::NoProgram {
        program: program.to_owned(),
    })?;
    Ok((path, scratch()?))
}

/// A directory for what is recorded, gone with the value.
pub(super) fn scratch() -> Result<TempDir, ProfileError> {
    tempfile::tempdir().map_err(|source| ProfileError::Write {
        path: env::temp_dir(),
        source,
    })
}

/// Where `program` is: as given if it names a directory, else on `PATH`.
pub(super) fn find(program: &Path) -> Option<PathBuf> {
    if program.components().count() > 1 {
        return is_executable(program).then(|| program.to_owned());
    }
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|directory| directory.join(program))
        .find(|candidate| is_executable(candidate))
}

fn is_executable(path: &Path) -> bool {
    path.metadata()
        .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}
