//! Where the files of runs and resources are, and whose they are.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::anchor::{Anchor, Run};
use super::record::{self, RunRecord, VERSION, namespace};
use super::{Declaration, Error};

/// A directory without `run.json` that is older than this was given up.
const GIVEN_UP: Duration = Duration::from_secs(3600);

/// The directory of all runs.
#[derive(Debug, Clone)]
pub(super) struct Root {
    home: PathBuf,
}

impl Root {
    /// The directory for this user, existing or not.
    pub(super) fn of_this_user() -> Self {
        let home = std::env::temp_dir().join(format!("shakedown-{}", user()));
        Self { home }
    }

    /// Checks that nobody else can have made or can change what is in it.
    /// One that is missing is fine.
    pub(super) fn check(&self) -> Result<(), Error> {
        let found = match fs::symlink_metadata(&self.home) {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(source) => return Err(Error::storage("look at", &self.home)(source)),
        };
        let problem = if !found.is_dir() {
            "is not a directory"
        } else if found.uid() != user() {
            "belongs to another user"
        } else if found.mode() & 0o022 != 0 {
            "can be written to by other users"
        } else {
            return Ok(());
        };
        Err(Error::Directory {
            path: self.home.clone(),
            problem,
        })
    }

    /// The directories of the runs there are.
    pub(super) fn runs(&self) -> Vec<PathBuf> {
        directories(&self.sessions())
    }

    pub(super) fn place(&self, run: &Run, declaration: &Declaration) -> Place {
        Place::new(self.sessions().join(&run.key).join(declaration.slug()))
    }

    fn sessions(&self) -> PathBuf {
        self.home.join("sessions")
    }
}

/// The files of one resource in one run.
#[derive(Debug, Clone)]
pub(super) struct Place {
    dir: PathBuf,
}

impl Place {
    pub(super) fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    /// Makes the directories and `run.json` where they are missing.
    pub(super) fn make(&self, anchor: &Anchor) -> Result<(), Error> {
        make_private(&self.dir).map_err(Error::storage("create the directory", &self.dir))?;
        let path = self.run().join(RUN_FILE);
        if path.exists() {
            return Ok(());
        }
        let run = RunRecord {
            version: VERSION,
            anchor: anchor.clone(),
            namespace: namespace(),
        };
        record::write(&path, &run).map_err(|source| {
            // Nobody has got any further, or the file would be there; a
            // directory that is not empty stays.
            let _ = fs::remove_dir(&self.dir);
            let _ = fs::remove_dir(self.run());
            Error::storage("write", &path)(source)
        })
    }

    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(super) fn state(&self) -> PathBuf {
        self.dir.join("state.json")
    }

    pub(super) fn lock(&self) -> PathBuf {
        self.dir.join("lock")
    }

    pub(super) fn log(&self) -> PathBuf {
        self.dir.join("log")
    }

    pub(super) fn leases(&self) -> PathBuf {
        self.dir.join("leases")
    }

    pub(super) fn cleanup(&self) -> PathBuf {
        self.dir.join("cleanup")
    }

    pub(super) fn work(&self) -> PathBuf {
        self.dir.join("work")
    }

    /// Removes everything, and the run's directory when this was the last.
    pub(super) fn remove(&self) {
        // A file that appears meanwhile (a child that is being killed) is
        // worth a second try; what stays after that is swept later.
        for _ in 0..3 {
            match fs::remove_dir_all(&self.dir) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {}
                _ => break,
            }
        }
        remove_run(self.run());
    }

    fn run(&self) -> &Path {
        self.dir.parent().expect("made by joining")
    }
}

/// The file that describes a run.
const RUN_FILE: &str = "run.json";

/// Reads what is known about a run.
pub(super) fn read_run(run: &Path) -> io::Result<Option<RunRecord>> {
    record::read(&run.join(RUN_FILE))
}

/// The resources in a run's directory.
pub(super) fn resources(run: &Path) -> Vec<Place> {
    directories(run).into_iter().map(Place::new).collect()
}

/// Removes a run's directory if no resource is left in it.
pub(super) fn remove_run(run: &Path) {
    if directories(run).is_empty() {
        // Whoever starts a resource now writes the file again, and then the
        // directory is not empty and stays.
        let _ = fs::remove_file(run.join(RUN_FILE));
        let _ = fs::remove_dir(run);
    }
}

/// Whether a directory without `run.json` was left by somebody who died while
/// making it.
pub(super) fn is_given_up(run: &Path) -> bool {
    let modified = fs::metadata(run).and_then(|found| found.modified());
    modified.is_ok_and(|then| {
        SystemTime::now()
            .duration_since(then)
            .is_ok_and(|age| age > GIVEN_UP)
    })
}

/// Makes a directory, and those above it, for this user only.
pub(super) fn make_private(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

fn directories(path: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(path) else {
        return Vec::new();
    };
    entries
        .flatten()
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .map(|entry| entry.path())
        .collect()
}

fn user() -> u32 {
    // SAFETY: the call has no preconditions and cannot fail.
    unsafe { libc::geteuid() }
}
