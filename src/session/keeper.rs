//! The keeper: the process that a resource's worker is a child of.
//!
//! It runs nothing of the user's. It forks the worker, writes `state.json`
//! from what the worker reports, holds the lock until the start is settled,
//! and waits for the runner to end. Then it has the worker take the resource
//! down, kills whatever is left below it (it is a *child subreaper*, so nothing
//! leaves it by daemonising), runs the recorded clean-up and removes the
//! directory. If the keeper is killed, the worker does all that in its place.
//!
//! # Pipes
//!
//! - report, worker to keeper: a JSON [`Report`] a line. End of file: the
//!   worker has ended.
//! - control, keeper to worker: a byte means take down. End of file: the
//!   keeper has been killed.
//!
//! # When it runs
//!
//! As a start-up hook of the test binary, before all others, so the process
//! has a single thread and both forks are safe. The worker returns from the
//! hook; the other hooks (`conftest!` among them) run in it as in a test.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsRawFd, FromRawFd as _, IntoRawFd as _, OwnedFd};
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::launch::{ROLE, Role};
use super::place::{Place, Root};
use super::processes::{Process, poll, readable};
use super::record::{self, Record, State, VERSION};
use super::worker::{self, Worker};
use super::{Declaration, burial, cleanup, sweep};

/// How long the worker may take to take the resource down.
const TEARDOWN: Duration = Duration::from_secs(3);

/// What a worker tells its keeper.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Report {
    Ready { handle: Value },
    Failed { message: String },
    Died { message: String },
}

/// The keeper stage of a process's start: does nothing, or never returns, or
/// returns in the worker.
pub(super) fn on_start(declaration: &'static Declaration) {
    let Ok(text) = std::env::var(ROLE) else {
        return;
    };
    let Ok(role) = serde_json::from_str::<Role>(&text) else {
        return;
    };
    if role.id != declaration.id() {
        return;
    }
    forget_role();
    // SAFETY: this process has one thread: it runs the first of the start-up
    // hooks. The parent leaves without running anything else.
    unsafe {
        if libc::fork() != 0 {
            libc::_exit(0);
        }
        libc::signal(libc::SIGPIPE, libc::SIG_IGN);
        // Ignored, it would take the worker's status away.
        libc::signal(libc::SIGCHLD, libc::SIG_DFL);
        libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    }
    // SAFETY: `launch` left the descriptor open for us, and nobody else here
    // knows of it.
    let lock = File::from(unsafe { OwnedFd::from_raw_fd(role.lock) });
    match split() {
        Ok(Side::Keeper(pipes)) => {
            name_process(c"shakedown-keep");
            // No directory of the test's is kept busy.
            let _ = std::env::set_current_dir("/");
            Keeper::new(declaration, role, lock, pipes).keep()
        }
        Ok(Side::Worker(control, report)) => {
            drop(lock);
            worker::become_worker(Worker::new(role, control, report));
        }
        Err(error) => {
            let place = Place::new(role.dir);
            cleanup::note(&place, &format!("cannot start the worker: {error}"));
            leave()
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "before main, with one thread: nobody reads the environment"
)]
fn forget_role() {
    // SAFETY: the process has one thread.
    unsafe { std::env::remove_var(ROLE) };
}

pub(super) fn name_process(name: &std::ffi::CStr) {
    // SAFETY: the kernel copies the name.
    unsafe { libc::prctl(libc::PR_SET_NAME, name.as_ptr(), 0, 0, 0) };
}

/// Ends the process without running what a test process would run at its end.
fn leave() -> ! {
    // SAFETY: never returns.
    unsafe { libc::_exit(0) }
}

/// What each side of the fork has.
enum Side {
    Keeper(Pipes),
    Worker(OwnedFd, OwnedFd),
}

struct Pipes {
    worker: i32,
    control: OwnedFd,
    report: File,
}

/// Forks the worker.
fn split() -> io::Result<Side> {
    let (control_out, control_in) = pipe()?;
    let (report_out, report_in) = pipe()?;
    // A fork of the worker may hold the other end open when the worker ends;
    // what can be read then is all there is.
    // SAFETY: plain system call with a descriptor we own.
    unsafe { libc::fcntl(report_out.as_raw_fd(), libc::F_SETFL, libc::O_NONBLOCK) };
    // SAFETY: this process has one thread, so the child may go on as usual.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        0 => Ok(Side::Worker(control_out, report_in)),
        worker => Ok(Side::Keeper(Pipes {
            worker,
            control: control_in,
            report: File::from(report_out),
        })),
    }
}

