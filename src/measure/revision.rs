//! Which code a run measured.

use std::path::Path;
use std::process::Command;

use serde::{Deserialize, Serialize};

/// A commit, and whether the tree differed from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Revision {
    /// Seven or more hexadecimal digits; `unknown` outside of a repository.
    pub commit: String,
    /// Whether a file that git tracks was changed. Files git does not track,
    /// such as earlier archives, do not count.
    pub dirty: bool,
}

impl Revision {
    /// What `git` says of the current directory.
    #[must_use]
    pub fn current() -> Self {
        Self::of_directory(Path::new("."))
    }

    /// What `git` says of `directory`.
    #[must_use]
    pub fn of_directory(directory: &Path) -> Self {
        let git = |arguments: &[&str]| git(directory, arguments);
        let commit = git(&["rev-parse", "--short=7", "HEAD"]);
        let changes = git(&["status", "--porcelain", "--untracked-files=no"]);
        Self {
            commit: commit.unwrap_or_else(|| "unknown".to_owned()),
            dirty: changes.is_some_and(|changes| !changes.is_empty()),
        }
    }

    /// A revision the caller knows better.
    #[must_use]
    pub fn of(commit: impl Into<String>, dirty: bool) -> Self {
        Self {
            commit: commit.into(),
            dirty,
        }
    }

    /// What is said behind the commit: ` (with changes)`, or nothing.
    #[must_use]
    pub fn with_changes(&self) -> &'static str {
        if self.dirty { " (with changes)" } else { "" }
    }
}

/// What `git` printed, if it is there and succeeded.
fn git(directory: &Path, arguments: &[&str]) -> Option<String> {
    let mut command = Command::new("git");
    let output = command
        .args(arguments)
        .current_dir(directory)
        .output()
        .ok()?;
    let text = output.status.success().then_some(output.stdout)?;
    Some(String::from_utf8_lossy(&text).trim().to_owned())
}
