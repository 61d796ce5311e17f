//! What all users of one run share, and how code running inside a transaction
//! finds it.
//!
//! Goose hands a transaction its `GooseUser` and nothing else, and the user's one
//! session slot belongs to the scenario. So the transaction is polled inside a
//! task-local [`Seat`]: the run and the user's number in it.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use goose::goose::GooseUser;
use goose::logger::GooseLog;
use goose::metrics::GooseMetric;
use tokio::sync::Notify;

use super::connection::Connection;
use super::host::Host;
use super::traced::TraceIds;
use super::{Dice, Knobs, recorder::Recorder};

tokio::task_local! {
    static SEAT: Seat;
}

/// Distinct exceptions kept; a scenario has few ways to go wrong.
const EXCEPTIONS: usize = 200;

/// The run and the user that the current transaction belongs to.
#[derive(Clone)]
pub(super) struct Seat {
    pub(super) watch: Arc<Watch>,
    pub(super) user: usize,
}

impl Seat {
    /// The seat of the running transaction; `None` outside of a run of ours.
    pub(super) fn current() -> Option<Self> {
        SEAT.try_with(Clone::clone).ok()
    }

    pub(super) async fn hold<F: Future>(self, transaction: F) -> F::Output {
        SEAT.scope(self, transaction).await
    }

    /// The trace id of the request that is about to be sent, if it is to be traced.
    pub(super) fn next_trace(&self) -> Option<u128> {
        let traces = self.watch.traces.as_ref()?;
        let number = self.state().sent.fetch_add(1, Ordering::Relaxed);
        traces.of(self.user, number)
    }

    pub(super) fn state(&self) -> &User {
        self.watch.users[self.user]
            .get()
            .expect("a seat is made after its user entered")
    }
}

/// What belongs to one user alone.
pub(super) struct User {
    /// The lean transport's connection, kept between requests.
    pub(super) connection: Mutex<Option<Connection>>,
    /// Where its requests go, until the scenario changes that.
    host: Mutex<Option<Arc<Host>>>,
    pub(super) dice: Mutex<Dice>,
    /// Told when the run is to end at once.
    pub(super) stop: Notify,
    /// When the transaction under way was due, in nanoseconds from the start of
    /// the run, until a request took that for its start; [`NOT_DUE`] otherwise.
    due: AtomicU64,
    /// Requests that may be traced, so far.
    sent: AtomicU64,
    /// Where Goose reports each request, because it is told to log them.
    pub(super) requests: (
        flume::Sender<Option<GooseLog>>,
        flume::Receiver<Option<GooseLog>>,
    ),
    /// Where Goose reports corrections; passed on to Goose afterwards.
    pub(super) metrics: (flume::Sender<GooseMetric>, flume::Receiver<GooseMetric>),
}

/// No request is due: it counts from when it is sent.
const NOT_DUE: u64 = u64::MAX;

impl User {
    /// The transaction that the user is about to run is due at `due`.
    pub(super) fn expect(&self, due: Duration) {
        let due = u64::try_from(due.as_nanos()).unwrap_or(NOT_DUE - 1);
        self.due.store(due, Ordering::Relaxed);
    }

    /// Where the requests of `user` go.
    pub(super) fn host(&self, user: &GooseUser) -> Result<Arc<Host>, String> {
        let mut host = self.host.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = host.as_ref().filter(|known| known.is_of(user)) {
            return Ok(Arc::clone(known));
        }
        let new = Arc::new(Host::of(user)?);
        // A connection that is kept leads to where requests went before.
        let mut connection = self
            .connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *connection = None;
        Ok(Arc::clone(host.insert(new)))
    }

    /// A number of `range` from the user's dice.
    pub(super) fn roll(&self, range: Range<u64>) -> u64 {
        let mut dice = self.dice.lock().unwrap_or_else(PoisonError::into_inner);
        dice.roll(range)
    }

    /// When the next request was due, if an open loop says so. Taken once, by
    /// the first request of a transaction.
    pub(super) fn take_due(&self) -> Option<Duration> {
        match self.due.swap(NOT_DUE, Ordering::Relaxed) {
            NOT_DUE => None,
            due => Some(Duration::from_nanos(due)),
        }
    }
}

