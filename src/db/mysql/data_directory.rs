//! An empty server's data directory: initialised once, copied for each server.
//!
//! Initialising takes MariaDB half a second and, on a busy machine, several;
//! copying the result takes a few hundredths of one. The result is
//! `<tmp>/shakedown-<user id>/templates/mariadb-<hash>`, keyed by the server
//! program (path, size, time of change), or the image, and by the options below. It is built
//! under a lock that all processes respect, in a directory of its own, and
//! renamed into place.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::programs::{Programs, Source};
use super::{MySqlError, server};
use crate::fixtures::file_lock::FileLock;
use crate::fixtures::fnv::Fnv;
use crate::fixtures::home;
use crate::process::Process;

/// Options that both the initialisation and the server need: a log of 4 MiB
/// instead of 96 is what makes the directory cheap to copy.
pub(super) const LAYOUT: [&str; 1] = ["--innodb-log-file-size=4M"];
/// Part of every hash, to be raised when the meaning of the files changes.
const FORMAT: &str = "1";
/// How many initialised directories are kept.
const KEPT: usize = 3;
/// How long the initialisation may take.
const LIMIT: Duration = Duration::from_secs(120);
/// How many lines of its output an error shows.
const SHOWN_LINES: usize = 30;

/// Makes `to` the data directory of an empty server.
pub(super) fn create(source: &Source, to: &Path) -> Result<(), MySqlError> {
    let template = template(source)?;
    copy(&template, to).map_err(MySqlError::file("copy the data directory to", to))
}

/// The initialised directory, built if it is missing.
fn template(source: &Source) -> Result<PathBuf, MySqlError> {
    let cache = home::place("templates")?;
    let path = cache.join(format!("mariadb-{}", key(source)?));
    if path.is_dir() {
        return Ok(path);
    }
    let lock = cache.join("mariadb.lock");
    let _lock = FileLock::acquire(&lock).map_err(MySqlError::file("lock", &lock))?;
    if path.is_dir() {
        return Ok(path);
    }
    let building = cache.join("mariadb.building");
    // What a killed build may have left.
    let _ = fs::remove_dir_all(&building);
    let initialised = match source {
        Source::Installed(programs) => initialise(programs, &building),
        Source::Image(image) => image.initialise(&building),
    };
    let built = initialised
        .and_then(|()| fs::rename(&building, &path).map_err(MySqlError::file("rename to", &path)));
    if let Err(error) = built {
        let _ = fs::remove_dir_all(&building);
        return Err(error);
    }
    prune(&cache);
    Ok(path)
}

fn key(source: &Source) -> Result<String, MySqlError> {
    let mut hash = Fnv::new();
    hash.part(FORMAT.as_bytes());
    match source {
        Source::Installed(Programs { server, .. }) => {
            let found = fs::metadata(server).map_err(MySqlError::file("look at", server))?;
            hash.part(server.as_os_str().as_encoded_bytes());
            let changed = (found.mtime(), found.mtime_nsec());
            hash.part(format!("{} {} {}", found.len(), changed.0, changed.1).as_bytes());
        }
        Source::Image(image) => hash.part(image.id().as_bytes()),
    }
    for option in LAYOUT {
        hash.part(option.as_bytes());
    }
    Ok(hash.hex())
}

fn initialise(programs: &Programs, directory: &Path) -> Result<(), MySqlError> {
    let temporary =
        tempfile::tempdir().map_err(MySqlError::file("create a directory beside", directory))?;
    let mut process = Process::builder(&programs.initialise)
        .arg("--no-defaults")
        .args(server::as_user())
        .arg(format!("--datadir={}", directory.display()))
        // Its own: a starting server removes temporary tables of others.
        .arg(format!("--tmpdir={}", temporary.path().display()))
        // root logs in without a password, over a socket that is ours alone.
        .args(["--auth-root-authentication-method=normal", "--skip-test-db"])
        .args(LAYOUT)
        .start()?;
    let status = process.wait(LIMIT)?;
    if status.is_some_and(|status| status.success()) {
        return Ok(());
    }
    Err(MySqlError::Initialise {
        problem: match status {
            Some(status) => format!("ended with {status}"),
            None => format!("was not done after {} s", LIMIT.as_secs()),
        },
        log: process.log_tail(SHOWN_LINES),
    })
}

/// Copies a directory of plain files and directories.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir(to)?;
    fs::set_permissions(to, fs::metadata(from)?.permissions())?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        match entry.file_type()? {
            kind if kind.is_dir() => copy(&entry.path(), &target)?,
            kind if kind.is_file() => drop(fs::copy(entry.path(), target)?),
            _ => {} // a socket or a link is not part of the data
        }
    }
    Ok(())
}

/// Removes all but the newest initialised directories.
fn prune(cache: &Path) {
    let Ok(entries) = fs::read_dir(cache) else {
        return;
    };
    let mut found: Vec<(SystemTime, PathBuf)> = entries
        .flatten()
        .filter(|entry| {
            let name = entry.file_name();
            let hash = name.to_str().and_then(|name| name.strip_prefix("mariadb-"));
            hash.is_some_and(|hash| hash.len() == 32)
        })
        .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
        .collect();
    found.sort_by(|a, b| b.cmp(a));
    for (_, old) in found.into_iter().skip(KEPT) {
        let _ = fs::remove_dir_all(old);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_has_the_directories_and_files_and_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let (from, to) = (directory.path().join("from"), directory.path().join("to"));
        fs::create_dir_all(from.join("mysql")).unwrap();
        fs::write(from.join("mysql/user.MAD"), "rows").unwrap();
        std::os::unix::fs::symlink("/etc", from.join("link")).unwrap();
        copy(&from, &to).unwrap();
        assert_eq!(fs::read(to.join("mysql/user.MAD")).unwrap(), b"rows");
        assert!(!to.join("link").exists());
    }

    #[test]
    fn the_newest_directories_are_kept_and_nothing_else_is_touched() {
        let cache = tempfile::tempdir().unwrap();
        for n in 0..5 {
            fs::create_dir(cache.path().join(format!("mariadb-{n:032}"))).unwrap();
        }
        fs::create_dir(cache.path().join("mariadb-mine")).unwrap();
        prune(cache.path());
        assert_eq!(fs::read_dir(cache.path()).unwrap().count(), KEPT + 1);
        assert!(cache.path().join("mariadb-mine").exists());
    }
}
