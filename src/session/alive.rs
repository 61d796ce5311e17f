//! The session-wide resources there are on this machine, for
//! `cargo shakedown sessions`.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use super::Error;
#[cfg(target_os = "linux")]
use super::{
    anchor::Kind,
    burial, lease,
    place::{self, Place, Root},
    record::{self, Record, RunRecord, State, namespace},
    sweep,
};

/// How long a resource may take to go when told to.
#[cfg(target_os = "linux")]
const STOPPING: Duration = Duration::from_secs(10);

/// A session-wide resource of some run of this user.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Alive {
    /// Its name.
    pub resource: String,
    /// Source file and line.
    pub declared: String,
    /// How far it has come.
    pub stage: Stage,
    /// What it belongs to: `nextest`, `cargo test` or `test binary`.
    pub runner: &'static str,
    /// The process id of the runner.
    pub runner_id: i32,
    /// The process id of its host, while it has one.
    pub host_id: Option<i32>,
    /// When its start began.
    pub since: SystemTime,
    /// How many processes use it now.
    pub attached: usize,
    /// Its handle as JSON, once it is ready.
    pub handle: Option<String>,
    /// Its log.
    pub log: PathBuf,
    #[cfg(target_os = "linux")]
    place: Place,
    #[cfg(target_os = "linux")]
    record: Record,
}

/// How far a session-wide resource has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stage {
    /// Its start function is running.
    Starting,
    /// Tests can use it.
    Ready,
    /// Its start failed; the failure is kept for the rest of the run.
    Failed,
    /// It died; that is kept for the rest of the run.
    Died,
    /// All of its processes are gone, its files are not. The next start of any
    /// resource, or [`Alive::stop`], removes them.
    Abandoned,
}

impl Stage {
    /// One lower-case word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Ready => "ready",
            Self::Failed => "failed",
            Self::Died => "died",
            Self::Abandoned => "abandoned",
        }
    }
}

/// The resources of all runs of this user, oldest first. None on systems other
/// than Linux, where they are not shared.
///
/// # Errors
///
/// When the directory of resources is not this user's own.
#[cfg(not(target_os = "linux"))]
pub fn alive() -> Result<Vec<Alive>, Error> {
    Ok(Vec::new())
}

/// The resources of all runs of this user, oldest first. None on systems other
/// than Linux, where they are not shared.
///
/// # Errors
///
/// When the directory of resources is not this user's own.
#[cfg(target_os = "linux")]
pub fn alive() -> Result<Vec<Alive>, Error> {
    let root = Root::of_this_user();
    root.check()?;
    let mut found: Vec<Alive> = root
        .runs()
        .iter()
        .flat_map(|run| {
            let record = place::read_run(run).ok().flatten();
            place::resources(run)
                .into_iter()
                .filter_map(move |place| Alive::at(place, record.as_ref()))
        })
        .collect();
    found.sort_by_key(|alive| alive.since);
    Ok(found)
}

impl Alive {
    /// Takes it down and waits until it is gone. A test that asks for it
    /// afterwards starts it anew.
    ///
    /// # Errors
    ///
    /// When it is still there after ten seconds.
    pub fn stop(&self) -> Result<(), Error> {
        #[cfg(target_os = "linux")]
        {
            self.end_hosts()?;
            if self.place.dir().exists() {
                burial::end_abandoned(&self.place);
                self.place.remove();
            }
            sweep::sweep(&Root::of_this_user());
        }
        Ok(())
    }
}

#[cfg(target_os = "linux")]
impl Alive {
    /// None when it has just gone, or its numbers belong to another process
    /// namespace.
    fn at(place: Place, run: Option<&RunRecord>) -> Option<Self> {
        let run = run.filter(|run| run.namespace == namespace())?;
        let record: Record = record::read(&place.state()).ok().flatten()?;
        let (stage, handle) = match &record.state {
            _ if !record.is_hosted() => (Stage::Abandoned, None),
            State::Starting => (Stage::Starting, None),
            State::Ready { handle } => (Stage::Ready, Some(handle.to_string())),
            State::Failed { .. } => (Stage::Failed, None),
            State::Died { .. } => (Stage::Died, None),
        };
        Some(Self {
            resource: record.resource.clone(),
            declared: record.declared.clone(),
            stage,
            runner: match run.anchor.kind {
                Kind::Nextest => "nextest",
                Kind::CargoTest => "cargo test",
                Kind::TestBinary => "test binary",
            },
            runner_id: run.anchor.process.id,
            host_id: record
                .worker
                .filter(|worker| worker.is_alive())
                .map(|worker| worker.id),
            since: SystemTime::UNIX_EPOCH + Duration::from_secs(record.since),
            attached: lease::alive(&place.leases()).len(),
            handle,
            log: place.log(),
            place,
            record,
        })
    }

    fn end_hosts(&self) -> Result<(), Error> {
        let (host, signal) = match (self.record.keeper, self.record.worker) {
            (Some(keeper), _) if keeper.is_alive() => (keeper, libc::SIGTERM),
            // Without its keeper it cannot be told in words.
            (_, Some(worker)) if worker.is_alive() => (worker, libc::SIGKILL),
            _ => return Ok(()),
        };
        host.signal(signal);
        if host.ends_within(STOPPING) {
            Ok(())
        } else {
            Err(Error::Stop {
                resource: self.resource.clone(),
                host: host.id,
                limit: STOPPING,
            })
        }
    }
}
