//! Ctrl-C while something is measured: it ends the measurement, not the program
//! that shows it; and what was started ends with that program.

use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

#[cfg(any(feature = "profile", feature = "cli"))]
pub use catching::Interrupt;

static ASKED: AtomicBool = AtomicBool::new(false);

/// Whether one came, while somebody catches them.
pub(crate) fn asked() -> bool {
    ASKED.load(Ordering::Acquire)
}

/// Has `command`, when it runs, get SIGTERM where this process ends without having
/// waited for it. Starting it takes longer then, so not for a program that is timed.
pub(crate) fn end_with_this_process(command: &mut Command) {
    let parent = std::process::id().cast_signed();
    let die_with_parent = move || {
        // SAFETY: both calls are async-signal-safe and take plain numbers.
        unsafe {
            libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGTERM);
            // It may have ended before.
            if libc::getppid() != parent {
                libc::_exit(127);
            }
        }
        Ok(())
    };
    // SAFETY: the closure does only what may be done between fork and exec.
    unsafe { command.pre_exec(die_with_parent) };
}

#[cfg(any(feature = "profile", feature = "cli"))]
mod catching {
    use super::{ASKED, Ordering, asked};

    /// While it lives, the first SIGINT or SIGTERM only sets a flag; the second does what
    /// it would without.
    #[derive(Debug)]
    #[must_use = "dropped at once, Ctrl-C ends the program as before"]
    pub struct Interrupt {
        previous: [libc::sighandler_t; 2],
        asked_before: bool,
    }

    const SIGNALS: [libc::c_int; 2] = [libc::SIGINT, libc::SIGTERM];

    extern "C" fn note(signal: libc::c_int) {
        if ASKED.swap(true, Ordering::AcqRel) {
            // SAFETY: both calls are async-signal-safe; the signal is pending until this
            // handler returns, and then ends the process.
            unsafe {
                libc::signal(signal, libc::SIG_DFL);
                libc::raise(signal);
            }
        }
    }

    impl Interrupt {
        /// Catches both signals from now on.
        pub fn catch() -> Self {
            let asked_before = ASKED.swap(false, Ordering::AcqRel);
            let previous = SIGNALS.map(|signal| {
                // SAFETY: the handler does what a handler may.
                unsafe {
                    libc::signal(
                        signal,
                        note as extern "C" fn(libc::c_int) as libc::sighandler_t,
                    )
                }
            });
            Self {
                previous,
                asked_before,
            }
        }

        /// Whether one came.
        #[must_use]
        pub fn asked(&self) -> bool {
            asked()
        }
    }

    impl Drop for Interrupt {
        fn drop(&mut self) {
            for (signal, previous) in SIGNALS.into_iter().zip(self.previous) {
                // SAFETY: restores what was there before.
                unsafe { libc::signal(signal, previous) };
            }
            ASKED.store(self.asked_before, Ordering::Release);
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
            // Who looks meanwhile at something else has not been asked.
            let inner = Interrupt::catch();
            assert!(!inner.asked());
            drop(inner);
            assert!(interrupt.asked());
            drop(interrupt);
            assert!(!asked());
        }
    }
}
