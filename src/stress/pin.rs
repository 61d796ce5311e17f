//! The generator on cores of its own for the time of a run.

use std::fs;
use std::io;

use super::StressError;
use crate::process::{Cores, CoresError};

/// How often threads are looked for that started while others were pinned. What
/// a pinned thread starts is pinned, so that a round or two are enough.
const ROUNDS: usize = 100;

/// Threads of this process that were pinned; let go when dropped.
#[must_use = "the threads are let go when this is dropped"]
pub(super) struct Pinned<S: Scheduler = ThisProcess> {
    scheduler: S,
    /// Each thread, and where it ran before.
    threads: Vec<(u32, Cores)>,
    before: Cores,
}

/// Threads, and where they run.
pub(super) trait Scheduler {
    fn threads(&self) -> Result<Vec<u32>, CoresError>;
    fn cores_of(&self, thread: u32) -> Result<Cores, CoresError>;
    fn pin(&self, thread: u32, cores: &Cores) -> Result<(), CoresError>;
}

/// The threads of this process.
pub(super) struct ThisProcess;

impl Scheduler for ThisProcess {
    fn threads(&self) -> Result<Vec<u32>, CoresError> {
        let entries = fs::read_dir("/proc/self/task").map_err(CoresError::Refused)?;
        let names = entries.flatten().map(|entry| entry.file_name());
        Ok(names
            .filter_map(|name| name.to_str()?.parse().ok())
            .collect())
    }

    fn cores_of(&self, thread: u32) -> Result<Cores, CoresError> {
        Cores::of(thread)
    }

    fn pin(&self, thread: u32, cores: &Cores) -> Result<(), CoresError> {
        cores.pin(thread)
    }
}

impl Pinned {
    /// Pins every thread of the process, and with them what they start.
    ///
    /// # Errors
    /// The cores cannot be had, or a thread that goes on cannot be pinned.
    pub(super) fn to(cores: &Cores) -> Result<Self, StressError> {
        cores.check().map_err(StressError::Cores)?;
        let before = Cores::available().map_err(StressError::Cores)?;
        Self::with(ThisProcess, before, cores).map_err(StressError::Cores)
    }
}

impl<S: Scheduler> Pinned<S> {
    fn with(scheduler: S, before: Cores, cores: &Cores) -> Result<Self, CoresError> {
        let mut pinned = Self {
            scheduler,
            threads: Vec::new(),
            before,
        };
        for _ in 0..ROUNDS {
            if !pinned.round(cores)? {
                return Ok(pinned);
            }
        }
        Err(CoresError::Refused(io::Error::other(
            "threads of this process are moved to other cores again and again",
        )))
    }

    /// Pins the threads that run elsewhere; says whether there were any.
    fn round(&mut self, cores: &Cores) -> Result<bool, CoresError> {
        let mut any = false;
        for thread in self.scheduler.threads()? {
            let Some(before) = unless_gone(self.scheduler.cores_of(thread))? else {
                continue;
            };
            if before != *cores && unless_gone(self.scheduler.pin(thread, cores))?.is_some() {
                any = true;
                if self.threads.iter().all(|(known, _)| *known != thread) {
                    self.threads.push((thread, before));
                }
            }
        }
        Ok(any)
    }
}

/// A thread that ended meanwhile needs no core.
fn unless_gone<T>(outcome: Result<T, CoresError>) -> Result<Option<T>, CoresError> {
    match outcome {
        Err(CoresError::Refused(error)) if error.raw_os_error() == Some(libc::ESRCH) => Ok(None),
        outcome => outcome.map(Some),
    }
}

impl<S: Scheduler> Drop for Pinned<S> {
    fn drop(&mut self) {
        for thread in self.scheduler.threads().unwrap_or_default() {
            let known = self.threads.iter().find(|(pinned, _)| *pinned == thread);
            let before = known.map_or(&self.before, |(_, before)| before);
            // The run is over: nothing is measured with it any more.
            let _ = self.scheduler.pin(thread, before);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::collections::BTreeMap;

    use super::*;

    /// Threads on cores of their own, and what is wrong with some of them.
    #[derive(Default)]
    struct Threads {
        on: RefCell<BTreeMap<u32, Cores>>,
        /// The error that pinning a thread meets.
        errors: BTreeMap<u32, i32>,
        /// Starts when the others are pinned.
        late: RefCell<Option<u32>>,
        /// Never stays where it is put.
        restless: Option<u32>,
    }

    impl Threads {
        fn of(threads: &[u32]) -> Self {
            let on = threads.iter().map(|thread| (*thread, all()));
            Self {
                on: RefCell::new(on.collect()),
                ..Self::default()
            }
        }

        fn on(&self, cores: &Cores) -> Vec<u32> {
            let on = self.on.borrow();
            let these = on.iter().filter(|(_, on)| *on == cores);
            these.map(|(thread, _)| *thread).collect()
        }
    }

    impl Scheduler for &Threads {
        fn threads(&self) -> Result<Vec<u32>, CoresError> {
            Ok(self.on.borrow().keys().copied().collect())
        }

        fn cores_of(&self, thread: u32) -> Result<Cores, CoresError> {
            Ok(self.on.borrow()[&thread].clone())
        }

        fn pin(&self, thread: u32, cores: &Cores) -> Result<(), CoresError> {
            if let Some(error) = self.errors.get(&thread) {
                return Err(CoresError::Refused(io::Error::from_raw_os_error(*error)));
            }
            if let Some(late) = self.late.take() {
                self.on.borrow_mut().insert(late, all());
            }
            if self.restless != Some(thread) {
                self.on.borrow_mut().insert(thread, cores.clone());
            }
            Ok(())
        }
    }

    fn all() -> Cores {
        "0-3".parse().unwrap()
    }

    fn one() -> Cores {
        "1".parse().unwrap()
    }

    #[test]
    fn all_threads_are_pinned_those_too_that_start_meanwhile_and_let_go() {
        let mut threads = Threads::of(&[7, 8]);
        threads.late = RefCell::new(Some(3));
        let two: Cores = "2".parse().unwrap();
        threads.on.get_mut().insert(8, two.clone());
        let pinned = Pinned::with(&threads, all(), &one()).unwrap();
        assert_eq!(threads.on(&one()), [3, 7, 8]);
        drop(pinned);
        assert_eq!(
            (threads.on(&all()), threads.on(&two)),
            (vec![3, 7], vec![8])
        );
    }

    #[test]
    fn a_thread_that_ended_is_no_error() {
        let mut threads = Threads::of(&[7, 8]);
        threads.errors.insert(7, libc::ESRCH);
        let _pinned = Pinned::with(&threads, all(), &one()).unwrap();
        assert_eq!(threads.on(&one()), [8]);
    }

    #[test]
    fn a_thread_that_cannot_be_pinned_is_an_error_and_the_others_are_let_go() {
        let mut threads = Threads::of(&[7, 8, 9]);
        threads.errors.insert(8, libc::EPERM);
        let Err(error) = Pinned::with(&threads, all(), &one()) else {
            panic!("it is said to be pinned");
        };
        let CoresError::Refused(error) = error else {
            panic!("{error}");
        };
        assert_eq!(error.raw_os_error(), Some(libc::EPERM));
        assert_eq!(threads.on(&one()), [0; 0]);
    }

    #[test]
    fn a_thread_that_does_not_stay_is_an_error() {
        let mut threads = Threads::of(&[7]);
        threads.restless = Some(7);
        assert!(Pinned::with(&threads, all(), &one()).is_err());
    }
}
