//! A request in flight, as the thread that polls it and the one that looks at it
//! share it.

use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use super::{capture, mark};

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// With an answer.
    Status(u16),
    /// With an error of the service.
    Error,
    /// Its future was dropped: the client left, or a time limit cut it off.
    Dropped,
    /// The profiler was shut down first.
    Unfinished,
}

#[derive(Debug)]
pub(super) struct InFlight {
    pub(super) id: u64,
    pub(super) method: String,
    pub(super) path: String,
    pub(super) started: Instant,
    pub(super) at: SystemTime,
    /// The thread that polls it; 0 when none does.
    polling: AtomicI32,
    polls: AtomicU32,
    /// Whether it was woken since it was last polled.
    woken: AtomicBool,
    /// The stack that took the waker first in the last poll.
    awaits: Mutex<Option<Arc<[usize]>>>,
    finished: OnceLock<(Duration, Outcome)>,
}

/// What a look at a request finds.
#[derive(Clone, Debug)]
pub(super) enum Found {
    /// Polled by that thread.
    Polled(i32),
    /// Waiting, at that stack if a waker was taken.
    Waiting(Option<Arc<[usize]>>),
    /// Woken, and not polled yet.
    Ready,
}

impl InFlight {
    pub(super) fn new(id: u64, method: String, path: String) -> Self {
        Self {
            id,
            method,
            path,
            started: Instant::now(),
            at: SystemTime::now(),
            polling: AtomicI32::new(0),
            polls: AtomicU32::new(0),
            woken: AtomicBool::new(false),
            awaits: Mutex::new(None),
            finished: OnceLock::new(),
        }
    }

    /// Runs `poll`, work for this request, on this thread.
    pub(super) fn polled<T>(&self, poll: impl FnOnce() -> T) -> T {
        self.polls.fetch_add(1, Ordering::Relaxed);
        self.woken.store(false, Ordering::Release);
        *self.awaits.lock().unwrap_or_else(PoisonError::into_inner) = None;
        let _leave = Leave(&self.polling);
        mark::marked(self.id, || {
            self.polling
                .store(capture::this_thread(), Ordering::Release);
            poll()
        })
    }

    /// Notes that something took the waker, if that is the first in this poll.
    /// `from` is an address on the stack of the function that was called for it.
    pub(super) fn waker_taken(&self, from: usize) {
        let Some(end) = mark::end_of(self.id) else {
            return; // elsewhere, later: that is not where it waits
        };
        let known = || {
            let awaits = self.awaits.lock().unwrap_or_else(PoisonError::into_inner);
            awaits.is_some()
        };
        if !known() {
            let stack: Arc<[usize]> = capture::own_stack(from, end).into();
            let mut awaits = self.awaits.lock().unwrap_or_else(PoisonError::into_inner);
            awaits.get_or_insert(stack);
        }
    }

    pub(super) fn woken(&self) {
        self.woken.store(true, Ordering::Release);
    }

    /// Notes the end. Only the first counts.
    pub(super) fn finish(&self, outcome: Outcome) {
        let _ = self.finished.set((self.started.elapsed(), outcome));
    }

    pub(super) fn finished(&self) -> Option<(Duration, Outcome)> {
        self.finished.get().copied()
    }

    pub(super) fn polls(&self) -> u32 {
        self.polls.load(Ordering::Relaxed)
    }

    pub(super) fn look(&self) -> Found {
        match self.polling.load(Ordering::Acquire) {
            0 if self.woken.load(Ordering::Acquire) => Found::Ready,
            0 => {
                let awaits = self.awaits.lock().unwrap_or_else(PoisonError::into_inner);
                Found::Waiting(awaits.clone())
            }
            thread => Found::Polled(thread),
        }
    }
}

struct Leave<'a>(&'a AtomicI32);

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        self.0.store(0, Ordering::Release);
    }
}

/// A request's place in its future: dropping it without an answer tells that.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) request: Arc<InFlight>,
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.request.finish(Outcome::Dropped);
    }
}
