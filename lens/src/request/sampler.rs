//! The thread that looks at requests in flight.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{SyncSender, TrySendError};
use std::time::{Duration, Instant};

use super::capture::{Answer, Question};
use super::engine::Shared;
use super::in_flight::{Found, InFlight, Outcome};
use super::pace::Pace;

/// Looks in a row that a thread may leave unanswered before its slot is given up.
const PATIENCE: u32 = 500;

/// What a look counts for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Seen {
    /// On that stack, innermost frame first.
    Running(Vec<usize>),
    /// Polled, and the thread did not tell where.
    Silent,
    /// Waiting at that stack, innermost frame first.
    Awaiting(Arc<[usize]>),
    /// Waiting, and nothing took its waker.
    Unknown,
    /// Woken, waiting for a thread.
    Ready,
}

/// A request that ended, and what was seen of it.
#[derive(Debug)]
pub(super) struct Finished {
    pub(super) request: Arc<InFlight>,
    pub(super) wall: Duration,
    pub(super) outcome: Outcome,
    pub(super) seen: HashMap<Seen, u64>,
    /// Pages that could not be written since the last one, for want of time.
    pub(super) lost: u64,
    /// Requests that were not looked at since the last page, as too many were.
    pub(super) crowded_out: u64,
}

struct Tracked {
    request: Arc<InFlight>,
    seen: HashMap<Seen, u64>,
    asked: Option<(Question, u32)>,
}

/// Looks until the profiler is shut down. Finished requests go to `pages`.
pub(super) fn run(shared: &Shared, hertz: u32, slow: Duration, pages: &SyncSender<Finished>) {
    let interval = Duration::from_secs(1) / hertz;
    let mut tracked: Vec<Tracked> = Vec::new();
    let mut next = Instant::now();
    let mut pages = Pages {
        shared,
        pages,
        pace: Pace::starting(next),
        lost: 0,
        told: 0,
    };
    loop {
        let stopping = shared.arrivals(tracked.is_empty(), |request| {
            tracked.push(Tracked {
                request,
                seen: HashMap::new(),
                asked: None,
            });
        });
        tracked.retain_mut(|of| {
            let ended = of.request.finished();
            let Some((wall, outcome)) = ended
                .or_else(|| stopping.then(|| (of.request.started.elapsed(), Outcome::Unfinished)))
            else {
                return true;
            };
            of.settle();
            if wall >= slow {
                pages.hand_over(of, wall, outcome);
            }
            shared.leaves();
            false
        });
        if stopping {
            return;
        }
        // After a pause, or when it came too late: looks are not made up for.
        next = (next + interval).max(Instant::now());
        pause_until(next);
        for of in &mut tracked {
            // What ended during the pause is not looked at: there is nothing to see.
            if of.request.finished().is_none() {
                of.look();
            }
        }
    }
}

/// Where finished requests go.
struct Pages<'a> {
    shared: &'a Shared,
    pages: &'a SyncSender<Finished>,
    pace: Pace,
    /// Since the last page.
    lost: u64,
    /// Requests that were crowded out and of which a page tells.
    told: u64,
}

impl Pages<'_> {
    /// Hands a request over to the writer, or counts it.
    fn hand_over(&mut self, of: &mut Tracked, wall: Duration, outcome: Outcome) {
        let crowded_out = self.shared.crowded_out.load(Ordering::Relaxed);
        let finished = Finished {
            request: Arc::clone(&of.request),
            wall,
            outcome,
            seen: std::mem::take(&mut of.seen),
            lost: self.lost,
            crowded_out: crowded_out - self.told,
        };
        let sent = self.pace.allows(Instant::now())
            && match self.pages.try_send(finished) {
                Ok(()) => true,
                Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => false,
            };
        if sent {
            (self.lost, self.told) = (0, crowded_out);
        } else {
            self.lost += 1;
            self.shared.pageless.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Tracked {
    fn look(&mut self) {
        if let Some((question, waited)) = self.asked.take() {
            match question.read() {
                Answer::Stack(stack) => self.count(Seen::Running(stack), waited),
                // What it does now, the look below finds.
                Answer::Missed => {}
                Answer::Pending(question) if waited < PATIENCE => {
                    // A thread that is not running answers when it next does, from
                    // where it is now: that look counts then.
                    self.asked = Some((question, waited + 1));
                    return;
                }
                Answer::Pending(question) => {
                    question.withdraw();
                    self.count(Seen::Silent, waited);
                }
            }
        }
        match self.request.look() {
            Found::Ready => self.count(Seen::Ready, 1),
            Found::Waiting(Some(stack)) => self.count(Seen::Awaiting(stack), 1),
            Found::Waiting(None) => self.count(Seen::Unknown, 1),
            Found::Polled(thread) => match Question::ask(thread, self.request.id) {
                Some(question) => self.asked = Some((question, 1)),
                None => self.count(Seen::Silent, 1),
            },
        }
    }

    /// Takes the last answer, now that the request has ended.
    fn settle(&mut self) {
        if let Some((question, waited)) = self.asked.take() {
            match question.read() {
                Answer::Stack(stack) => self.count(Seen::Running(stack), waited),
                Answer::Missed => {}
                Answer::Pending(question) => question.withdraw(),
            }
        }
    }

    fn count(&mut self, seen: Seen, looks: u32) {
        *self.seen.entry(seen).or_default() += u64::from(looks);
    }
}

/// Sleeps on the monotonic clock; the timer behind it is finer than a tick.
fn pause_until(when: Instant) {
    let left = when.saturating_duration_since(Instant::now());
    if !left.is_zero() {
        std::thread::park_timeout(left);
    }
}
