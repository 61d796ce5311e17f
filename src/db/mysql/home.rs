//! The directory of one server, and the removal of those whose owner is gone.
//!
//! ```text
//! <tmp>/shakedown-<user id>/mariadb/<process>-<number>/
//!     .alive        locked by the process that started the server
//!     data/         its databases
//!     tmp/          its temporary tables
//!     socket
//!     server.log
//!     container     where the server runs in one, its name
//!     <template>.sql, <template>.lock
//! ```
//!
//! The kernel gives the lock back however its holder ended, so a directory
//! whose lock is free is nobody's. It is removed at the next start, unless it
//! still holds a test's database: then the newest three are kept.

use std::fs::{self, DirBuilder, File};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::SystemTime;

use super::{MySqlError, image};
use crate::fixtures::home;

/// What the names of tests' databases begin with.
pub(super) const TEST_PREFIX: &str = "test_";
/// How many directories with databases of failed tests are kept.
const KEPT: usize = 3;
/// The longest path of a socket, bytes: `sun_path` without its last NUL.
const LONGEST_SOCKET: usize = if cfg!(target_os = "linux") { 107 } else { 103 };
const ALIVE: &str = ".alive";
const TEMPORARY: &str = "tmp";

/// A server's directory, owned by this process.
#[derive(Debug)]
pub(super) struct ServerHome {
    path: PathBuf,
    /// Locked.
    _alive: File,
}

impl ServerHome {
    /// A new directory; first removes those that nobody needs any more.
    pub(super) fn create() -> Result<Self, MySqlError> {
        let all = home::place("mariadb")?;
        sweep(&all);
        Self::create_in(&all)
    }

    fn create_in(all: &Path) -> Result<Self, MySqlError> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        loop {
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            let path = all.join(format!("{}-{number}", process::id()));
            let socket = path.join("socket");
            let length = socket.as_os_str().len();
            if length > LONGEST_SOCKET {
                return Err(MySqlError::SocketPath {
                    path: socket,
                    length,
                    longest: LONGEST_SOCKET,
                });
            }
            // Made under another name, so that a sweep never sees it unlocked.
            let making = all.join(format!(".{}-{number}", process::id()));
            let _ = fs::remove_dir_all(&making);
            DirBuilder::new()
                .mode(0o700)
                .create(&making)
                .map_err(MySqlError::file("create the directory", &making))?;
            let alive = File::create(making.join(ALIVE))
                .and_then(|file| file.lock().map(|()| file))
                .map_err(MySqlError::file("lock", &making))?;
            fs::create_dir(making.join(TEMPORARY))
                .map_err(MySqlError::file("create the directory", &making))?;
            // An earlier process of the same id may have left that name.
            if !path.exists() && fs::rename(&making, &path).is_ok() {
                return Ok(Self {
                    path,
                    _alive: alive,
                });
            }
            let _ = fs::remove_dir_all(&making);
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn data(&self) -> PathBuf {
        self.path.join("data")
    }

    pub(super) fn temporary(&self) -> PathBuf {
        self.path.join(TEMPORARY)
    }

    pub(super) fn socket(&self) -> PathBuf {
        self.path.join("socket")
    }

    pub(super) fn log(&self) -> PathBuf {
        self.path.join("server.log")
    }

    /// Whether a test's database is left in it.
    pub(super) fn holds_evidence(&self) -> bool {
        holds_evidence(&self.path)
    }

    /// Removes it with all it holds.
    pub(super) fn remove(&self) {
        // What cannot be removed now is swept by the next start.
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// Whether a test's database is left in the server's directory `path`.
fn holds_evidence(path: &Path) -> bool {
    fs::read_dir(path.join("data")).is_ok_and(|entries| {
        entries.flatten().any(|entry| {
            entry
                .file_name()
                .to_str()
                .is_some_and(|name| name.starts_with(TEST_PREFIX))
        })
    })
}

/// Removes what ended servers left, all but the newest evidence. Best effort:
/// what cannot be removed now is found again by the next start.
fn sweep(all: &Path) {
    let Ok(entries) = fs::read_dir(all) else {
        return;
    };
    let mut evidence: Vec<(SystemTime, PathBuf)> = Vec::new();
    for path in entries.flatten().map(|entry| entry.path()) {
        let alive = path.join(ALIVE);
        let Ok(lock) = File::open(&alive) else {
            continue; // in the making, or removed by somebody else
        };
        if lock.try_lock().is_err() {
            continue;
        }
        let made = lock.metadata().and_then(|found| found.modified());
        image::remove(&path);
        match made {
            Ok(made) if holds_evidence(&path) => evidence.push((made, path)),
            _ => drop(fs::remove_dir_all(&path)),
        }
    }
    evidence.sort_by(|a, b| b.cmp(a));
    for (_, old) in evidence.into_iter().skip(KEPT) {
        let _ = fs::remove_dir_all(old);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sweep_leaves_live_servers_and_the_newest_evidence() {
        let all = tempfile::tempdir().unwrap();
        let live = ServerHome::create_in(all.path()).unwrap();
        let empty = ServerHome::create_in(all.path()).unwrap();
        let empty_path = empty.path().to_owned();
        drop(empty);
        let failed: Vec<PathBuf> = (0..5)
            .map(|age| {
                let home = ServerHome::create_in(all.path()).unwrap();
                fs::create_dir_all(home.data().join("test_x")).unwrap();
                let made = SystemTime::now() - std::time::Duration::from_secs(age);
                home._alive.set_modified(made).unwrap();
                home.path().to_owned()
            })
            .collect();
        sweep(all.path());
        assert!(live.path().is_dir());
        assert!(!empty_path.exists());
        let left: Vec<bool> = failed.iter().map(|path| path.exists()).collect();
        assert_eq!(left, [true, true, true, false, false]);
    }

    #[test]
    fn a_socket_path_that_is_too_long_is_refused_with_what_to_do() {
        let all = tempfile::tempdir().unwrap();
        let deep = all.path().join("x".repeat(120));
        fs::create_dir(&deep).unwrap();
        let text = ServerHome::create_in(&deep).unwrap_err().to_string();
        assert!(
            text.ends_with("set TMPDIR to a shorter directory"),
            "{text}"
        );
    }
}
