//! A running process, as the test holds it.

use std::ffi::OsStr;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::error::LastSeen;
#[cfg(not(target_os = "linux"))]
use super::group::Guard;
#[cfg(target_os = "linux")]
use super::guard::Guard;
use super::log::Log;
use super::ready::{self, Step};
use super::{LogTail, ProcessBuilder, ProcessError, Ready};
use crate::fixtures::Scratch;

/// How often the log is looked at, a port tried, a URL asked: at first, and
/// after a while.
const INTERVAL: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(10));
/// How many lines of output an error shows.
const SHOWN_LINES: usize = 30;

/// A program that runs beside the test; see [the module](super).
///
/// Dropping it kills the program and everything the program started, and waits
/// until all of it is gone. When the test panics, the end of the program's
/// output is printed and the log is kept.
#[derive(Debug)]
#[must_use = "the program is killed when this is dropped"]
pub struct Process {
    // Declared, and so dropped, before the directory that holds its log.
    guard: Guard,
    ready_text: Option<String>,
    identity: Identity,
}

/// What belongs to a process besides its guard.
#[derive(Debug)]
pub(super) struct Identity {
    pub(super) name: String,
    pub(super) log: Log,
    /// Holds the log; `None` when the caller gave a path.
    pub(super) scratch: Option<Arc<Scratch>>,
}

impl Process {
    /// Prepares to start `program`: a path, or a name to look up in `PATH`. A
    /// package's own binary is `env!("CARGO_BIN_EXE_<name>")`.
    ///
    /// # Example
    ///
    /// ```
    /// use shakedown::process::Process;
    /// use std::time::Duration;
    ///
    /// # fn test() -> shakedown::Result {
    /// let mut sleeper = Process::builder("sleep").arg("60").start()?;
    /// assert!(sleeper.is_running()?);
    /// let status = sleeper.terminate(Duration::from_secs(5))?;
    /// assert!(!status.success());
    /// # Ok(())
    /// # }
    /// # test().unwrap();
    /// ```
    pub fn builder(program: impl AsRef<OsStr>) -> ProcessBuilder {
        ProcessBuilder::new(program.as_ref())
    }

    pub(super) fn new(guard: Guard, identity: Identity) -> Self {
        Self {
            guard,
            ready_text: None,
            identity,
        }
    }

