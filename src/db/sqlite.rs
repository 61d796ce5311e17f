//! A fresh, migrated SQLite database per test, by copying a template.
//!
//! Migrating is slow (many small synchronous transactions), copying a file of
//! some hundred kilobytes is not. This library links no SQLite: the template is
//! built by a function of yours with the library of your choice, and copied as
//! a file.
//!
//! ```
//! use shakedown::db::sqlite::Template;
//! use shakedown::fixtures::scratch;
//!
//! const SCHEMA: &str = "CREATE TABLE users (name TEXT)";
//!
//! # fn test() -> shakedown::Result {
//! let template = Template::new("doc-users").key([SCHEMA]).build_with(|path| {
//!     rusqlite::Connection::open(path)?.execute_batch(SCHEMA)
//! });
//! let scratch = scratch();
//! let database = rusqlite::Connection::open(template.fresh(&scratch)?)?;
//! database.execute("INSERT INTO users VALUES ('ada')", [])?;
//! # Ok(())
//! # }
//! # test().unwrap();
//! ```
//!
//! # What it costs
//!
//! A copy takes a fraction of a millisecond. The first transaction on it then
//! waits for the disk, which takes ten times as long and more, unless the test
//! opens it with `PRAGMA synchronous = OFF`: a test's database need not survive
//! a power failure. The `bench` tier measures both.
//!
//! # Where templates are, and for how long
//!
//! `<tmp>/shakedown-<user id>/templates/<name>-<hash>.sqlite`. The hash is
//! FNV-1a over the workspace's path and the key, so a changed migration is a
//! new template. A template is built in a directory of its own, under a lock
//! that all processes respect, synced to disk and renamed into place; a build
//! that fails leaves nothing. Of each name the newest few are kept.
//!
//! # Why the template must be closed
//!
//! A database in WAL mode is two files, and copying them one after the other
//! while somebody may write is a corrupt copy sooner or later. So a template
//! beside which a `-wal` or `-journal` lies is refused; what is copied is one
//! file that nobody has open. A template may *be* in WAL mode: SQLite removes
//! the `-wal` when the last connection is closed.

use std::error::Error;
use std::ffi::OsString;
use std::fmt;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::{TemplateError, sqlite_header};
use crate::fixtures::file_lock::FileLock;
use crate::fixtures::fnv::Fnv;
use crate::fixtures::{home, project};

/// How many templates of one name are kept: some branches' worth.
const KEPT: usize = 5;
/// Part of every hash, to be raised when the meaning of the files changes.
const FORMAT: &str = "1";

type Build = dyn Fn(&Path) -> Result<(), Box<dyn Error + Send + Sync>> + Send + Sync;

/// A database that is built once and copied for each test; see [the
/// module](self).
#[must_use = "a template does nothing before `fresh`"]
pub struct Template {
    name: String,
    hash: Fnv,
    cache: Option<PathBuf>,
    build: Option<Box<Build>>,
}

impl Template {
    /// A template called `name`, which becomes part of file names.
    pub fn new(name: &str) -> Self {
        let plain = |c: char| {
            if c.is_ascii_alphanumeric() || c == '_' {
                c
            } else {
                '-'
            }
        };
        let mut hash = Fnv::new();
        hash.part(FORMAT.as_bytes());
        hash.part(project::root().as_os_str().as_encoded_bytes());
        Self {
            name: name.chars().map(plain).collect(),
            hash,
            cache: None,
            build: None,
        }
    }

    /// Adds to the key: everything that the build depends on, such as the text
    /// of the migrations and of the seed data. What is not in the key can
    /// change without the template being built again.
    pub fn key(mut self, parts: impl IntoIterator<Item: AsRef<[u8]>>) -> Self {
        for part in parts {
            self.hash.part(part.as_ref());
        }
        self
    }

    /// Keeps templates in `directory`, which must exist, instead of
    /// `<tmp>/shakedown-<user id>/templates`.
    pub fn cache_in(mut self, directory: impl Into<PathBuf>) -> Self {
        self.cache = Some(directory.into());
        self
    }

