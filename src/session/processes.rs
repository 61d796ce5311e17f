//! Processes as `/proc` shows them: who they are, whose children, and their
//! end.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

/// A process, told from a later one with the same number by its start time
/// (in clock ticks since boot).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct Process {
    pub(super) id: i32,
    pub(super) start: u64,
}

impl Process {
    pub(super) fn with_id(id: i32) -> Option<Self> {
        let start = Stat::of(id)?.start;
        Some(Self { id, start })
    }

    pub(super) fn current() -> Option<Self> {
        Self::with_id(own_id())
    }

    /// Whether it runs; a zombie does not.
    pub(super) fn is_alive(self) -> bool {
        Stat::of(self.id)
            .is_some_and(|stat| stat.start == self.start && !matches!(stat.state, b'Z' | b'X'))
    }

    /// A descriptor that is readable when it has ended; none if it has.
    pub(super) fn watch(self) -> Option<OwnedFd> {
        let fd = pidfd(self.id).ok()?;
        self.is_alive().then_some(fd)
    }

    /// Sends it `signal`, and nobody else.
    pub(super) fn signal(self, signal: i32) {
        let Some(fd) = self.watch() else { return };
        // SAFETY: plain system call with a descriptor we own.
        unsafe {
            libc::syscall(
                libc::SYS_pidfd_send_signal,
                fd.as_raw_fd(),
                signal,
                std::ptr::null::<libc::siginfo_t>(),
                0,
            );
        }
    }

    /// Whether it ended within `limit`.
    pub(super) fn ends_within(self, limit: Duration) -> bool {
        match self.watch() {
            Some(fd) => {
                poll(&mut [readable(fd.as_raw_fd())], Some(limit));
                !self.is_alive()
            }
            None => true,
        }
    }
}

/// The fields of `/proc/<id>/stat` that matter here.
#[derive(Debug)]
pub(super) struct Stat {
    pub(super) name: String,
    pub(super) state: u8,
    pub(super) parent: i32,
    pub(super) start: u64,
}

impl Stat {
    pub(super) fn of(id: i32) -> Option<Self> {
        Self::parse(&fs::read(format!("/proc/{id}/stat")).ok()?)
    }

    /// `1234 (a name) S 1 ...`; the name may hold spaces and parentheses.
    fn parse(text: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(text);
        let (left, right) = (text.find('(')?, text.rfind(')')?);
        let mut fields = text.get(right + 2..)?.split(' ');
        Some(Self {
            name: text.get(left + 1..right)?.to_owned(),
            state: *fields.next()?.as_bytes().first()?,
            parent: fields.next()?.parse().ok()?,
            start: fields.nth(17)?.parse().ok()?,
        })
    }
}

pub(super) fn own_id() -> i32 {
    // SAFETY: `getpid` has no preconditions.
    unsafe { libc::getpid() }
}

/// Now, in the unit of [`Process::start`].
pub(super) fn ticks_since_boot() -> u64 {
    let mut now = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `now` outlives the call; `sysconf` has no preconditions.
    let ticks_a_second = unsafe {
        libc::clock_gettime(libc::CLOCK_BOOTTIME, &raw mut now);
        libc::sysconf(libc::_SC_CLK_TCK)
    };
    let unsigned = |number: i64| u64::try_from(number).unwrap_or(0);
    let (ticks, nanos) = (unsigned(ticks_a_second), unsigned(now.tv_nsec));
    unsigned(now.tv_sec) * ticks + nanos * ticks / 1_000_000_000
}

/// The value of `name` in the environment that `id` was started with. A
/// process that may not be looked at has none.
pub(super) fn started_with(id: i32, name: &str) -> Option<Vec<u8>> {
    let environment = fs::read(format!("/proc/{id}/environ")).ok()?;
    environment
        .split(|byte| *byte == 0)
        .find_map(|entry| entry.strip_prefix(name.as_bytes())?.strip_prefix(b"="))
        .map(<[u8]>::to_vec)
}

