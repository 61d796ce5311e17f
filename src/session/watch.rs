//! What a worker waits for while its resource is up: the keeper's word, the
//! end of the runner if the keeper is gone, and the death of a child.

use std::os::fd::{AsRawFd as _, OwnedFd};

use super::processes::{Process, pidfd, poll, readable};
use super::worker::KeeperLink;

/// Why the wait is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// The keeper said so.
    Told,
    /// The keeper is gone, and now the runner is too.
    RunnerGone,
}

/// The wait.
#[derive(Debug)]
pub(super) struct Watch {
    control: OwnedFd,
    runner: Process,
    children: Vec<Child>,
    keeper: KeeperLink,
}

#[derive(Debug)]
struct Child {
    fd: OwnedFd,
    name: String,
}

impl Watch {
    pub(super) fn new(
        control: OwnedFd,
        runner: Process,
        children: Vec<(u32, String)>,
        keeper: KeeperLink,
    ) -> Self {
        let children = children.into_iter().filter_map(|(id, name)| {
            let fd = pidfd(i32::try_from(id).ok()?).ok()?;
            Some(Child { fd, name })
        });
        Self {
            control,
            runner,
            children: children.collect(),
            keeper,
        }
    }

    /// Waits. A child that ends meanwhile makes the resource a dead one.
    pub(super) fn wait(mut self) -> Ended {
        loop {
            if self.wait_for(self.control.as_raw_fd()) {
                break;
            }
        }
        if self.was_told() {
            return Ended::Told;
        }
        if let Some(runner) = self.runner.watch() {
            loop {
                if self.wait_for(runner.as_raw_fd()) {
                    break;
                }
            }
        }
        Ended::RunnerGone
    }

    /// Waits for `fd` or a child. Whether it was `fd`.
    fn wait_for(&mut self, fd: i32) -> bool {
        let mut fds = vec![readable(fd)];
        fds.extend(
            self.children
                .iter()
                .map(|child| readable(child.fd.as_raw_fd())),
        );
        poll(&mut fds, None);
        let mut ended = fds[1..].iter().map(|fd| fd.revents != 0);
        let keeper = &self.keeper;
        self.children.retain(|child| {
            let ended = ended.next().unwrap_or(false);
            if ended {
                keeper.died(child.end());
            }
            !ended
        });
        fds[0].revents != 0
    }

    /// Whether the control pipe has a byte, rather than being closed.
    fn was_told(&self) -> bool {
        let mut byte = 0_u8;
        // SAFETY: reads at most one byte into one byte.
        let count = unsafe { libc::read(self.control.as_raw_fd(), (&raw mut byte).cast(), 1) };
        count > 0
    }
}

impl Child {
    /// How it ended, without reaping it: that is for whoever spawned it.
    fn end(&self) -> String {
        // SAFETY: `siginfo_t` is plain data, for which zeroes are valid.
        let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
        let fd = libc::id_t::try_from(self.fd.as_raw_fd()).expect("descriptors are positive");
        // SAFETY: the descriptor is ours and `info` outlives the call.
        let found = unsafe {
            libc::waitid(
                libc::P_PIDFD,
                fd,
                &raw mut info,
                libc::WEXITED | libc::WNOWAIT | libc::WNOHANG,
            )
        };
        let name = &self.name;
        if found != 0 {
            return format!("its child `{name}` ended");
        }
        // SAFETY: `waitid` has filled it for a child that ended.
        let (status, killed) = unsafe { (info.si_status(), info.si_code != libc::CLD_EXITED) };
        if killed {
            format!("its child `{name}` was killed by signal {status}")
        } else {
            format!("its child `{name}` ended with exit status {status}")
        }
    }
}
