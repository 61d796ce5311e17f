//! A waker that notices when a future takes it, which is where it will wait.
//!
//! A future that has a waker already keeps it while `will_wake` says it is the
//! same. Each poll has an allocation of its own behind its waker, so it never
//! is, and every future that waits takes it again in every poll.

use std::sync::Arc;
use std::task::{RawWaker, RawWakerVTable, Waker};

use super::in_flight::InFlight;

struct Listening {
    inner: Waker,
    request: Arc<InFlight>,
}

/// Wakes what `inner` wakes, and tells `request`.
pub(super) fn listening(inner: Waker, request: &Arc<InFlight>) -> Waker {
    let request = Arc::clone(request);
    let data = Arc::into_raw(Arc::new(Listening { inner, request }));
    // SAFETY: `data` is an `Arc<Listening>` turned into a pointer, which is what
    // the functions of the table expect and keep count of; `Listening` is Send
    // and Sync.
    unsafe { Waker::from_raw(RawWaker::new(data.cast(), &TABLE)) }
}

static TABLE: RawWakerVTable = RawWakerVTable::new(clone, wake, wake_by_ref, release);

/// In a frame of its own, so that who called it is known by the stack pointer.
#[inline(never)]
unsafe fn clone(data: *const ()) -> RawWaker {
    let listening = data.cast::<Listening>();
    let here = std::hint::black_box(0_u8);
    let from = &raw const here as usize;
    // SAFETY: the waker that is cloned holds a count, so the value lives; the
    // count added here belongs to the clone.
    unsafe {
        (*listening).request.waker_taken(from);
        Arc::increment_strong_count(listening);
    }
    RawWaker::new(data, &TABLE)
}

unsafe fn wake(data: *const ()) {
    // SAFETY: the waker is consumed, and its count with it.
    let listening = unsafe { Arc::from_raw(data.cast::<Listening>()) };
    listening.request.woken();
    listening.inner.wake_by_ref();
}

unsafe fn wake_by_ref(data: *const ()) {
    // SAFETY: the waker lives, so the value does.
    let listening = unsafe { &*data.cast::<Listening>() };
    listening.request.woken();
    listening.inner.wake_by_ref();
}

unsafe fn release(data: *const ()) {
    // SAFETY: the waker is dropped, and its count with it.
    drop(unsafe { Arc::from_raw(data.cast::<Listening>()) });
}

#[cfg(test)]
mod tests {
    use super::super::in_flight::Found;
    use super::*;

    #[test]
    fn a_waker_of_each_poll_is_another_and_wakes_the_same() {
        let request = Arc::new(InFlight::new(1, "GET".to_owned(), "/".to_owned()));
        let noop = Waker::noop();
        let (one, two) = (
            listening(noop.clone(), &request),
            listening(noop.clone(), &request),
        );
        assert!(!one.will_wake(&two) && one.will_wake(&one.clone()));
        assert!(
            matches!(request.look(), Found::Waiting(None)),
            "taken outside of a poll"
        );
        request.polled(|| drop(one.clone()));
        assert!(matches!(request.look(), Found::Waiting(Some(_))));
        two.wake();
        assert!(matches!(request.look(), Found::Ready));
        drop(one);
        assert_eq!(Arc::strong_count(&request), 1, "nothing leaks");
    }
}