    /// What errors call the process.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.identity.name
    }

    /// The process id of the program itself.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.guard.pid()
    }

    /// What stood after the marker of [`Ready::line`], without white space
    /// around it.
    #[must_use]
    pub fn ready_text(&self) -> Option<&str> {
        self.ready_text.as_deref()
    }

    /// The file that the program's output goes to.
    #[must_use]
    pub fn log_path(&self) -> &Path {
        self.identity.log.path()
    }

    /// The last `lines` lines of its output, at most 64 KiB of them, or why
    /// they cannot be read.
    #[must_use]
    pub fn log_tail(&self, lines: usize) -> String {
        let tail = self.identity.log.tail(lines);
        tail.unwrap_or_else(|error| format!("(the log cannot be read: {error})"))
    }

    /// Whether the program itself has not exited yet.
    ///
    /// # Errors
    ///
    /// When its guardian was killed.
    pub fn is_running(&mut self) -> Result<bool, ProcessError> {
        Ok(self.exited_within(Duration::ZERO)?.is_none())
    }

    /// Waits until the program exits by itself; `None` if it has not within
    /// `timeout`. What it started goes on until this value is dropped.
    ///
    /// # Errors
    ///
    /// When its guardian was killed.
    pub fn wait(&mut self, timeout: Duration) -> Result<Option<ExitStatus>, ProcessError> {
        self.exited_within(timeout)
    }

    /// Sends a signal, such as `libc::SIGHUP`, to the program itself. Nothing
    /// happens if it has exited.
    ///
    /// # Errors
    ///
    /// When there is no such signal, or the guardian was killed.
    pub fn signal(&mut self, signal: i32) -> Result<(), ProcessError> {
        let sent = self.guard.signal(signal);
        sent.map_err(|source| self.lost(source))
    }

    /// Waits until a complete line contains `pattern`, and returns that line.
    /// Lines printed before the call count too.
    ///
    /// # Errors
    ///
    /// When the program exits without having printed it, or `timeout` passes.
    pub fn wait_for_line(
        &mut self,
        pattern: &str,
        timeout: Duration,
    ) -> Result<String, ProcessError> {
        let mut lines = match self.identity.log.lines() {
            Ok(lines) => lines,
            Err(source) => return Err(self.log_error(source)),
        };
        let waited_for = format!("it printed a line with `{pattern}`");
        self.until(&waited_for, timeout, |_| {
            loop {
                match lines.next_line() {
                    Ok(Some(line)) if line.contains(pattern) => return Ok(line),
                    Ok(Some(_)) => {}
                    Ok(None) => return Err(None),
                    Err(error) => return Err(Some(error.to_string())),
                }
            }
        })
    }

    /// Asks the program to end with SIGTERM, kills it with SIGKILL when it has
    /// not exited within `grace`, then kills whatever it has started and left
    /// behind.
    ///
    /// # Errors
    ///
    /// When something survives SIGKILL, or the guardian was killed.
    pub fn terminate(&mut self, grace: Duration) -> Result<ExitStatus, ProcessError> {
        self.signal(libc::SIGTERM)?;
        self.exited_within(grace)?;
        self.kill()
    }

    /// Kills the program and everything it has started with SIGKILL. The exit
    /// status is the program's own if it had exited before.
    ///
    /// # Errors
    ///
    /// When something survives SIGKILL, or the guardian was killed.
    pub fn kill(&mut self) -> Result<ExitStatus, ProcessError> {
        let status = self.guard.kill_tree().map_err(|source| self.lost(source))?;
        status.ok_or_else(|| self.lost(io::Error::other("its exit status is not known")))
    }

    /// Waits for each step of `ready` in turn.
    pub(super) fn await_ready(
        &mut self,
        ready: &Ready,
        limit: Duration,
    ) -> Result<(), ProcessError> {
        let deadline = Instant::now() + limit;
        for step in &ready.steps {
            let left = deadline.saturating_duration_since(Instant::now());
            match step {
                Step::Line(marker) => {
                    let line = self.wait_for_line(marker, left)?;
                    self.ready_text = line
                        .split_once(marker.as_str())
                        .map(|(_, text)| text.trim().to_owned());
                }
                Step::Http(url) => {
                    let text = self.ready_text.clone().unwrap_or_default();
                    let (url, target) = url.target(&text).map_err(|url| ProcessError::Url {
                        name: self.identity.name.clone(),
                        url,
                    })?;
                    let waited_for = format!("it answered GET {url} with 2xx");
                    self.until(&waited_for, left, |left| {
                        ready::answers(&target, left).map_err(Some)
                    })?;
                }
                Step::Port(address) => {
                    let waited_for = format!("it accepted a connection on {address}");
                    self.until(&waited_for, left, |left| {
                        ready::accepts(*address, left).map_err(Some)
                    })?;
                }
            }
        }
        Ok(())
    }

    /// Repeats `attempt` until it succeeds, the program exits or `limit` has
    /// passed. An attempt that fails may say what it saw.
    fn until<T>(
        &mut self,
        waited_for: &str,
        limit: Duration,
        mut attempt: impl FnMut(Duration) -> Result<T, Option<String>>,
    ) -> Result<T, ProcessError> {
        let deadline = Instant::now() + limit;
        let mut interval = INTERVAL.0;
        loop {
            // Asked before the attempt: what it printed before it exited counts.
            let status = self.exited_within(Duration::ZERO)?;
            let left = deadline.saturating_duration_since(Instant::now());
            let last = match attempt(left) {
                Ok(value) => return Ok(value),
                Err(last) => LastSeen(last),
            };
            if let Some(status) = status {
                return Err(ProcessError::Ended {
                    name: self.identity.name.clone(),
                    status,
                    waited_for: waited_for.to_owned(),
                    log: self.evidence(),
                });
            }
            if left.is_zero() {
                return Err(ProcessError::TimedOut {
                    name: self.identity.name.clone(),
                    limit,
                    waited_for: waited_for.to_owned(),
                    last,
                    log: self.evidence(),
                });
            }
            self.exited_within(left.min(interval))?;
            interval = (interval * 2).min(INTERVAL.1);
        }
    }

    fn exited_within(&mut self, timeout: Duration) -> Result<Option<ExitStatus>, ProcessError> {
        let waited = self.guard.wait(timeout);
        waited.map_err(|source| self.lost(source))
    }

    fn lost(&self, source: io::Error) -> ProcessError {
        ProcessError::Control {
            name: self.identity.name.clone(),
            source,
        }
    }

    fn log_error(&self, source: io::Error) -> ProcessError {
        ProcessError::Log {
            name: self.identity.name.clone(),
            path: self.log_path().to_path_buf(),
            source,
        }
    }

    /// The end of the log, for an error.
    fn evidence(&self) -> LogTail {
        LogTail::new(
            self.log_path().to_path_buf(),
            self.log_tail(SHOWN_LINES),
            self.identity.scratch.clone(),
        )
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return;
        }
        let state = match self.guard.wait(Duration::ZERO) {
            Ok(Some(status)) => format!("had ended with {status}"),
            Ok(None) => "was running".to_owned(),
            Err(error) => error.to_string(),
        };
        // Evidence of a failed test, where libtest prints the panic.
        let _ = writeln!(
            io::stderr(),
            "process `{}` {state} when the test failed\n{}",
            self.identity.name,
            self.evidence()
        );
    }
}
