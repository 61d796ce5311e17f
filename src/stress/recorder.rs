//! Where every request of a run is counted.
//!
//! Users record into one of a few shards, each behind its own lock that only the
//! users of that shard and, once a second, the collector take; a record is a
//! lookup, two histogram increments and a handful of additions. A request counts
//! towards the ramp or the measured window by when it **started**, and towards
//! the second of the run in which it **ended**.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::tally::{Tally, microseconds, milliseconds};
use super::traced::Slowest;
use super::{Histogram, tally};
use crate::locust::Entry;

/// Endpoints kept apart in one shard; a scenario that forgets to name its
/// requests by more than this lumps the rest under [`OVERFLOW`].
const ENDPOINTS: usize = 2_000;
/// Error texts kept apart in one shard.
const ERRORS: usize = 1_000;
/// What the rest is called.
const OVERFLOW: &str = "(other)";

/// One finished request. Times count from the start of the run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Observation<'a> {
    pub(super) method: &'a str,
    pub(super) name: &'a str,
    pub(super) started: Duration,
    pub(super) took: Duration,
    pub(super) content_bytes: u64,
    pub(super) error: Option<&'a str>,
    /// The id it carried, if it is traced.
    pub(super) trace: Option<u128>,
}

/// All counts of one endpoint.
#[derive(Clone, Debug)]
pub(super) struct Endpoint {
    pub(super) method: String,
    pub(super) name: String,
    pub(super) ramp: Tally,
    pub(super) measured: Tally,
    pub(super) entry: Entry,
    /// The slowest traced requests of the measured window.
    pub(super) slowest: Slowest,
    /// Requests and failures by the second in which they ended.
    pub(super) seconds: Vec<(u32, u32)>,
}

/// All requests that ended in one second.
#[derive(Clone, Debug)]
pub(super) struct Second {
    pub(super) requests: u64,
    pub(super) failures: u64,
    pub(super) histogram: Histogram,
}

impl Default for Second {
    fn default() -> Self {
        Self {
            requests: 0,
            failures: 0,
            histogram: Histogram::with_digits(2),
        }
    }
}

impl Second {
    pub(super) fn merge(&mut self, other: &Self) {
        self.requests += other.requests;
        self.failures += other.failures;
        self.histogram.merge(&other.histogram);
    }
}

/// How often an error text of an endpoint was seen, and when, from the start.
#[derive(Clone, Debug)]
pub(super) struct Failures {
    pub(super) occurrences: u64,
    pub(super) first: Duration,
    pub(super) last: Duration,
}

/// Method, name and error text.
pub(super) type FailureKey = (String, String, String);

#[derive(Default)]
struct Shard {
    key: String,
    index: HashMap<String, usize>,
    endpoints: Vec<Endpoint>,
    seconds: BTreeMap<u64, Second>,
    failures: HashMap<FailureKey, Failures>,
    last: Duration,
    window_last: Duration,
}

/// Counts of a run, shared by all its users.
pub(super) struct Recorder {
    shards: Vec<Mutex<Shard>>,
    /// Nanoseconds from the start of the run; `u64::MAX` until it opens.
    window_opens: AtomicU64,
}

impl Recorder {
    pub(super) fn new(shards: usize) -> Self {
        Self {
            shards: (0..shards.max(1)).map(|_| Mutex::default()).collect(),
            window_opens: AtomicU64::new(u64::MAX),
        }
    }

    /// All users run: requests that start from now on are measured.
    pub(super) fn open_window(&self, at: Duration) {
        let at = u64::try_from(at.as_nanos()).unwrap_or(u64::MAX - 1);
        self.window_opens.fetch_min(at, Ordering::Relaxed);
    }

    /// When the measured window opened; `None` while users are still starting.
    pub(super) fn window_opened(&self) -> Option<Duration> {
        match self.window_opens.load(Ordering::Relaxed) {
            u64::MAX => None,
            at => Some(Duration::from_nanos(at)),
        }
    }

    pub(super) fn record(&self, user: usize, seen: Observation<'_>) {
        let measured = self
            .window_opened()
            .is_some_and(|opened| seen.started >= opened);
        let mut shard = locked(&self.shards[user % self.shards.len()]);
        shard.record(seen, measured);
    }

    /// Takes out the seconds before `end`, which users no longer add to, but
    /// for requests that are recorded late.
    pub(super) fn take_seconds(&self, end: u64) -> BTreeMap<u64, Second> {
        let mut all: BTreeMap<u64, Second> = BTreeMap::new();
        for shard in &self.shards {
            let mut shard = locked(shard);
            let later = shard.seconds.split_off(&end);
            for (second, counts) in std::mem::replace(&mut shard.seconds, later) {
                all.entry(second).or_default().merge(&counts);
            }
        }
        all
    }

    /// Every endpoint so far, ordered by name and method.
    pub(super) fn endpoints(&self) -> Vec<Endpoint> {
        let mut merged: BTreeMap<(String, String), Endpoint> = BTreeMap::new();
        for shard in &self.shards {
            for endpoint in &locked(shard).endpoints {
                merged
                    .entry((endpoint.name.clone(), endpoint.method.clone()))
                    .and_modify(|all| all.merge(endpoint))
                    .or_insert_with(|| endpoint.clone());
            }
        }
        merged.into_values().collect()
    }

