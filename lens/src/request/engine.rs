//! The profiler's threads, started by the first profiled request.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::{Builder, JoinHandle};

use http::Request;

use super::in_flight::{Entry, InFlight};
use super::pace::PAGES_A_SECOND;
use super::settings::Settings;
use super::store::Store;
use super::{capture, sampler};

/// Finished requests that may wait for their page.
const BACKLOG: usize = 64;
/// Requests that are looked at at once: each costs the sampler a look a turn, so
/// that thousands would take a core.
pub(super) const MOST_AT_ONCE: usize = 64;

/// What the sampler shares with the service.
#[derive(Debug, Default)]
pub(super) struct Shared {
    queue: Mutex<Queue>,
    arrived: Condvar,
    /// Tells the writer to leave the rest.
    stopping: AtomicBool,
    /// Requests that are looked at, or about to be.
    watched: AtomicUsize,
    /// Requests that came while as many as there may be were.
    pub(super) crowded_out: AtomicU64,
    /// Requests that have no page, because there were too many.
    pub(super) pageless: AtomicU64,
}

#[derive(Debug, Default)]
struct Queue {
    arrivals: VecDeque<Arc<InFlight>>,
    stopping: bool,
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands over what arrived; waits for it if there is nothing else to do.
    /// Whether the profiler is being shut down.
    pub(super) fn arrivals(&self, idle: bool, mut take: impl FnMut(Arc<InFlight>)) -> bool {
        let mut queue = self.queue();
        while idle && queue.arrivals.is_empty() && !queue.stopping {
            queue = self
                .arrived
                .wait(queue)
                .unwrap_or_else(PoisonError::into_inner);
        }
        queue.arrivals.drain(..).for_each(&mut take);
        queue.stopping
    }

    /// Whether one more may be looked at; one that may not is counted.
    fn admits(&self) -> bool {
        let one_more = |watched: usize| (watched < MOST_AT_ONCE).then_some(watched + 1);
        let admitted = self
            .watched
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more)
            .is_ok();
        if !admitted {
            self.crowded_out.fetch_add(1, Ordering::Relaxed);
        }
        admitted
    }

    /// One less is looked at.
    pub(super) fn leaves(&self) {
        self.watched.fetch_sub(1, Ordering::Relaxed);
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }
}

#[derive(Debug)]
pub(super) struct Engine {
    settings: Settings,
    shared: Arc<Shared>,
    counter: AtomicU64,
    threads: Mutex<Threads>,
}

#[derive(Debug)]
enum Threads {
    NotStarted,
    Running([JoinHandle<()>; 2]),
    /// They could not be started, or were shut down.
    Gone,
}

impl Engine {
    pub(super) fn new(settings: Settings) -> Self {
        Self {
            settings,
            shared: Arc::new(Shared::default()),
            counter: AtomicU64::new(0),
            threads: Mutex::new(Threads::NotStarted),
        }
    }

    /// Begins to look at `request`, if it is one of those to profile.
    pub(super) fn enter<B>(&self, request: &Request<B>) -> Option<Entry> {
        let number = self.counter.fetch_add(1, Ordering::Relaxed);
        let wanted = chosen(number, self.settings.rate) && self.is_running();
        if !wanted || !self.shared.admits() {
            return None;
        }
        // The query may hold secrets.
        let (method, path) = (
            request.method().to_string(),
            request.uri().path().to_owned(),
        );
        let request = Arc::new(InFlight::new(unique(), method, path));
        let mut queue = self.shared.queue();
        if queue.stopping {
            self.shared.leaves();
            return None;
        }
        queue.arrivals.push_back(Arc::clone(&request));
        drop(queue);
        self.shared.arrived.notify_one();
        Some(Entry { request })
    }

    fn is_running(&self) -> bool {
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*threads, Threads::NotStarted) {
            *threads = self.start();
        }
        matches!(*threads, Threads::Running(_))
    }

    fn start(&self) -> Threads {
        let warn = &self.settings.warn;
        if !capture::prepare() {
            warn("request profiles show waits alone: no signal is free to ask threads with");
        }
        let (pages, finished) = mpsc::sync_channel(BACKLOG);
        let (shared, settings) = (Arc::clone(&self.shared), self.settings.clone());
        let sampler = Builder::new()
            .name("lens-sampler".to_owned())
            .spawn(move || {
                sampler::run(&shared, settings.hertz, settings.slow, &pages);
            });
        let (shared, settings) = (Arc::clone(&self.shared), self.settings.clone());
        let writer = Builder::new()
            .name("lens-writer".to_owned())
            .spawn(move || Store::new(settings).write_all(&finished, &shared));
        match (sampler, writer) {
            (Ok(sampler), Ok(writer)) => Threads::Running([sampler, writer]),
            (Err(error), _) | (_, Err(error)) => {
                warn(&format!(
                    "no request is profiled: a thread cannot be started: {error}"
                ));
                self.shared.queue().stopping = true;
                self.shared.arrived.notify_all();
                Threads::Gone
            }
        }
    }

    fn tell_what_is_missing(&self) {
        let warn = &self.settings.warn;
        let crowded_out = self.shared.crowded_out.load(Ordering::Relaxed);
        if crowded_out > 0 {
            warn(&format!(
                "{crowded_out} requests were not profiled: {MOST_AT_ONCE} others were at that time; \
                 a lower rate spreads them"
            ));
        }
        let pageless = self.shared.pageless.load(Ordering::Relaxed);
        if pageless > 0 {
            warn(&format!(
                "{pageless} profiled requests have no page: at most {PAGES_A_SECOND} a second are \
                 written; a lower rate, or slow requests alone, leaves none out"
            ));
        }
    }

    pub(super) fn shutdown(&self) {
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        let threads = std::mem::replace(&mut *threads, Threads::Gone);
        self.shared.queue().stopping = true;
        self.shared.stopping.store(true, Ordering::Release);
        self.shared.arrived.notify_all();
        if let Threads::Running(threads) = threads {
            for thread in threads {
                // One that panicked has ended, too.
                drop(thread.join());
            }
            self.tell_what_is_missing();
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.shutdown();
    }
}

/// A number that no other request of this process has, of any profiler.
fn unique() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Whether request `number` is one of the `rate`: splitmix64, which has no
/// pattern that requests could be in step with.
#[expect(clippy::cast_precision_loss, reason = "a probability")]
fn chosen(number: u64, rate: f64) -> bool {
    let mut mixed = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^= mixed >> 31;
    ((mixed >> 11) as f64) < rate * (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::chosen;

    #[test]
    fn the_rate_is_the_share_of_requests() {
        let of = |rate| (0..10_000).filter(|number| chosen(*number, rate)).count();
        assert_eq!((of(0.0), of(1.0)), (0, 10_000));
        assert!((900..1_100).contains(&of(0.1)), "{}", of(0.1));
        assert!((60..140).contains(&of(0.01)), "{}", of(0.01));
    }
}
