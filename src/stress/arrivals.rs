//! How an open loop kept its schedule: what was due, what waited, and whose
//! fault that was.
//!
//! An arrival that found a user free and still started late was held up by the
//! generator: that is **lag**. One that found every user busy had to **wait**
//! for one, because the server had not answered them. Both are in the response
//! times, which count from the intended start.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Histogram;
use super::record::rounded;
use super::tally::{microseconds, milliseconds};

/// How an open loop kept its schedule.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Arrivals {
    /// Arrivals that the schedule had, the ramp included. Each runs one
    /// transaction of a scenario.
    pub due: u64,
    /// Arrivals that were never started, because every user was busy until the
    /// run ended.
    pub unsent: u64,
    /// Arrivals that found every user busy, and waited for one.
    pub waited: u64,
    /// The longest such wait.
    pub wait_max_ms: f64,
    /// How late the median of all other arrivals started.
    pub lag_p50_ms: f64,
    /// How late 99 of 100 of them started at most.
    pub lag_p99_ms: f64,
    /// How late the latest of them started.
    pub lag_max_ms: f64,
    /// Whether the server did not keep up: less was answered a second than was
    /// due, or arrivals were never started.
    pub saturated: bool,
}

/// An arrival on its way to a user.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arrival {
    /// When it is to start, from the start of the run.
    pub(super) due: Duration,
    /// Whether a user was free for it when it was due.
    pub(super) free: bool,
}

/// Counts of a schedule under way.
#[derive(Default)]
pub(super) struct Keeping {
    due: AtomicU64,
    unsent: AtomicU64,
    under_way: AtomicU64,
    late: Mutex<Late>,
}

#[derive(Default)]
struct Late {
    lag: Histogram,
    lag_max: Duration,
    waited: u64,
    wait_max: Duration,
}

impl Keeping {
    /// An arrival is due, of a run with `users`.
    pub(super) fn arrive(&self, due: Duration, users: u64) -> Arrival {
        self.due.fetch_add(1, Ordering::Relaxed);
        let before = self.under_way.fetch_add(1, Ordering::AcqRel);
        Arrival {
            due,
            free: before < users,
        }
    }

    /// A user starts it, at `now`.
    pub(super) fn start(&self, arrival: Arrival, now: Duration) {
        let by = now.saturating_sub(arrival.due);
        let mut late = self.late.lock().unwrap_or_else(PoisonError::into_inner);
        if arrival.free {
            late.lag.record(microseconds(by));
            late.lag_max = late.lag_max.max(by);
        } else {
            late.waited += 1;
            late.wait_max = late.wait_max.max(by);
        }
    }

    /// It is over, and its user free again.
    pub(super) fn end(&self) {
        self.under_way.fetch_sub(1, Ordering::AcqRel);
    }

    /// `count` arrivals will never be started.
    pub(super) fn give_up(&self, count: u64) {
        self.unsent.fetch_add(count, Ordering::Relaxed);
    }

    /// What became of the schedule. `answered` is the part of the rate that was
    /// kept with all users running, if it is known.
    #[expect(clippy::cast_precision_loss, reason = "an hour of microseconds fits")]
    pub(super) fn finish(&self, answered: Option<f64>) -> Arrivals {
        let late = self.late.lock().unwrap_or_else(PoisonError::into_inner);
        let unsent = self.unsent.load(Ordering::Relaxed);
        let lag = |p| {
            rounded((late.lag.percentile_us(p) as f64 / 1_000.0).min(milliseconds(late.lag_max)))
        };
        Arrivals {
            due: self.due.load(Ordering::Relaxed),
            unsent,
            waited: late.waited,
            wait_max_ms: rounded(milliseconds(late.wait_max)),
            lag_p50_ms: lag(0.50),
            lag_p99_ms: lag(0.99),
            lag_max_ms: rounded(milliseconds(late.lag_max)),
            saturated: unsent > 0 || answered.is_some_and(|share| share < KEPT),
        }
    }
}

/// The part of the rate below which a server did not keep up; the rest is the
/// end of the window, whose last answers come after the last arrival.
const KEPT: f64 = 0.95;

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    #[test]
    fn an_arrival_that_finds_everybody_busy_waits_and_does_not_lag() {
        let keeping = Keeping::default();
        let first = keeping.arrive(ms(0), 1);
        let second = keeping.arrive(ms(10), 1);
        keeping.start(first, ms(1));
        keeping.end();
        keeping.start(second, ms(2_000));
        keeping.end();
        let third = keeping.arrive(ms(2_100), 1);
        keeping.start(third, ms(2_103));
        let arrivals = keeping.finish(Some(0.99));
        assert_eq!((arrivals.due, arrivals.waited), (3, 1));
        assert_eq!((arrivals.wait_max_ms, arrivals.lag_max_ms), (1_990.0, 3.0));
        assert!(!arrivals.saturated, "{arrivals:?}");
    }

    #[test]
    fn a_rate_that_is_not_kept_or_an_arrival_never_sent_is_saturation() {
        let keeping = Keeping::default();
        assert!(keeping.finish(Some(0.5)).saturated);
        assert!(!keeping.finish(None).saturated);
        keeping.give_up(1);
        assert!(keeping.finish(Some(1.0)).saturated);
    }
}
