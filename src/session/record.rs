//! `state.json` of a resource and `run.json` of a run, version 1.
//!
//! Both are written to a temporary name and renamed, so a reader sees all of
//! one version or all of another.

use std::fs;
use std::io;
use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::anchor::Anchor;
use super::processes::{Process, own_id};

/// The version written.
pub(super) const VERSION: u32 = 1;

/// What is known about a resource.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) version: u32,
    pub(super) resource: String,
    pub(super) declared: String,
    /// Seconds since 1970 when the start began.
    pub(super) since: u64,
    pub(super) keeper: Option<Process>,
    pub(super) worker: Option<Process>,
    pub(super) state: State,
}

/// How far a resource has come.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    Starting,
    Ready { handle: Value },
    Failed { message: String },
    Died { message: String },
}

/// What is known about a run.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct RunRecord {
    pub(super) version: u32,
    pub(super) anchor: Anchor,
    /// The process namespace that the numbers belong to.
    pub(super) namespace: String,
}

impl Record {
    /// Whether one of its processes is alive.
    pub(super) fn is_hosted(&self) -> bool {
        [self.keeper, self.worker]
            .into_iter()
            .flatten()
            .any(Process::is_alive)
    }
}

/// The process namespace of this process, as the kernel names it.
pub(super) fn namespace() -> String {
    fs::read_link("/proc/self/ns/pid")
        .map(|link| link.display().to_string())
        .unwrap_or_default()
}

/// Reads what [`write`] wrote; none when there is no such file.
pub(super) fn read<T: DeserializeOwned>(path: &Path) -> io::Result<Option<T>> {
    match fs::read(path) {
        Ok(text) => Ok(Some(serde_json::from_slice(&text)?)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Writes `path` anew, under the lock that whoever finds it missing waits for.
///
/// Some file systems (ext4) start to write a file to the disk when it replaces
/// another by renaming, which on a busy disk takes longer than all the rest of
/// a start.
pub(super) fn write_anew(path: &Path, content: &impl Serialize) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => write(path, content),
    }
}

/// Replaces `path`.
pub(super) fn write(path: &Path, content: &impl Serialize) -> io::Result<()> {
    let temporary = path.with_extension(format!("{}.new", own_id()));
    let written = fs::write(&temporary, serde_json::to_vec(content)?)
        .and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        // The error at hand is the one to tell.
        let _ = fs::remove_file(&temporary);
    }
    written
}
