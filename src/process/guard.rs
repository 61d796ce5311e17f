//! The test's side of the guardian: starts it, sends it signals, learns of the
//! program's exit.

use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use super::Cores;
use super::cores;
use super::guardian::{self, Ends};

/// How long a guardian may take to kill what is below it before the test stops
/// waiting for it. Longer than the guardian's own limit.
const TREE_LIMIT: Duration = Duration::from_secs(15);

/// A program behind its guardian. Dropping it kills the program and everything
/// the program started, and waits until that is done.
#[derive(Debug)]
pub(super) struct Guard {
    guardian: Child,
    /// Closed when the tree is to be killed.
    control: Option<PipeWriter>,
    report: PipeReader,
    program: u32,
    status: Option<ExitStatus>,
}

impl Guard {
    /// Starts `command` behind a guardian. Its standard output must be a file.
    pub(super) fn start(
        command: &mut Command,
        log_limit: u64,
        cores: Option<Cores>,
    ) -> io::Result<Self> {
        let (control_read, control) = io::pipe()?;
        let (report, report_write) = io::pipe()?;
        let ends = Ends {
            control: control_read.as_raw_fd(),
            report: report_write.as_raw_fd(),
            log_limit: i64::try_from(log_limit).unwrap_or(i64::MAX / 4),
        };
        // SAFETY: `split` is written for this place: it makes no allocation,
        // takes no lock and calls only async-signal-safe functions. Both pipes
        // stay open until `spawn` has returned.
        unsafe { command.pre_exec(move || guardian::split(ends)) };
        if let Some(cores) = cores {
            // Runs in the program's process alone: the guardian never comes here.
            // SAFETY: one system call on a set that was made before the fork.
            unsafe { command.pre_exec(move || cores::kernel::pin(0, cores.numbers())) };
        }
        let guardian = command.spawn()?;
        drop((control_read, report_write));
        let mut guard = Self {
            guardian,
            control: Some(control),
            report,
            program: 0,
            status: None,
        };
        guard.program = guard.receive()?.unsigned_abs();
        Ok(guard)
    }

    /// The process id of the program.
    pub(super) fn pid(&self) -> u32 {
        self.program
    }

    /// Sends `signal` to the program; nothing happens if it has exited.
    pub(super) fn signal(&mut self, signal: i32) -> io::Result<()> {
        let byte = u8::try_from(signal)
            .ok()
            .filter(|byte| (1..=64).contains(byte))
            .ok_or_else(|| io::Error::from_raw_os_error(libc::EINVAL))?;
        match &mut self.control {
            Some(control) => control.write_all(&[byte]),
            None => Ok(()),
        }
    }

    /// The program's exit status, waiting for it at most `timeout`.
    pub(super) fn wait(&mut self, timeout: Duration) -> io::Result<Option<ExitStatus>> {
        if self.status.is_none() && self.readable(timeout)? {
            self.status = Some(ExitStatus::from_raw(self.receive()?));
        }
        Ok(self.status)
    }

    /// Kills the program and everything it started, and waits until all of it
    /// is gone. The program's exit status, if it was learnt.
    pub(super) fn kill_tree(&mut self) -> io::Result<Option<ExitStatus>> {
        drop(self.control.take());
        let status = self.wait(TREE_LIMIT);
        let deadline = Instant::now() + TREE_LIMIT;
        // The report pipe ends when the guardian has exited.
        while self.readable(deadline.saturating_duration_since(Instant::now()))? {
            if self.report.read(&mut [0; 4])? == 0 {
                self.guardian.wait()?;
                return status;
            }
        }
        Err(io::Error::new(
            io::ErrorKind::TimedOut,
            format!("something the program started did not die within {TREE_LIMIT:?} of SIGKILL"),
        ))
    }

    /// The next number from the guardian.
    fn receive(&mut self) -> io::Result<i32> {
        let mut bytes = [0; 4];
        self.report
            .read_exact(&mut bytes)
            .map_err(|error| match error.kind() {
                io::ErrorKind::UnexpectedEof => {
                    io::Error::new(error.kind(), "the program's guardian is gone")
                }
                _ => error,
            })?;
        Ok(i32::from_ne_bytes(bytes))
    }

    /// Whether the report pipe has something, or has ended, within `timeout`.
    fn readable(&self, timeout: Duration) -> io::Result<bool> {
        let deadline = Instant::now() + timeout;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            // Rounded up, so that a wait of less than 1 ms does not spin.
            let millis = left.as_nanos().div_ceil(1_000_000);
            let mut polled = libc::pollfd {
                fd: self.report.as_raw_fd(),
                events: libc::POLLIN,
                revents: 0,
            };
            // SAFETY: one valid `pollfd`, of a descriptor that `self` owns.
            let ready = unsafe {
                libc::poll(
                    &raw mut polled,
                    1,
                    i32::try_from(millis).unwrap_or(i32::MAX),
                )
            };
            match ready {
                1.. => return Ok(true),
                0 if Instant::now() >= deadline => return Ok(false),
                0 => {}
                _ => {
                    let error = io::Error::last_os_error();
                    if error.kind() != io::ErrorKind::Interrupted {
                        return Err(error);
                    }
                }
            }
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if self.control.is_some() {
            // Nobody to tell: the guardian goes on without us in any case.
            let _ = self.kill_tree();
        }
    }
}
