//! How a process gets at a resource: read its state, and only when it is not
//! up yet take part in starting it.
//!
//! # Protocol
//!
//! 1. Read `state.json`. If the resource is ready and its worker alive, append
//!    a line to `leases` and use it. No lock is taken.
//! 2. Otherwise try to lock `lock`. Who gets it starts a keeper, which inherits
//!    the open file and with it the lock, and lets go when the state is
//!    settled, or when it dies.
//! 3. Everybody, the starter too, waits for a shared lock on `lock` and goes
//!    back to 1.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::time::{Duration, SystemTime};

use serde_json::Value;

use super::anchor::Run;
use super::lease::{self, Holder};
use super::place::{Place, Root};
use super::processes::Process;
use super::record::{self, Record, State, VERSION};
use super::worker::KEEPER_KILLED;
use super::{Declaration, Error, LogTail, burial, launch, quote};

/// How often a directory that is being removed is worth a new try.
const ATTEMPTS: u32 = 50;

/// How long a process that was killed may take to be gone.
const DYING: Duration = Duration::from_secs(1);

/// The handle of the resource, as JSON.
pub(super) fn attach(declaration: &'static Declaration) -> Result<Value, Error> {
    let run = Run::current().ok_or_else(|| run_ended(declaration))?;
    let root = Root::of_this_user();
    root.check()?;
    let place = root.place(&run, declaration);
    for _ in 0..ATTEMPTS {
        if let Some(handle) = settled(declaration, &place)? {
            return use_it(declaration, &place, handle);
        }
        launch::chain_to(&declaration.id())?;
        let run = run
            .clone()
            .anchored()
            .ok_or_else(|| run_ended(declaration))?;
        start_or_wait(declaration, &place, run)?;
    }
    Err(start_failed(
        declaration,
        &place,
        "its directory is removed again and again".to_owned(),
    ))
}

/// The handle if the resource is up, nothing if it is not there yet.
fn settled(declaration: &Declaration, place: &Place) -> Result<Option<Value>, Error> {
    let Some(record) = read(place)? else {
        return Ok(None);
    };
    match record.state {
        State::Starting => Ok(None),
        State::Failed { message } => Err(start_failed(declaration, place, message)),
        State::Died { message } => Err(died(declaration, place, message)),
        State::Ready { handle } => match record.worker {
            // A signal 0 would be cheaper, and wrong for a zombie, which a
            // container without a reaping init keeps for long.
            Some(worker) if worker.is_alive() => Ok(Some(handle)),
            _ => {
                let message = lost(record.worker);
                abandon(place, State::Died { message });
                let message = match read(place)?.map(|record| record.state) {
                    Some(State::Died { message }) => message,
                    _ => lost(record.worker),
                };
                Err(died(declaration, place, message))
            }
        },
    }
}

fn use_it(declaration: &Declaration, place: &Place, handle: Value) -> Result<Value, Error> {
    let (holder, is_test) = if launch::is_worker() {
        (Holder::Host, false)
    } else {
        (Holder::Test, true)
    };
    lease::append(&place.leases(), holder).map_err(Error::storage("append to", place.leases()))?;
    if is_test {
        quote::on_failure(declaration.name, place.log());
    }
    Ok(handle)
}

