//! How a process is to be started.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use super::child::{Identity, Process};
#[cfg(not(target_os = "linux"))]
use super::group::Guard;
#[cfg(target_os = "linux")]
use super::guard::Guard;
use super::log::Log;
use super::{Cores, ProcessError, Ready};
use crate::fixtures::Scratch;

/// A process about to be started; see [`Process::builder`].
#[derive(Debug)]
#[must_use = "nothing runs before `start`"]
pub struct ProcessBuilder {
    command: Command,
    name: Option<String>,
    ready: Ready,
    ready_timeout: Duration,
    log_path: Option<PathBuf>,
    log_limit: u64,
    cores: Option<Cores>,
}

impl ProcessBuilder {
    pub(super) fn new(program: &OsStr) -> Self {
        Self {
            command: Command::new(resolved(program)),
            name: None,
            ready: Ready::none(),
            ready_timeout: Duration::from_secs(10),
            log_path: None,
            log_limit: 64 << 20,
            cores: None,
        }
    }

    /// What errors and the log file call the process. Default: the file name of
    /// the program.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Adds one argument.
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    /// Adds arguments.
    pub fn args(mut self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.command.args(args);
        self
    }

    /// Sets an environment variable; everything else is inherited from the
    /// test.
    pub fn env(mut self, key: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.command.env(key, value);
        self
    }

    /// Removes an environment variable.
    pub fn env_remove(mut self, key: impl AsRef<OsStr>) -> Self {
        self.command.env_remove(key);
        self
    }

    /// Runs the program in `directory`. A relative path of the program itself
    /// stays relative to the test's own directory.
    pub fn current_dir(mut self, directory: impl AsRef<Path>) -> Self {
        self.command.current_dir(directory);
        self
    }

    /// What to wait for in [`start`](Self::start). Default: [`Ready::none`].
    pub fn ready(mut self, ready: Ready) -> Self {
        self.ready = ready;
        self
    }

    /// How long to wait for it. Default: 10 seconds.
    pub fn ready_timeout(mut self, limit: Duration) -> Self {
        self.ready_timeout = limit;
        self
    }

    /// Writes the output to `path`, which is then the caller's to remove.
    /// Default: a file in a [`Scratch`] directory, kept when the test fails.
    pub fn log_path(mut self, path: impl Into<PathBuf>) -> Self {
        self.log_path = Some(path.into());
        self
    }

    /// How much of the output to keep, bytes. Default: 64 MiB. Beyond twice as
    /// much the oldest part is given back to the disk (on Linux file systems
    /// that can punch holes; elsewhere the log just grows).
    pub fn log_limit(mut self, bytes: u64) -> Self {
        self.log_limit = bytes;
        self
    }

    /// Lets the program, and everything it starts, run on `cores` alone
    /// (Linux; elsewhere the start is an error).
    pub fn cores(mut self, cores: Cores) -> Self {
        self.cores = Some(cores);
        self
    }

    /// Starts the program and waits until it is ready.
    ///
    /// # Errors
    ///
    /// When the program cannot be started or pinned to its cores, ends before it is ready, or is not
    /// ready in time. Nothing of it is running then.
    pub fn start(mut self) -> Result<Process, ProcessError> {
        let program = PathBuf::from(self.command.get_program());
        let name = self.name.take().unwrap_or_else(|| {
            let file = program.file_name().unwrap_or(program.as_os_str());
            file.to_string_lossy().into_owned()
        });
        if let Some(cores) = &self.cores {
            cores.check().map_err(|source| ProcessError::Cores {
                name: name.clone(),
                source,
            })?;
        }
        let (scratch, path) = place_log(&name, self.log_path.take())?;
        let log_error = |source| ProcessError::Log {
            name: name.clone(),
            path: path.clone(),
            source,
        };
        let (log, file) = Log::create(path.clone()).map_err(log_error)?;
        let errors = file.try_clone().map_err(log_error)?;
        self.command
            .stdin(Stdio::null())
            .stdout(Stdio::from(file))
            .stderr(Stdio::from(errors));
        let started = Guard::start(&mut self.command, self.log_limit, self.cores.take());
        let guard = started.map_err(|source| self.refused(&name, &program, source))?;
        let mut process = Process::new(guard, Identity { name, log, scratch });
        process.await_ready(&self.ready, self.ready_timeout)?;
        Ok(process)
    }

    /// The error for a program that the operating system did not start.
    fn refused(&self, name: &str, program: &Path, source: io::Error) -> ProcessError {
        let directory = match self.command.get_current_dir() {
            Some(directory) => directory.to_path_buf(),
            None => env::current_dir().unwrap_or_default(),
        };
        let missing = source.kind() == io::ErrorKind::NotFound && directory.is_dir();
        let bare = program.components().count() == 1;
        if missing && (bare || !program.exists()) {
            let searched = if bare {
                format!("looked in PATH: {}", self.search_path().display())
            } else {
                "there is no such file; is it built?".to_owned()
            };
            return ProcessError::NotFound {
                name: name.to_owned(),
                program: program.display().to_string(),
                searched,
            };
        }
        ProcessError::Start {
            name: name.to_owned(),
            program: program.display().to_string(),
            directory: directory.display().to_string(),
            source,
        }
    }

    /// The PATH in which the program was looked for.
    fn search_path(&self) -> OsString {
        let given = self.command.get_envs().find(|(key, _)| *key == "PATH");
        match given {
            Some((_, value)) => value.map(OsStr::to_owned).unwrap_or_default(),
            None => env::var_os("PATH").unwrap_or_default(),
        }
    }
}

/// The program, made absolute when it is a path, so that a change of the
/// program's directory does not change which program is run.
fn resolved(program: &OsStr) -> PathBuf {
    let path = Path::new(program);
    if path.components().count() > 1
        && path.is_relative()
        && let Ok(absolute) = std::path::absolute(path)
    {
        return absolute;
    }
    path.to_path_buf()
}

/// Where the log goes: the given path, or a scratch directory of the test.
fn place_log(
    name: &str,
    given: Option<PathBuf>,
) -> Result<(Option<Arc<Scratch>>, PathBuf), ProcessError> {
    if let Some(path) = given {
        return Ok((None, path));
    }
    let file: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || "-_.".contains(c) {
                c
            } else {
                '-'
            }
        })
        .collect();
    let scratch = Scratch::builder().suffix(&file).create();
    match scratch {
        Ok(scratch) => {
            let path = scratch.path().join(format!("{file}.log"));
            Ok((Some(Arc::new(scratch)), path))
        }
        Err(source) => Err(ProcessError::Scratch {
            name: name.to_owned(),
            source,
        }),
    }
}
