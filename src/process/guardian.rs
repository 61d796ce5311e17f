//! The guardian: a fork of the test process that kills the program's whole
//! tree when its control pipe closes.
//!
//! # How it comes about
//!
//! `std::process::Command` forks; in that child, before `exec`, [`split`] runs
//! and forks once more. The grandchild goes on to `exec` the program, in a
//! process group of its own. The child stays behind as the guardian:
//!
//! ```text
//! test process ── control pipe ──▶ guardian ── parent of ──▶ program ─▶ ...
//!              ◀── report pipe ──  (subreaper, own session)
//! ```
//!
//! # Protocol
//!
//! Control pipe, to the guardian: each byte is a signal number to send to the
//! program. End of file means: kill everything, then exit. The kernel closes
//! the pipe when the test process is gone, so SIGKILL of the test process is
//! end of file too.
//!
//! Report pipe, from the guardian: two native-endian `i32`, first the
//! program's process id, then, when the program has exited, its wait status.
//!
//! Only the guardian sends signals to the program, and it does so before it
//! has reaped it, so a recycled process id is never hit.
//!
//! # How everything below is found
//!
//! The guardian is a *child subreaper*: whatever is orphaned below it becomes
//! its child, whatever session or group it moved to. So the guardian kills its
//! children (the kernel lists them in `/proc/thread-self/children`), reaps
//! them, and repeats until it has none.
//!
//! # Rules of this file
//!
//! All of it runs in a fork of a possibly multi-threaded process: no
//! allocation, no lock, no panic, only async-signal-safe calls.

use std::ffi::CStr;
use std::io;
use std::mem;
use std::os::fd::RawFd;
use std::ptr;

use libc::{c_int, c_ulong, pid_t};

/// How often the guardian looks at the size of the log, milliseconds.
const LOG_CHECK_MS: c_int = 250;
/// How long the guardian tries to kill what is below it, in steps of 5 ms. A
/// process that outlives this is stuck in the kernel or belongs to another
/// user.
const KILL_STEPS: u32 = 2000;

/// What the guardian needs to know, all of it plain numbers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ends {
    /// Read end of the control pipe.
    pub(super) control: RawFd,
    /// Write end of the report pipe.
    pub(super) report: RawFd,
    /// Disk space the log may take, bytes; its oldest part is given back
    /// beyond that.
    pub(super) log_limit: i64,
}

/// Forks: the new process returns and becomes the program, the calling one
/// becomes the guardian and never returns.
///
/// # Errors
///
/// When `fork` or the preparation for it fails; no process is left then.
///
/// # Safety
///
/// Only for [`std::os::unix::process::CommandExt::pre_exec`]: the calling
/// process must be a fresh fork that is about to `exec`.
pub(super) unsafe fn split(ends: Ends) -> io::Result<()> {
    // SAFETY: plain system calls on memory of this frame; the caller promises
    // a single-threaded fork, so nobody else sees the changed signal mask.
    unsafe {
        if libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1 as c_ulong, 0, 0, 0) != 0 {
            return Err(io::Error::last_os_error());
        }
        // A session of its own: signals to the test's group or terminal, such
        // as Ctrl-C, pass by; the guardian learns of the end from its pipe.
        if libc::setsid() < 0 {
            return Err(io::Error::last_os_error());
        }
        let mut all: libc::sigset_t = mem::zeroed();
        let mut before: libc::sigset_t = mem::zeroed();
        libc::sigfillset(&raw mut all);
        libc::sigprocmask(libc::SIG_SETMASK, &raw const all, &raw mut before);
        let guardian = libc::getpid();
        match libc::fork() {
            -1 => Err(io::Error::last_os_error()),
            0 => become_program(guardian, &before),
            program => watch(ends, program),
        }
    }
}

/// The name of the program's process until `exec` gives it its own. A process
/// that ends under this name never was the program.
const BEFORE_EXEC: &CStr = c"shakedown-start";

/// The program's side of the fork: its own group, the signal mask it would
/// have had, and death with its guardian.
unsafe fn become_program(guardian: pid_t, mask: &libc::sigset_t) -> io::Result<()> {
    // SAFETY: system calls on values of this frame.
    unsafe {
        libc::prctl(libc::PR_SET_NAME, BEFORE_EXEC.as_ptr(), 0, 0, 0);
        libc::setpgid(0, 0);
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL as c_ulong, 0, 0, 0);
        if libc::getppid() != guardian {
            return Err(io::Error::from_raw_os_error(libc::ESRCH));
        }
        // What else the test process has open, such as a job server's pipe, is
        // none of the program's business. Older kernels leave it open.
        libc::syscall(
            libc::SYS_close_range,
            3,
            c_int::MAX,
            libc::CLOSE_RANGE_CLOEXEC,
        );
        libc::sigprocmask(libc::SIG_SETMASK, mask, ptr::null_mut());
    }
    Ok(())
}