/// Starts the resource, or waits until whoever does has come to an end.
fn start_or_wait(declaration: &Declaration, place: &Place, run: Run) -> Result<(), Error> {
    let anchor = run.anchor.as_ref().expect("it is anchored");
    place.make(anchor)?;
    let lock = match open_lock(place) {
        Ok(lock) => lock,
        // The directory was removed just now.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Error::storage("open", place.lock())(error)),
    };
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return wait(place, &lock),
        Err(TryLockError::Error(error)) => return Err(Error::storage("lock", place.lock())(error)),
    }
    if !is_in_place(&lock, place) {
        return Ok(());
    }
    match read(place)?.map(|record| record.state) {
        None => {
            let since = now();
            begin(declaration, place, since)?;
            launch::launch(declaration, place, run, since, &lock).inspect_err(|_| {
                // The next process may have better luck.
                let _ = std::fs::remove_file(place.state());
            })?;
            drop(lock);
            match open_lock(place) {
                Ok(lock) => wait(place, &lock),
                Err(_) => Ok(()),
            }
        }
        // Whoever had the lock is gone without a result.
        Some(State::Starting) => {
            drop(lock);
            let message = "its host process was killed while it started".to_owned();
            abandon(place, State::Failed { message });
            match read(place)? {
                Some(record) if matches!(record.state, State::Starting) => {
                    // The lock is let go shortly before a process is gone.
                    let keeper_lives = record
                        .keeper
                        .is_some_and(|keeper| !keeper.ends_within(DYING));
                    let message = if keeper_lives {
                        "its keeper could not write its state"
                    } else {
                        KEEPER_KILLED
                    };
                    Err(start_failed(declaration, place, message.to_owned()))
                }
                _ => Ok(()),
            }
        }
        Some(_) => Ok(()),
    }
}

/// Waits until the lock is free.
fn wait(place: &Place, lock: &File) -> Result<(), Error> {
    lock.lock_shared()
        .map_err(Error::storage("wait for", place.lock()))
}

/// The first state, so that a full disk is noticed here, not in the keeper.
fn begin(declaration: &Declaration, place: &Place, since: u64) -> Result<(), Error> {
    let record = Record {
        version: VERSION,
        resource: declaration.name.to_owned(),
        declared: declaration.place(),
        since,
        keeper: None,
        worker: None,
        state: State::Starting,
    };
    record::write(&place.state(), &record).map_err(Error::storage("write", place.state()))
}

/// Settles the state of a resource whose host is gone, in the keeper's place
/// if that is gone too, and ends what is left of it.
fn abandon(place: &Place, state: State) {
    let Ok(lock) = open_lock(place) else { return };
    if lock.lock().is_err() || !is_in_place(&lock, place) {
        return;
    }
    let Ok(Some(mut record)) = record::read::<Record>(&place.state()) else {
        return;
    };
    let open = matches!(record.state, State::Ready { .. } | State::Starting);
    if open && !record.is_hosted() {
        record.state = state;
        burial::end_abandoned(place);
        // When it cannot be written, the next process comes to the same end.
        let _ = record::write(&place.state(), &record);
    }
}

fn read(place: &Place) -> Result<Option<Record>, Error> {
    record::read(&place.state()).map_err(Error::storage("read", place.state()))
}

fn open_lock(place: &Place) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(place.lock())
}

/// Whether `lock` is the file that others will find under its name.
fn is_in_place(lock: &File, place: &Place) -> bool {
    match (lock.metadata(), std::fs::metadata(place.lock())) {
        (Ok(ours), Ok(found)) => (ours.dev(), ours.ino()) == (found.dev(), found.ino()),
        _ => false,
    }
}

fn now() -> u64 {
    SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

fn lost(worker: Option<Process>) -> String {
    match worker {
        Some(Process { id, .. }) => format!("its host process {id} is gone"),
        None => "its host process is gone".to_owned(),
    }
}

fn run_ended(declaration: &Declaration) -> Error {
    Error::RunEnded {
        resource: declaration.name.to_owned(),
    }
}

fn start_failed(declaration: &Declaration, place: &Place, message: String) -> Error {
    Error::Start {
        resource: declaration.name.to_owned(),
        declared: declaration.place(),
        message,
        log: LogTail::read(&place.log()),
    }
}

fn died(declaration: &Declaration, place: &Place, message: String) -> Error {
    Error::Died {
        resource: declaration.name.to_owned(),
        declared: declaration.place(),
        message,
        log: LogTail::read(&place.log()),
    }
}
