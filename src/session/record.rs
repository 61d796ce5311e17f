//! `state.json` of a resource and `run.json` of a run, version 1.
//!
//! Both are written to a temporary name and renamed, so a reader sees all of
//! one version or all of another.

use std::ffi::CString;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
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

/// Replaces `path` where time counts: by exchanging two files.
///
/// Some file systems (ext4) start to write a file to the disk when it replaces
/// another by renaming, which on a busy disk takes longer than all the rest of
/// a start. At no time is there no file: who finds none begins the start again.
pub(super) fn write_quickly(path: &Path, content: &impl Serialize) -> io::Result<()> {
    written(path, content, |temporary| match exchange(temporary, path) {
        // It is the former file now.
        Ok(()) => fs::remove_file(temporary),
        // There is none yet, or the file system cannot exchange.
        Err(_) => fs::rename(temporary, path),
    })
}

/// Makes each of two files the other one, at once (Linux 3.15).
fn exchange(one: &Path, other: &Path) -> io::Result<()> {
    let name = |path: &Path| CString::new(path.as_os_str().as_bytes()).map_err(io::Error::from);
    let (one, other) = (name(one)?, name(other)?);
    // SAFETY: plain system call; both names end in a zero and outlive it.
    let outcome = unsafe {
        libc::syscall(
            libc::SYS_renameat2,
            libc::AT_FDCWD,
            one.as_ptr(),
            libc::AT_FDCWD,
            other.as_ptr(),
            libc::RENAME_EXCHANGE,
        )
    };
    match outcome {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Replaces `path`.
pub(super) fn write(path: &Path, content: &impl Serialize) -> io::Result<()> {
    written(path, content, |temporary| fs::rename(temporary, path))
}

/// Writes a file beside `path` and has it put in place.
fn written(
    path: &Path,
    content: &impl Serialize,
    put: impl FnOnce(&Path) -> io::Result<()>,
) -> io::Result<()> {
    let temporary = path.with_extension(format!("{}.new", own_id()));
    let written =
        fs::write(&temporary, serde_json::to_vec(content)?).and_then(|()| put(&temporary));
    if written.is_err() {
        // The error at hand is the one to tell.
        let _ = fs::remove_file(&temporary);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_replaced_is_there_at_all_times() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("state.json");
        write_quickly(&path, &0).unwrap();
        std::thread::scope(|scope| {
            let writer = scope.spawn(|| (1..=2_000).try_for_each(|n| write_quickly(&path, &n)));
            while !writer.is_finished() {
                assert!(read::<u32>(&path).unwrap().is_some());
            }
            writer.join().unwrap().unwrap();
        });
        assert_eq!(read(&path).unwrap(), Some(2_000));
        let left = fs::read_dir(directory.path()).unwrap().count();
        assert_eq!(left, 1, "the former file is gone");
    }
}