    /// Every error text so far.
    pub(super) fn failures(&self) -> BTreeMap<FailureKey, Failures> {
        let mut merged: BTreeMap<FailureKey, Failures> = BTreeMap::new();
        for shard in &self.shards {
            for (key, seen) in &locked(shard).failures {
                merged
                    .entry(key.clone())
                    .and_modify(|all| all.merge(seen))
                    .or_insert_with(|| seen.clone());
            }
        }
        merged
    }

    /// When the last request ended, of all and of the measured window.
    pub(super) fn last_ends(&self) -> (Duration, Duration) {
        self.shards
            .iter()
            .map(|shard| {
                let shard = locked(shard);
                (shard.last, shard.window_last)
            })
            .fold(Default::default(), |ends, shard| {
                (ends.0.max(shard.0), ends.1.max(shard.1))
            })
    }
}

impl Shard {
    fn record(&mut self, seen: Observation<'_>, measured: bool) {
        let failed = seen.error.is_some();
        let ended = seen.started + seen.took;
        self.last = self.last.max(ended);
        if measured {
            self.window_last = self.window_last.max(ended);
        }
        let at = self.endpoint(seen.method, seen.name);
        self.endpoints[at].record(seen, measured, ended);
        let second = self.seconds.entry(ended.as_secs()).or_default();
        second.requests += 1;
        second.failures += u64::from(failed);
        second.histogram.record(microseconds(seen.took));
        if let Some(error) = seen.error {
            self.fail(seen, error, ended);
        }
    }

    fn endpoint(&mut self, method: &str, name: &str) -> usize {
        self.key.clear();
        self.key.push_str(method);
        self.key.push(' ');
        self.key.push_str(name);
        if let Some(at) = self.index.get(self.key.as_str()) {
            return *at;
        }
        if self.endpoints.len() >= ENDPOINTS && name != OVERFLOW {
            return self.endpoint(method, OVERFLOW);
        }
        self.endpoints.push(Endpoint::new(method, name));
        let at = self.endpoints.len() - 1;
        self.index.insert(self.key.clone(), at);
        at
    }

    fn fail(&mut self, seen: Observation<'_>, error: &str, ended: Duration) {
        let key = (
            seen.method.to_owned(),
            seen.name.to_owned(),
            error.to_owned(),
        );
        let full = self.failures.len() >= ERRORS && !self.failures.contains_key(&key);
        let key = if full {
            (key.0, OVERFLOW.to_owned(), OVERFLOW.to_owned())
        } else {
            key
        };
        let once = Failures {
            occurrences: 1,
            first: ended,
            last: ended,
        };
        self.failures
            .entry(key)
            .and_modify(|all| all.merge(&once))
            .or_insert(once);
    }
}

impl Endpoint {
    fn new(method: &str, name: &str) -> Self {
        Self {
            method: method.to_owned(),
            name: name.to_owned(),
            ramp: tally::Tally::default(),
            measured: tally::Tally::default(),
            entry: Entry::new(method, name),
            slowest: Slowest::default(),
            seconds: Vec::new(),
        }
    }

    fn record(&mut self, seen: Observation<'_>, measured: bool, ended: Duration) {
        let failed = seen.error.is_some();
        let tally = if measured {
            &mut self.measured
        } else {
            &mut self.ramp
        };
        tally.record(seen.took, seen.content_bytes, failed);
        self.entry
            .record(milliseconds(seen.took), seen.content_bytes, failed);
        if let Some(trace) = seen.trace.filter(|_| measured) {
            self.slowest.record(seen.took, seen.started, trace);
        }
        let second = usize::try_from(ended.as_secs()).unwrap_or(usize::MAX);
        // A request that "ends" days ahead is a broken clock, not a table to grow.
        if second < 1_000_000 {
            if second >= self.seconds.len() {
                self.seconds.resize(second + 1, (0, 0));
            }
            self.seconds[second].0 += 1;
            self.seconds[second].1 += u32::from(failed);
        }
    }

    fn merge(&mut self, other: &Self) {
        self.ramp.merge(&other.ramp);
        self.measured.merge(&other.measured);
        self.entry.merge(&other.entry);
        self.slowest.merge(&other.slowest);
        if other.seconds.len() > self.seconds.len() {
            self.seconds.resize(other.seconds.len(), (0, 0));
        }
        for (mine, theirs) in self.seconds.iter_mut().zip(&other.seconds) {
            mine.0 += theirs.0;
            mine.1 += theirs.1;
        }
    }
}

impl Failures {
    fn merge(&mut self, other: &Self) {
        self.occurrences += other.occurrences;
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
    }
}

/// Counts stay usable when a user panicked while holding the lock: each field
/// is updated on its own.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
impl Endpoint {
    /// An endpoint of which only Locust's counts matter.
    pub(super) fn of_entry(entry: Entry) -> Self {
        let mut endpoint = Self::new(&entry.method, &entry.name);
        endpoint.entry = entry;
        endpoint
    }
}