/// The guardian's life: report the program, pass signals on, and when the
/// control pipe closes kill everything below.
unsafe fn watch(ends: Ends, program: pid_t) -> ! {
    // SAFETY: as for `split`; all descriptors used are the guardian's own.
    unsafe {
        libc::prctl(libc::PR_SET_NAME, c"shakedown-guard".as_ptr(), 0, 0, 0);
        libc::setpgid(program, program); // both sides do it: no race for who is first
        libc::signal(libc::SIGCHLD, libc::SIG_DFL);
        keep_only(ends.control, ends.report);
        libc::chdir(c"/".as_ptr());
        let mut child_set: libc::sigset_t = mem::zeroed();
        libc::sigemptyset(&raw mut child_set);
        libc::sigaddset(&raw mut child_set, libc::SIGCHLD);
        let children = libc::signalfd(
            -1,
            &raw const child_set,
            libc::SFD_CLOEXEC | libc::SFD_NONBLOCK,
        );
        send(ends.report, program);
        let mut alive = true;
        let mut freed: i64 = 0;
        loop {
            alive &= !reap(program, ends.report);
            let mut polled = [readable(ends.control), readable(children)];
            libc::poll(polled.as_mut_ptr(), 2, LOG_CHECK_MS);
            if polled[0].revents != 0 && !obey(ends.control, program, alive) {
                kill_everything(program, ends.report, children);
                libc::_exit(0);
            }
            await_exit(children, 0);
            freed = bound_log(ends.log_limit, freed);
        }
    }
}

fn readable(fd: RawFd) -> libc::pollfd {
    libc::pollfd {
        fd,
        events: libc::POLLIN,
        revents: 0,
    }
}

/// Waits up to `millis` until a child has exited, and takes note of it.
unsafe fn await_exit(children: RawFd, millis: c_int) {
    // SAFETY: one descriptor, and a read into a structure of this frame.
    unsafe {
        let mut polled = readable(children);
        if libc::poll(&raw mut polled, 1, millis) > 0 {
            let mut info: libc::signalfd_siginfo = mem::zeroed();
            libc::read(children, (&raw mut info).cast(), size_of_val(&info));
        }
    }
}

/// Reads one batch of control bytes and sends the signals they name. False at
/// end of file.
unsafe fn obey(control: RawFd, program: pid_t, alive: bool) -> bool {
    let mut bytes = [0_u8; 64];
    // SAFETY: reads at most the buffer's length into it; `program` is not
    // reaped yet when `alive`, so its id is not somebody else's.
    unsafe {
        let n = libc::read(control, bytes.as_mut_ptr().cast(), bytes.len());
        let Ok(n) = usize::try_from(n) else {
            return *libc::__errno_location() == libc::EINTR;
        };
        for &signal in bytes.iter().take(n).filter(|_| alive) {
            libc::kill(program, c_int::from(signal));
        }
        n > 0
    }
}

/// Reaps every child that has exited; reports the program's status. True when
/// the program was among them.
unsafe fn reap(program: pid_t, report: RawFd) -> bool {
    let mut found = false;
    // SAFETY: reads the state of our own child.
    if unsafe { failed_to_exec(program) } {
        // `spawn` is waiting for the process it knows, which is this one, to
        // tell its caller about the failed `exec`.
        // SAFETY: nothing is left to do.
        unsafe { libc::_exit(1) };
    }
    loop {
        let mut status: c_int = 0;
        // SAFETY: writes to `status` only.
        let pid = unsafe { libc::waitpid(-1, &raw mut status, libc::WNOHANG) };
        if pid <= 0 {
            return found;
        }
        if pid == program {
            found = true;
            // SAFETY: the guardian's own descriptor.
            unsafe { send(report, status) };
        }
    }
}

/// Whether the program's process has ended without becoming the program. The
/// kernel keeps a process's name until it is reaped.
unsafe fn failed_to_exec(program: pid_t) -> bool {
    let name = BEFORE_EXEC.to_bytes();
    let mut path = [0_u8; 32];
    // SAFETY: reads into buffers of this frame; the child is not reaped.
    unsafe {
        let mut info: libc::siginfo_t = mem::zeroed();
        let flags = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
        if libc::waitid(libc::P_PID, program.unsigned_abs(), &raw mut info, flags) != 0
            || info.si_pid() != program
        {
            return false;
        }
        comm_path(program.unsigned_abs(), &mut path);
        let file = libc::open(path.as_ptr().cast(), libc::O_RDONLY | libc::O_CLOEXEC);
        let mut bytes = [0_u8; 16];
        let n = libc::read(file, bytes.as_mut_ptr().cast(), bytes.len());
        libc::close(file);
        usize::try_from(n).is_ok_and(|n| n == name.len() + 1) && bytes.starts_with(name)
    }
}