/// Read end and write end.
fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    let mut fds = [0; 2];
    // SAFETY: the array has room for both.
    if unsafe { libc::pipe2(fds.as_mut_ptr(), libc::O_CLOEXEC) } != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel has just made both for us.
    Ok(unsafe { (OwnedFd::from_raw_fd(fds[0]), OwnedFd::from_raw_fd(fds[1])) })
}

struct Keeper {
    declaration: &'static Declaration,
    place: Place,
    role: Role,
    record: Record,
    /// Held until the start is settled.
    lock: Option<File>,
    /// Process id of the worker, until it has been reaped.
    worker: Option<i32>,
    watched: Option<OwnedFd>,
    control: OwnedFd,
    report: Option<File>,
    /// Bytes of a report that is not complete yet.
    partial: Vec<u8>,
    deadline: Instant,
}

impl Keeper {
    fn new(declaration: &'static Declaration, role: Role, lock: File, pipes: Pipes) -> Self {
        let record = Record {
            version: VERSION,
            resource: declaration.name.to_owned(),
            declared: declaration.place(),
            since: role.since,
            keeper: Process::current(),
            worker: Process::with_id(pipes.worker),
            state: State::Starting,
        };
        Self {
            declaration,
            place: Place::new(role.dir.clone()),
            watched: super::processes::pidfd(pipes.worker).ok(),
            role,
            record,
            lock: Some(lock),
            worker: Some(pipes.worker),
            control: pipes.control,
            report: Some(pipes.report),
            partial: Vec::new(),
            deadline: Instant::now() + declaration.start_timeout,
        }
    }

    /// Waits for what happens until the runner is gone or a signal comes.
    fn keep(mut self) -> ! {
        let stop = stop_signals();
        self.write();
        let anchor = self.role.run.anchor.as_ref().map(|anchor| anchor.process);
        let Some(anchor) = anchor.and_then(Process::watch) else {
            self.end_users();
            self.end()
        };
        loop {
            let starting = self.is_starting();
            let mut fds = [
                readable(anchor.as_raw_fd()),
                readable(stop),
                readable(self.report.as_ref().map_or(-1, File::as_raw_fd)),
                readable(self.watched.as_ref().map_or(-1, OwnedFd::as_raw_fd)),
            ];
            let left = self.deadline.saturating_duration_since(Instant::now());
            // Rounded up, or the last millisecond would be spent in a loop.
            poll(&mut fds, starting.then(|| left + Duration::from_millis(1)));
            let [anchor, stop, report, worker] = fds.map(|fd| fd.revents != 0);
            if report {
                self.read_reports();
            }
            if anchor {
                self.end_users();
            }
            if anchor || stop {
                self.end();
            }
            if worker {
                self.worker_ended();
            }
            if self.is_starting() && Instant::now() >= self.deadline {
                self.too_slow();
            }
            if starting && !self.is_starting() {
                sweep::sweep(&Root::of_this_user());
            }
        }
    }

    fn is_starting(&self) -> bool {
        matches!(self.record.state, State::Starting)
    }

