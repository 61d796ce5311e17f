//! Unix without subreapers: the program in a process group of its own, the
//! group killed on drop. What leaves the group is not found.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use super::Cores;

/// How often an exit is looked for.
const INTERVAL: Duration = Duration::from_millis(5);

/// A program in its own process group. Dropping it kills the group.
#[derive(Debug)]
pub(super) struct Guard {
    child: Child,
    status: Option<ExitStatus>,
}

impl Guard {
    pub(super) fn start(
        command: &mut Command,
        _log_limit: u64,
        _cores: Option<Cores>,
    ) -> io::Result<Self> {
        let child = command.process_group(0).spawn()?;
        Ok(Self {
            child,
            status: None,
        })
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(super) fn signal(&mut self, signal: i32) -> io::Result<()> {
        if self.wait(Duration::ZERO)?.is_none() {
            let pid = self.child.id().cast_signed();
            // SAFETY: not reaped yet, so the id is still our child's.
            if unsafe { libc::kill(pid, signal) } != 0 {
                return Err(io::Error::last_os_error());
            }
        }
        Ok(())
    }

    pub(super) fn wait(&mut self, timeout: Duration) -> io::Result<Option<ExitStatus>> {
        let deadline = Instant::now() + timeout;
        while self.status.is_none() {
            self.status = self.child.try_wait()?;
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            if self.status.is_none() {
                std::thread::park_timeout(left.min(INTERVAL));
            }
        }
        Ok(self.status)
    }

    pub(super) fn kill_tree(&mut self) -> io::Result<Option<ExitStatus>> {
        let group = self.child.id().cast_signed();
        // SAFETY: the group was created for this child. When the child has
        // been reaped and left nobody in it, the call finds no such group.
        unsafe { libc::kill(-group, libc::SIGKILL) };
        if self.status.is_none() {
            self.status = Some(self.child.wait()?);
        }
        Ok(self.status)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.kill_tree();
    }
}