/// State of a run that its users share.
pub(super) struct Watch {
    pub(super) recorder: Recorder,
    pub(super) origin: Instant,
    pub(super) timeout: Duration,
    /// None when no request is to be traced.
    traces: Option<TraceIds>,
    seed: u64,
    /// Whether a schedule, and not the number of users, says when the ramp is over.
    scheduled: bool,
    users: Box<[OnceLock<User>]>,
    entered: AtomicUsize,
    began: OnceLock<Duration>,
    stopped: AtomicBool,
    exceptions: Mutex<BTreeMap<(String, String), u64>>,
    pub(super) panics: AtomicUsize,
    /// Whether requests were timed to the headers (Goose's client) or to the
    /// end of the body (ours).
    pub(super) timed_headers: AtomicBool,
    pub(super) timed_bodies: AtomicBool,
}

impl Watch {
    pub(super) fn new(knobs: &Knobs) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            recorder: Recorder::new(4 * cores),
            origin: Instant::now(),
            timeout: knobs.timeout,
            traces: (knobs.trace > 0.0).then(|| TraceIds::new(knobs.trace)),
            seed: knobs.seed,
            scheduled: knobs.rate.is_some(),
            users: (0..knobs.users).map(|_| OnceLock::new()).collect(),
            entered: AtomicUsize::new(0),
            began: OnceLock::new(),
            stopped: AtomicBool::new(false),
            exceptions: Mutex::default(),
            panics: AtomicUsize::new(0),
            timed_headers: AtomicBool::new(false),
            timed_bodies: AtomicBool::new(false),
        }
    }

    /// Time since the start of the run.
    pub(super) fn now(&self) -> Duration {
        self.origin.elapsed()
    }

    /// When the first user started; zero before that.
    pub(super) fn began(&self) -> Duration {
        self.began.get().copied().unwrap_or_default()
    }

    /// Users that have started.
    pub(super) fn entered(&self) -> usize {
        self.entered.load(Ordering::Relaxed)
    }

    /// Takes the seat of user number `user`; `None` when the run has fewer. The
    /// second value says whether this is the user's first transaction.
    pub(super) fn enter(self: &Arc<Self>, user: usize) -> Option<(Seat, bool)> {
        let place = self.users.get(user)?;
        let first = place.get().is_none() && place.set(self.user(user)).is_ok();
        if first {
            let entered = self.entered.fetch_add(1, Ordering::Relaxed) + 1;
            if !self.scheduled {
                let _ = self.began.set(self.now());
                if entered == self.users.len() {
                    self.recorder.open_window(self.now());
                }
            }
        }
        let watch = Arc::clone(self);
        Some((Seat { watch, user }, first))
    }

    /// Starts a schedule now, whose ramp is over after `ramp`.
    pub(super) fn schedule(&self, ramp: Duration) {
        let now = self.now();
        let _ = self.began.set(now);
        self.recorder.open_window(now + ramp);
    }

    fn user(&self, number: usize) -> User {
        User {
            due: AtomicU64::new(NOT_DUE),
            sent: AtomicU64::new(0),
            connection: Mutex::default(),
            host: Mutex::default(),
            dice: Mutex::new(Dice::new(self.seed, number as u64)),
            stop: Notify::new(),
            requests: flume::unbounded(),
            metrics: flume::unbounded(),
        }
    }

    /// Ends the run at once: transactions under way are dropped, and no user
    /// starts another.
    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
        for user in self.users.iter().filter_map(OnceLock::get) {
            user.stop.notify_one();
        }
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::SeqCst)
    }

    /// Counts something that went wrong in the scenario's own code.
    pub(super) fn exception(&self, message: &str, traceback: &str) {
        let mut exceptions = self
            .exceptions
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let mut key = (message.to_owned(), traceback.to_owned());
        if exceptions.len() >= EXCEPTIONS && !exceptions.contains_key(&key) {
            key = ("(other)".to_owned(), String::new());
        }
        *exceptions.entry(key).or_default() += 1;
    }

    /// Message, traceback and count of each exception.
    pub(super) fn exceptions(&self) -> Vec<(String, String, u64)> {
        self.exceptions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .map(|((message, traceback), count)| (message.clone(), traceback.clone(), *count))
            .collect()
    }
}

/// Stops the load when the run's future is dropped, because Goose's users are
/// tasks of their own that would go on.
pub(super) struct StopOnDrop(pub(super) Arc<Watch>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.stop();
    }
}
