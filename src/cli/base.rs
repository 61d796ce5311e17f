//! The checkout of a base: a git worktree below `target/shakedown/base/` of the
//! workspace, kept with its build for the next time; the last two are kept.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use super::gate::root;
use super::{Error, Output};
use crate::workbook::{Artifact, Phase, Settings, WorkbookError, phase_names};

/// Checkouts that are kept, the newest included.
const KEPT: usize = 2;
/// Digits of a commit in the name of its checkout.
const DIGITS: usize = 12;

/// A base that is checked out.
#[derive(Debug)]
pub(crate) struct Base {
    /// The settings of today, over the base's code.
    pub(crate) settings: Settings,
    /// Its commit.
    pub(crate) commit: String,
    /// The phases of its own configuration, where that can be read.
    phases: Option<BTreeSet<String>>,
}

impl Base {
    /// Whether its own configuration has no such phase.
    pub(crate) fn lacks(&self, phase: &Phase) -> bool {
        let known = self.phases.as_ref();
        known.is_some_and(|names| !names.contains(&phase.name))
    }

    /// Checks out `base`: a revision, or the commit of an artifact.
    pub(crate) fn check_out(
        settings: &Settings,
        base: &str,
        output: &mut Output,
    ) -> Result<Self, Error> {
        let revision = revision(base, output)?;
        let root = root(settings);
        let commit = git(
            &root,
            &["rev-parse", "--verify", &format!("{revision}^{{commit}}")],
        )?;
        // Where the workspace is in its repository: empty, or `path/to/it/`.
        let prefix = git(&root, &["rev-parse", "--show-prefix"])?;
        let bases = root.join("target/shakedown/base");
        let directory = bases.join(&commit[..DIGITS.min(commit.len())]);
        let known = directory.join(".git").is_file()
            && git(&directory, &["rev-parse", "--verify", "HEAD"]).is_ok();
        if !known {
            // What is there belongs to no repository any more.
            if directory.exists() {
                drop(fs::remove_file(directory.join(".git")));
                drop(fs::remove_dir_all(&directory));
            }
            // By force, since a directory that was deleted is still registered.
            let place = directory.to_string_lossy().into_owned();
            git(
                &root,
                &["worktree", "add", "--force", "--detach", &place, &commit],
            )?;
        }
        // What an earlier one did not finish checking out, or left behind.
        git(&directory, &["reset", "--quiet", "--hard", &commit])?;
        prune(&root, &bases, &directory);
        output.talk(&format!("base: {commit} in {}", directory.display()));
        let workspace = directory.join(prefix);
        if !workspace.join("Cargo.toml").is_file() && root.join("Cargo.toml").is_file() {
            return Err(Error::Workbook(WorkbookError::Git {
                command: format!("git show {commit}"),
                message: format!("there is no workspace in `{}` yet", workspace.display()),
            }));
        }
        let mut settings = settings.clone();
        settings.path = workspace.join(settings.file());
        // A directory that both builds shared would hold only the later one.
        let target = workspace.join("target");
        settings
            .environment
            .insert("CARGO_TARGET_DIR".to_owned(), target);
        let phases = phase_names(&settings.path);
        Ok(Self {
            settings,
            commit,
            phases,
        })
    }
}

/// The revision that `base` means.
fn revision(base: &str, output: &mut Output) -> Result<String, Error> {
    let path = Path::new(base);
    if !path.is_file() {
        return Ok(base.to_owned());
    }
    let revision = Artifact::read(path)?.revision;
    if revision.commit.is_empty() || revision.commit == "unknown" {
        return Err(Error::Workbook(WorkbookError::NoCommit {
            path: path.to_owned(),
        }));
    }
    if revision.dirty {
        output.talk(&format!(
            "warning: {base} was measured with changes that no commit holds: the base is commit \
             {} without them",
            revision.commit
        ));
    }
    Ok(revision.commit)
}

/// Notes that `current` was used, and removes all but the last that were. What
/// cannot be removed is only in the way of nobody.
fn prune(root: &Path, bases: &Path, current: &Path) {
    let stamp = |directory: &Path| directory.with_extension("used");
    drop(crate::whole_file::replace(&stamp(current), ""));
    let used = |directory: &Path| {
        let stamp = fs::metadata(stamp(directory)).and_then(|of| of.modified());
        stamp.unwrap_or(SystemTime::UNIX_EPOCH)
    };
    let entries = fs::read_dir(bases).into_iter().flatten().flatten();
    let mut others: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.is_dir() && path != current)
        .collect();
    others.sort_by_key(|directory| used(directory));
    let surplus = (others.len() + 1).saturating_sub(KEPT);
    for directory in &others[..surplus] {
        let place = directory.to_string_lossy().into_owned();
        if git(root, &["worktree", "remove", "--force", &place]).is_err() {
            drop(fs::remove_dir_all(directory));
        }
        drop(fs::remove_file(stamp(directory)));
    }
}

/// What git sets for its hooks: in one of them every git below would be that of the
/// repository it runs for, wherever it is started.
const OF_A_HOOK: [&str; 5] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_PREFIX",
    "GIT_COMMON_DIR",
];

/// What `git` printed in `directory`.
fn git(directory: &Path, arguments: &[&str]) -> Result<String, Error> {
    let mut command = Command::new("git");
    for variable in OF_A_HOOK {
        command.env_remove(variable);
    }
    let output = command
        .args(arguments)
        .current_dir(directory)
        .output()
        .map_err(|source| Error::Spawn {
            program: "git".to_owned(),
            source,
        })?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    Err(Error::Workbook(WorkbookError::Git {
        command: format!("git {}", arguments.join(" ")),
        message: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phase_is_lacking_where_the_configuration_can_be_read_and_has_it_not() {
        let text = "[phase.A]\ntarget = \"1 s\"\ngate = \"hard\"\nsamples = 1\n";
        let settings = Settings::parse(Path::new("/app/.config/shakedown.toml"), text).unwrap();
        let phase = settings.phases[0].clone();
        let mut base = Base {
            settings,
            commit: String::new(),
            phases: None,
        };
        assert!(!base.lacks(&phase), "nobody knows");
        base.phases = Some(BTreeSet::from(["B".to_owned()]));
        assert!(base.lacks(&phase));
        base.phases = Some(BTreeSet::from(["A".to_owned()]));
        assert!(!base.lacks(&phase));
    }
}
