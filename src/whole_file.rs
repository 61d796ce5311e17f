//! Files that are written whole or not at all.
//!
//! The bytes go to a temporary name in the same directory, through to the disk,
//! and only then get their name; whatever interrupts that leaves what was there.
//! Directories that are missing are made.

use std::fs::{self, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
#[cfg(feature = "workbook")]
use std::path::PathBuf;

use tempfile::NamedTempFile;

/// The rights of a new file, less the umask.
const MODE: u32 = 0o644;

/// Puts `bytes` where `path` is, in place of what is there. A file that is
/// replaced keeps its rights; a link stays one, and what it leads to is replaced.
///
/// # Errors
/// The directory cannot be made or written to, or `path` is a directory.
pub(crate) fn replace(path: &Path, bytes: impl AsRef<[u8]>) -> io::Result<()> {
    // What is not there leads nowhere else.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let file = written(directory_of(&path), bytes.as_ref())?;
    if let Ok(there) = fs::metadata(&path) {
        file.as_file().set_permissions(there.permissions())?;
    }
    file.persist(&path)
        .map(drop)
        .map_err(|refused| refused.error)
}

/// Puts `bytes` where `path` is.
///
/// # Errors
/// As [`replace`]; [`io::ErrorKind::AlreadyExists`] when something is there.
#[cfg(any(feature = "stress", feature = "profile"))]
pub(crate) fn create_new(path: &Path, bytes: impl AsRef<[u8]>) -> io::Result<()> {
    place_new(written(directory_of(path), bytes.as_ref())?, path).map_err(|(_, error)| error)
}

/// Puts `bytes` into `directory` under the first of the names that `name` gives
/// to 1, 2, .. and that is not taken; returns where.
///
/// # Errors
/// As [`replace`].
#[cfg(feature = "workbook")]
pub(crate) fn create_numbered(
    directory: &Path,
    name: impl Fn(u32) -> String,
    bytes: impl AsRef<[u8]>,
) -> io::Result<PathBuf> {
    let mut file = written(directory, bytes.as_ref())?;
    for number in 1.. {
        let path = directory.join(name(number));
        match place_new(file, &path) {
            Ok(()) => return Ok(path),
            Err((back, taken)) if taken.kind() == io::ErrorKind::AlreadyExists => file = back,
            Err((_, error)) => return Err(error),
        }
    }
    unreachable!("four thousand million files of one name")
}

#[cfg(any(feature = "stress", feature = "workbook", feature = "profile"))]
fn place_new(file: NamedTempFile, path: &Path) -> Result<(), (NamedTempFile, io::Error)> {
    file.persist_noclobber(path)
        .map(drop)
        .map_err(|refused| (refused.file, refused.error))
}

/// A temporary file with `bytes`, on the disk.
fn written(directory: &Path, bytes: &[u8]) -> io::Result<NamedTempFile> {
    fs::create_dir_all(directory)?;
    let mut file = tempfile::Builder::new()
        .prefix(".shakedown-")
        .permissions(Permissions::from_mode(MODE))
        .tempfile_in(directory)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// The directory of `path`, which for a bare name is the current one.
fn directory_of(path: &Path) -> &Path {
    path.parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or_else(|| Path::new("."))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    /// The names in `directory`, sorted: none of them temporary.
    fn names(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_new_file_is_readable_for_all_as_far_as_the_umask_lets() {
        let home = tempfile::tempdir().unwrap();
        let (ours, plain) = (home.path().join("a/b/ours"), home.path().join("plain"));
        replace(&ours, "whole").unwrap();
        fs::write(&plain, "").unwrap();
        assert_eq!(fs::read(&ours).unwrap(), b"whole");
        assert_eq!(mode(&ours), mode(&plain) & MODE);
    }

    #[test]
    fn what_is_replaced_keeps_its_rights_and_leaves_nothing() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("tool");
        fs::write(&path, "old and longer").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o750)).unwrap();
        replace(&path, "new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(mode(&path), 0o750);
        assert_eq!(names(home.path()), ["tool"]);
    }

    #[test]
    fn a_link_stays_a_link() {
        let home = tempfile::tempdir().unwrap();
        let (real, link) = (home.path().join("far/real"), home.path().join("link"));
        replace(&real, "old").unwrap();
        symlink("far/real", &link).unwrap();
        replace(&link, "new").unwrap();
        assert!(link.is_symlink());
        assert_eq!(fs::read(&real).unwrap(), b"new");
    }

    #[test]
    fn what_cannot_be_replaced_stays_and_leaves_nothing() {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir_all(home.path().join("taken/inside")).unwrap();
        replace(&home.path().join("taken"), "").unwrap_err();
        assert_eq!(names(home.path()), ["taken"]);
    }

    #[cfg(any(feature = "stress", feature = "profile"))]
    #[test]
    fn a_new_file_never_replaces_another() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("record");
        create_new(&path, "first").unwrap();
        let refused = create_new(&path, "second").unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"first");
        assert_eq!(names(home.path()), ["record"]);
    }

    #[cfg(feature = "workbook")]
    #[test]
    fn a_numbered_file_takes_the_first_free_name() {
        let home = tempfile::tempdir().unwrap();
        let day = home.path().join("2026-11-22");
        let name = |number| format!("run-{number}");
        for content in ["one", "two"] {
            create_numbered(&day, name, content).unwrap();
        }
        fs::remove_file(day.join("run-1")).unwrap();
        let path = create_numbered(&day, name, "three").unwrap();
        assert_eq!(path, day.join("run-1"));
        assert_eq!(fs::read(day.join("run-2")).unwrap(), b"two");
        assert_eq!(names(&day), ["run-1", "run-2"]);
    }
}