    /// How to build it: creates and migrates a database at the given path, and
    /// closes it.
    pub fn build_with<E>(
        mut self,
        build: impl Fn(&Path) -> Result<(), E> + Send + Sync + 'static,
    ) -> Self
    where
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        self.build = Some(Box::new(move |path| build(path).map_err(Into::into)));
        self
    }

    /// A fresh copy in `directory`, named after the template, with a number
    /// appended when there is one already. Builds the template if there is none.
    ///
    /// # Errors
    ///
    /// When the build fails, leaves the database open or leaves none, or a file
    /// cannot be used.
    pub fn fresh(&self, directory: &(impl AsRef<Path> + ?Sized)) -> Result<PathBuf, TemplateError> {
        let mut template = self.open()?;
        let (path, mut copy) = self.new_file(directory.as_ref())?;
        // On Linux this is `copy_file_range`: the bytes stay in the kernel.
        io::copy(&mut template, &mut copy)
            .map_err(TemplateError::file("copy the template to", &path))?;
        Ok(path)
    }

    /// The template's file, built if it is missing.
    ///
    /// # Errors
    ///
    /// As for [`fresh`](Self::fresh).
    pub fn path(&self) -> Result<PathBuf, TemplateError> {
        self.open()?;
        self.place()
    }

    /// Where the template belongs.
    fn place(&self) -> Result<PathBuf, TemplateError> {
        let file = format!("{}-{}.sqlite", self.name, self.hash.hex());
        match &self.cache {
            Some(directory) => Ok(directory.join(file)),
            None => Ok(home::place("templates")?.join(file)),
        }
    }

    /// The template, open at its start.
    fn open(&self) -> Result<File, TemplateError> {
        let path = self.place()?;
        match whole(&path) {
            Some(file) => Ok(file),
            None => self.build_once(&path),
        }
    }

    /// Builds the template unless another process does first.
    fn build_once(&self, path: &Path) -> Result<File, TemplateError> {
        let lock = path.with_file_name(format!("{}.lock", self.name));
        let _lock = FileLock::acquire(&lock).map_err(TemplateError::file("lock", &lock))?;
        if let Some(file) = whole(path) {
            return Ok(file);
        }
        let build = self.build.as_ref().ok_or_else(|| TemplateError::NoBuild {
            name: self.name.clone(),
        })?;
        let site = Site::clear(path.with_file_name(format!("{}.building", self.name)))?;
        let built = site.0.join("template.sqlite");
        build(&built).map_err(|source| TemplateError::Build {
            name: self.name.clone(),
            source,
        })?;
        self.accept(&built)?;
        fs::rename(&built, path).map_err(TemplateError::file("rename the template to", path))?;
        if let Some(directory) = path.parent() {
            sync(directory)?;
            self.prune(directory);
        }
        whole(path)
            .ok_or_else(|| self.invalid("it was changed while it was put in place".to_owned()))
    }

    /// Makes sure that what was built is one closed, whole file, and on disk.
    fn accept(&self, built: &Path) -> Result<(), TemplateError> {
        for suffix in ["-wal", "-shm", "-journal"] {
            let mut beside = OsString::from(built);
            beside.push(suffix);
            // An empty journal is what `journal_mode = TRUNCATE` leaves behind.
            let left =
                fs::metadata(&beside).is_ok_and(|found| suffix != "-journal" || found.len() > 0);
            if left {
                let file = format!("template.sqlite{suffix}");
                return Err(TemplateError::Open {
                    name: self.name.clone(),
                    file,
                });
            }
        }
        let opened = File::open(built);
        let mut file =
            opened.map_err(|_| self.invalid("the build function created no file".to_owned()))?;
        sqlite_header::check(&mut file).map_err(|problem| self.invalid(problem))?;
        sync(built)
    }

    fn invalid(&self, problem: String) -> TemplateError {
        TemplateError::Invalid {
            name: self.name.clone(),
            problem,
        }
    }

    /// Removes all but the newest templates of this name.
    fn prune(&self, directory: &Path) {
        let of_this_name = |file: &str| {
            let hash = file
                .strip_prefix(&self.name)?
                .strip_prefix('-')?
                .strip_suffix(".sqlite")?;
            (hash.len() == 32 && hash.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(())
        };
        let Ok(entries) = fs::read_dir(directory) else {
            return;
        };
        let mut templates: Vec<(SystemTime, PathBuf)> = entries
            .flatten()
            .filter(|entry| entry.file_name().to_str().and_then(of_this_name).is_some())
            .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
            .collect();
        templates.sort_by(|a, b| b.cmp(a));
        for (_, old) in templates.into_iter().skip(KEPT) {
            // Whoever is copying it has it open, and copies to the end.
            let _ = fs::remove_file(old);
        }
    }

    /// A new file in `directory`.
    fn new_file(&self, directory: &Path) -> Result<(PathBuf, File), TemplateError> {
        for number in 1_u32.. {
            let path = match number {
                1 => directory.join(format!("{}.sqlite", self.name)),
                _ => directory.join(format!("{}-{number}.sqlite", self.name)),
            };
            match OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(&path)
            {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                opened => {
                    let file = opened.map_err(TemplateError::file("create", &path))?;
                    return Ok((path, file));
                }
            }
        }
        unreachable!("a directory does not hold billions of databases")
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Template")
            .field("name", &self.name)
            .field("hash", &self.hash.hex())
            .finish_non_exhaustive()
    }
}

/// The template at `path` if it is there and not damaged, open at its start.
fn whole(path: &Path) -> Option<File> {
    let mut file = File::open(path).ok()?;
    sqlite_header::check(&mut file).ok()?;
    io::Seek::rewind(&mut file).ok()?;
    Some(file)
}

/// Waits until a file or directory is on disk.
fn sync(path: &Path) -> Result<(), TemplateError> {
    let synced = File::open(path).and_then(|file| file.sync_all());
    synced.map_err(TemplateError::file("sync", path))
}

/// The directory in which a template is built. Removed with all it holds,
/// whether the build succeeds, fails or panics.
struct Site(PathBuf);

impl Site {
    /// Makes the directory, without what a killed build may have left.
    fn clear(path: PathBuf) -> Result<Self, TemplateError> {
        let _ = fs::remove_dir_all(&path);
        let made = DirBuilder::new().mode(0o700).create(&path);
        made.map_err(TemplateError::file("create the directory", &path))?;
        Ok(Self(path))
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