/// All processes there are.
pub(super) fn all() -> Vec<i32> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect()
}

/// Everything below `root` except the trees that `foreign` claims, children
/// before grandchildren.
pub(super) fn descendants(root: i32, foreign: impl Fn(i32) -> bool) -> Vec<i32> {
    let mut children: HashMap<i32, Vec<i32>> = HashMap::new();
    for id in all() {
        if let Some(stat) = Stat::of(id).filter(|stat| !matches!(stat.state, b'Z' | b'X')) {
            children.entry(stat.parent).or_default().push(id);
        }
    }
    let mut found = vec![root];
    let mut next = 0;
    while next < found.len() {
        let below = children.remove(&found[next]).unwrap_or_default();
        found.extend(below.into_iter().filter(|id| !foreign(*id)));
        next += 1;
    }
    found.remove(0);
    found
}

/// Kills `id`.
pub(super) fn kill(id: i32) {
    // SAFETY: plain system call.
    unsafe { libc::kill(id, libc::SIGKILL) };
}

/// Kills what `find` finds until it finds nothing, for at most `limit`, and
/// calls `reap` after each round.
pub(super) fn kill_all(limit: Duration, find: impl Fn() -> Vec<i32>, reap: impl Fn()) {
    let since = Instant::now();
    loop {
        let found = find();
        if found.is_empty() || since.elapsed() > limit {
            return;
        }
        found.into_iter().for_each(kill);
        poll(&mut [], Some(Duration::from_millis(2)));
        reap();
    }
}

/// Reaps every child that has ended. For keepers and workers only: a test may
/// be waiting for a child of its own.
pub(super) fn reap() {
    // SAFETY: no status is asked for; with WNOHANG it does not block.
    while unsafe { libc::waitpid(-1, std::ptr::null_mut(), libc::WNOHANG) } > 0 {}
}

pub(super) fn pidfd(id: i32) -> io::Result<OwnedFd> {
    // SAFETY: plain system call; the result is checked before it is owned.
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, id, 0) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    let fd = i32::try_from(fd).expect("descriptors are small");
    // SAFETY: the kernel has just made it for us.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// A descriptor to wait for in [`poll`]; a negative one is ignored.
pub(super) fn readable(fd: i32) -> libc::pollfd {
    libc::pollfd {
        fd,
        events: libc::POLLIN,
        revents: 0,
    }
}

/// Waits until one of `fds` is readable or closed, or `limit` has passed.
pub(super) fn poll(fds: &mut [libc::pollfd], limit: Option<Duration>) {
    let limit = limit.map_or(-1, |limit| {
        i32::try_from(limit.as_millis()).unwrap_or(i32::MAX)
    });
    let count = libc::nfds_t::try_from(fds.len()).expect("a handful");
    // SAFETY: pointer and length describe one slice.
    if unsafe { libc::poll(fds.as_mut_ptr(), count, limit) } < 0 {
        // Interrupted: nothing is readable as far as we know.
        fds.iter_mut().for_each(|fd| fd.revents = 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_does_not_shift_the_fields() {
        let text = b"42 (a) b (c) S 7 1 1 0 -1 4 0 0 0 0 0 0 0 0 20 0 1 0 9876 0 0";
        let stat = Stat::parse(text).unwrap();
        assert_eq!(
            (stat.name.as_str(), stat.state, stat.parent, stat.start),
            ("a) b (c", b'S', 7, 9876)
        );
    }

    #[test]
    fn this_process_started_in_the_past_and_not_long_ago() {
        let this = Process::current().unwrap();
        let now = ticks_since_boot();
        assert!(this.start <= now, "{this:?} at {now}");
        assert!(now - this.start < 100 * 3600, "{this:?} at {now}");
    }

    #[test]
    fn this_process_is_alive_and_one_with_its_number_but_another_start_is_not() {
        let this = Process::current().unwrap();
        assert!(this.is_alive());
        let other = Process {
            start: this.start + 1,
            ..this
        };
        assert!(!other.is_alive());
        assert!(other.watch().is_none());
    }
}
