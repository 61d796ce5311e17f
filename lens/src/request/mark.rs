//! What the current thread polls, for its own signal handler and wakers.

use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

/// On the stack of whoever polls a request. Frames above it are not the
/// request's.
#[derive(Debug)]
pub(super) struct Mark {
    request: u64,
    /// The request that was polled when this one began, if any.
    outer: *const Mark,
}

thread_local! {
    // Neither lazy nor dropped, so that a signal handler may read it.
    static CURRENT: AtomicPtr<Mark> = const { AtomicPtr::new(ptr::null_mut()) };
}

/// Runs `poll` marked as work for `request`. In a frame of its own: the mark's
/// address is the border between the request's frames and its caller's.
#[inline(never)]
pub(super) fn marked<T>(request: u64, poll: impl FnOnce() -> T) -> T {
    let outer = CURRENT.with(|current| current.load(Ordering::Relaxed));
    let mut mark = Mark { request, outer };
    CURRENT.with(|current| current.store(&raw mut mark, Ordering::Release));
    // Also when `poll` panics.
    let _unmark = Unmark(outer);
    poll()
}

struct Unmark(*mut Mark);

impl Drop for Unmark {
    fn drop(&mut self) {
        CURRENT.with(|current| current.store(self.0, Ordering::Release));
    }
}

/// Where the stack of `request` ends on this thread, as an address; none when
/// this thread does not poll it. Async-signal-safe.
pub(super) fn end_of(request: u64) -> Option<usize> {
    let mut at: *const Mark = CURRENT.with(|current| current.load(Ordering::Acquire));
    while !at.is_null() {
        // SAFETY: marks live on this thread's stack, in `marked`, until the
        // pointer to them is taken back; a signal handler runs on top of them.
        let mark = unsafe { &*at };
        if mark.request == request {
            return Some(at as usize);
        }
        at = mark.outer;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_nest_and_are_taken_back_even_by_a_panic() {
        assert_eq!(end_of(1), None);
        marked(1, || {
            let outer = end_of(1).unwrap();
            marked(2, || {
                assert_eq!(end_of(1), Some(outer));
                assert!(end_of(2).unwrap() < outer, "the stack grows down");
            });
            assert_eq!(end_of(2), None);
        });
        let panicked = std::panic::catch_unwind(|| marked(3, || panic!("as planned")));
        assert!(panicked.is_err() && end_of(3).is_none());
    }
}
