//! The worker: the process that runs a start function and holds what it made.

use std::fs::File;
use std::io::Write as _;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use serde_json::Value;

use super::anchor;
use super::keeper::{Report, name_process};
use super::launch::{self, Role};
use super::place::{Place, make_private};
use super::processes::Process;
use super::record::{self, Record, State};
use super::watch::{Ended, Watch};
use super::{Declaration, Host, alone, burial, cleanup};

/// What a worker has from its keeper.
#[derive(Debug)]
pub(super) struct Worker {
    role: Role,
    control: OwnedFd,
    report: OwnedFd,
}

impl Worker {
    pub(super) fn new(role: Role, control: OwnedFd, report: OwnedFd) -> Self {
        Self {
            role,
            control,
            report,
        }
    }
}

/// Why a start fails whose keeper is gone.
pub(super) const KEEPER_KILLED: &str = "its keeper was killed while it started";

/// Set by the keeper stage, taken by the worker stage.
static WORKER: Mutex<Option<Worker>> = Mutex::new(None);

/// Lets the worker stage of this process go to work.
pub(super) fn become_worker(worker: Worker) {
    *WORKER.lock().unwrap_or_else(PoisonError::into_inner) = Some(worker);
}

/// The worker stage of a process's start: does nothing, or never returns.
pub(super) fn on_start(
    declaration: &'static Declaration,
    start: impl FnOnce(&mut Host) -> crate::Result<Value>,
) {
    let worker = {
        let mut worker = WORKER.lock().unwrap_or_else(PoisonError::into_inner);
        let ours = |worker: &Worker| worker.role.id == declaration.id();
        if !worker.as_ref().is_some_and(ours) {
            return;
        }
        worker.take()
    };
    if let Some(worker) = worker {
        work(worker, declaration, start)
    }
}

/// Start, serve, take down.
fn work(
    worker: Worker,
    declaration: &'static Declaration,
    start: impl FnOnce(&mut Host) -> crate::Result<Value>,
) -> ! {
    let place = Place::new(worker.role.dir.clone());
    let anchor = worker.role.run.anchor.clone();
    prepare(worker.role, declaration, &place);
    let keeper = KeeperLink::new(worker.report, place.clone());
    let mut host = Host::new(declaration.name, &place);
    let (report, up) = match alone::run(&mut host, start) {
        Ok(handle) => (Report::Ready { handle }, true),
        Err(message) => (Report::Failed { message }, false),
    };
    let told = keeper.tell(&report);
    if told && !up {
        // The keeper does the rest.
        host.tear_down();
        leave(1);
    }
    if !told {
        host.tear_down();
        keeper.publish(State::Failed {
            message: KEEPER_KILLED.to_owned(),
        });
    }
    let Some(anchor) = anchor else { leave(1) };
    let watch = Watch::new(worker.control, anchor.process, host.children(), keeper);
    let ended = host.serve_until(move || watch.wait());
    if ended == Ended::RunnerGone {
        burial::end_users(&place, &anchor);
    }
    host.tear_down();
    if ended == Ended::RunnerGone {
        bury(&place);
    }
    leave(0)
}

/// Does what the keeper would have done.
fn bury(place: &Place) {
    burial::end_own(place);
    place.remove();
}

/// Makes the process fit for the start function.
fn prepare(role: Role, declaration: &Declaration, place: &Place) {
    name_process(c"shakedown-host");
    // SAFETY: plain system calls. The subreaper attribute is not inherited
    // through a fork; an alarm of the list phase is none of ours.
    unsafe {
        libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
        libc::alarm(0);
    }
    anchor::hand_down(role.run);
    launch::hand_down(role.chain);
    // Built elsewhere (an archive), it may not exist; then paths in it mean
    // nothing anyway.
    let _ = std::env::set_current_dir(declaration.package);
    if let Err(error) = make_private(&place.work()) {
        cleanup::note(place, &format!("cannot create its directory: {error}"));
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a start-up hook has no caller to return an exit code to"
)]
fn leave(code: i32) -> ! {
    std::process::exit(code)
}

/// The way to make a state known: through the keeper, or in its place.
#[derive(Debug, Clone)]
pub(super) struct KeeperLink {
    pipe: Arc<Mutex<File>>,
    place: Place,
    died: Arc<OnceLock<()>>,
}

impl KeeperLink {
    fn new(report: OwnedFd, place: Place) -> Self {
        Self {
            pipe: Arc::new(Mutex::new(File::from(report))),
            place,
            died: Arc::default(),
        }
    }

    /// Whether the keeper was there to be told.
    fn tell(&self, report: &Report) -> bool {
        let Ok(mut line) = serde_json::to_vec(report) else {
            return false;
        };
        line.push(b'\n');
        let mut pipe = self.pipe.lock().unwrap_or_else(PoisonError::into_inner);
        pipe.write_all(&line).is_ok()
    }

    /// Makes known, once, that the resource died although its host lives.
    pub(super) fn died(&self, message: String) {
        if self.died.set(()).is_err() {
            return;
        }
        let report = Report::Died {
            message: message.clone(),
        };
        if !self.tell(&report) {
            self.publish(State::Died { message });
        }
    }

    /// Makes the state known in the keeper's place.
    fn publish(&self, state: State) {
        let Ok(Some(mut record)) = record::read::<Record>(&self.place.state()) else {
            return;
        };
        record.state = state;
        record.worker = Process::current();
        if let Err(error) = record::write(&self.place.state(), &record) {
            cleanup::note(&self.place, &format!("cannot write its state: {error}"));
        }
    }
}
