//! Ctrl-C while something is measured: it ends the measurement, not the program
//! that shows it.

use std::sync::atomic::{AtomicBool, Ordering};

static ASKED: AtomicBool = AtomicBool::new(false);

/// While it lives, SIGINT and SIGTERM only set a flag.
#[derive(Debug)]
#[must_use = "dropped at once, Ctrl-C ends the program as before"]
pub struct Interrupt {
    previous: [libc::sighandler_t; 2],
}

const SIGNALS: [libc::c_int; 2] = [libc::SIGINT, libc::SIGTERM];

extern "C" fn note(_signal: libc::c_int) {
    ASKED.store(true, Ordering::Release);
}

impl Interrupt {
    /// Catches both signals from now on.
    pub fn catch() -> Self {
        ASKED.store(false, Ordering::Release);
        let previous = SIGNALS.map(|signal| {
            // SAFETY: the handler stores to an atomic, which a handler may.
            unsafe {
                libc::signal(
                    signal,
                    note as extern "C" fn(libc::c_int) as libc::sighandler_t,
                )
            }
        });
        Self { previous }
    }

    /// Whether one came.
    #[must_use]
    pub fn asked(&self) -> bool {
        ASKED.load(Ordering::Acquire)
    }
}

impl Drop for Interrupt {
    fn drop(&mut self) {
        for (signal, previous) in SIGNALS.into_iter().zip(self.previous) {
            // SAFETY: restores what was there before.
            unsafe { libc::signal(signal, previous) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_is_noted_and_ends_nothing() {
        let interrupt = Interrupt::catch();
        assert!(!interrupt.asked());
        // SAFETY: the handler above is in place.
        unsafe { libc::raise(libc::SIGINT) };
        assert!(interrupt.asked());
    }
}