    fn read_reports(&mut self) {
        let Some(pipe) = &mut self.report else { return };
        let mut bytes = [0; 4096];
        match pipe.read(&mut bytes) {
            Ok(0) | Err(_) => self.report = None,
            Ok(count) => self.partial.extend_from_slice(&bytes[..count]),
        }
        while let Some(end) = self.partial.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.partial.drain(..=end).collect();
            match serde_json::from_slice(&line) {
                Ok(Report::Ready { handle }) => self.settle(State::Ready { handle }),
                Ok(Report::Failed { message }) => self.settle(State::Failed { message }),
                Ok(Report::Died { message }) => self.settle(State::Died { message }),
                Err(error) => self.settle(State::Failed {
                    message: format!("its host sent a report that cannot be read: {error}"),
                }),
            }
        }
    }

    /// Makes the state known and lets those who wait go on.
    fn settle(&mut self, state: State) {
        let settled = matches!(self.record.state, State::Failed { .. } | State::Died { .. });
        if !settled {
            self.record.state = state;
            self.write();
        }
        self.lock = None;
    }

    fn write(&self) {
        let path = self.place.state();
        let written = if self.lock.is_some() {
            record::write_quickly(&path, &self.record)
        } else {
            record::write(&path, &self.record)
        };
        if let Err(error) = written {
            cleanup::note(&self.place, &format!("cannot write its state: {error}"));
        }
    }

    fn worker_ended(&mut self) {
        // What it said before comes first.
        while self.report.is_some() {
            self.read_reports();
        }
        let status = self.reap_worker();
        self.watched = None;
        let how = status.map_or_else(|| "unknown".to_owned(), |status| status.to_string());
        let message = format!("its host process ended: {how}");
        let state = if self.is_starting() {
            State::Failed { message }
        } else {
            State::Died { message }
        };
        burial::end_own(&self.place);
        self.settle(state);
    }

    fn reap_worker(&mut self) -> Option<ExitStatus> {
        let worker = self.worker.take()?;
        let mut status = 0;
        // SAFETY: `worker` is a child that has not been reaped.
        let reaped = unsafe { libc::waitpid(worker, &raw mut status, 0) };
        (reaped == worker).then(|| ExitStatus::from_raw(status))
    }

    fn too_slow(&mut self) {
        let message = format!(
            "it did not start within {:?}",
            self.declaration.start_timeout
        );
        self.kill_worker();
        burial::end_own(&self.place);
        self.settle(State::Failed { message });
    }

    fn kill_worker(&mut self) {
        if let Some(worker) = self.worker {
            super::processes::kill(worker);
            self.reap_worker();
        }
        self.watched = None;
        self.report = None;
    }

    /// The runner is gone; nobody else may go on.
    fn end_users(&self) {
        if let Some(anchor) = &self.role.run.anchor {
            burial::end_users(&self.place, anchor);
        }
    }

    /// The end of the resource: of the run, or because somebody said so.
    fn end(&mut self) -> ! {
        // One that is still starting cannot take anything down.
        if !self.is_starting() && self.tell_worker() {
            let watched = self.watched.as_ref().map_or(-1, OwnedFd::as_raw_fd);
            poll(&mut [readable(watched)], Some(TEARDOWN));
        }
        self.kill_worker();
        burial::end_own(&self.place);
        self.place.remove();
        leave()
    }

    fn tell_worker(&mut self) -> bool {
        let Ok(control) = self.control.try_clone() else {
            return false;
        };
        self.worker.is_some() && File::from(control).write_all(b"q").is_ok()
    }
}

/// A descriptor that is readable once SIGTERM, SIGINT or SIGHUP has come.
fn stop_signals() -> i32 {
    static WRITE_END: AtomicI32 = AtomicI32::new(-1);

    extern "C" fn on_signal(_signal: libc::c_int) {
        // SAFETY: `write` is async-signal-safe; the byte is static.
        unsafe { libc::write(WRITE_END.load(Ordering::Relaxed), b"s".as_ptr().cast(), 1) };
    }

    let Ok((out, into)) = pipe() else { return -1 };
    // Both stay open for as long as the process lives.
    WRITE_END.store(into.into_raw_fd(), Ordering::Relaxed);
    for signal in [libc::SIGTERM, libc::SIGINT, libc::SIGHUP] {
        let handler = on_signal as extern "C" fn(libc::c_int) as libc::sighandler_t;
        // SAFETY: installs a handler that only does what a handler may.
        unsafe { libc::signal(signal, handler) };
    }
    out.into_raw_fd()
}