/// Writes `/proc/<pid>/comm` and a NUL into `path`, without allocating.
fn comm_path(pid: u32, path: &mut [u8; 32]) {
    let mut digits = [0_u8; 10];
    let mut left = pid;
    let mut first = digits.len();
    while left > 0 {
        first -= 1;
        digits[first] = b'0' + u8::try_from(left % 10).unwrap_or(0);
        left /= 10;
    }
    let parts = [b"/proc/".as_slice(), &digits[first..], b"/comm\0"];
    for (to, from) in path.iter_mut().zip(parts.into_iter().flatten()) {
        *to = *from;
    }
}

/// Kills and reaps until nothing is left below.
unsafe fn kill_everything(program: pid_t, report: RawFd, children: RawFd) {
    for _ in 0..KILL_STEPS {
        // SAFETY: the ids are those of our own children, which stay ours until
        // we reap them here.
        unsafe {
            kill_children(program);
            reap(program, report);
            let mut status: c_int = 0;
            if libc::waitpid(-1, &raw mut status, libc::WNOHANG) < 0
                && *libc::__errno_location() == libc::ECHILD
            {
                return;
            }
            await_exit(children, 5);
        }
    }
}

/// Sends SIGKILL to each direct child, as listed by the kernel.
unsafe fn kill_children(program: pid_t) {
    const LIST: &CStr = c"/proc/thread-self/children";
    // SAFETY: opens, reads into a buffer of this frame, and closes.
    unsafe {
        let list = libc::open(LIST.as_ptr(), libc::O_RDONLY | libc::O_CLOEXEC);
        if list < 0 {
            // A kernel without the list: the program's group is what is known.
            libc::kill(-program, libc::SIGKILL);
            return;
        }
        let mut pid: pid_t = 0;
        let mut bytes = [0_u8; 1024];
        while let Ok(n @ 1..) =
            usize::try_from(libc::read(list, bytes.as_mut_ptr().cast(), bytes.len()))
        {
            for &byte in bytes.iter().take(n) {
                if byte.is_ascii_digit() {
                    pid = pid.wrapping_mul(10).wrapping_add(pid_t::from(byte - b'0'));
                } else if pid > 0 {
                    libc::kill(pid, libc::SIGKILL);
                    pid = 0;
                }
            }
        }
        libc::close(list);
    }
}

/// Closes every descriptor but the two named and the log, which is standard
/// output. Whoever waits for the end of a pipe of the test process must not
/// wait for the guardian.
unsafe fn keep_only(a: RawFd, b: RawFd) {
    let (low, high) = if a < b { (a, b) } else { (b, a) };
    // SAFETY: a descriptor closed twice is an error that is ignored.
    unsafe {
        libc::close(0);
        close_between(2, low - 1);
        close_between(low + 1, high - 1);
        close_between(high + 1, c_int::MAX);
    }
}

/// Closes the descriptors from `first` to `last`, both included.
unsafe fn close_between(first: RawFd, last: RawFd) {
    if first > last {
        return;
    }
    // SAFETY: as for `keep_only`.
    unsafe {
        if libc::syscall(libc::SYS_close_range, first, last, 0) == 0 {
            return;
        }
        let end = libc::sysconf(libc::_SC_OPEN_MAX).clamp(256, 65_536);
        let end = c_int::try_from(end).unwrap_or(65_536).min(last);
        for fd in first..=end {
            libc::close(fd);
        }
    }
}

/// Gives the oldest part of the log back to the disk once more than twice the
/// limit is taken. Offsets stay as they are: the file has a hole in front.
unsafe fn bound_log(limit: i64, freed: i64) -> i64 {
    // SAFETY: standard output of the guardian is the log file.
    unsafe {
        let mut info: libc::stat = mem::zeroed();
        if libc::fstat(1, &raw mut info) != 0 || info.st_size - freed <= 2 * limit {
            return freed;
        }
        let upto = info.st_size - limit;
        let mode = libc::FALLOC_FL_PUNCH_HOLE | libc::FALLOC_FL_KEEP_SIZE;
        libc::fallocate(1, mode, 0, upto);
        upto
    }
}

/// Writes one number to the report pipe. Nobody may be left to read it.
unsafe fn send(report: RawFd, value: i32) {
    let bytes = value.to_ne_bytes();
    // SAFETY: four bytes of this frame; SIGPIPE is blocked.
    unsafe { libc::write(report, bytes.as_ptr().cast(), bytes.len()) };
}
