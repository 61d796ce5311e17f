//! When requests are due in an open loop.
//!
//! Arrivals are evenly spaced at the rate, after a ramp in which the rate grows
//! from nothing in proportion to time. The whole schedule follows from three
//! numbers and the number of the arrival, so a server that stalls cannot slow it
//! down.

use std::time::Duration;

/// A schedule of arrivals; times count from its start.
#[derive(Clone, Copy, Debug)]
pub(super) struct Schedule {
    rate: f64,
    ramp: f64,
    end: f64,
}

impl Schedule {
    /// `rate` arrivals a second for `length`, after a ramp of `ramp`.
    pub(super) fn new(rate: f64, ramp: Duration, length: Duration) -> Self {
        let ramp = ramp.as_secs_f64();
        Self {
            rate,
            ramp,
            end: ramp + length.as_secs_f64(),
        }
    }

    /// When arrival number `number`, counted from 0, is due; `None` after the
    /// end.
    #[expect(clippy::cast_precision_loss, reason = "2^53 requests are not made")]
    pub(super) fn due(&self, number: u64) -> Option<Duration> {
        let number = number as f64;
        let in_ramp = self.rate * self.ramp / 2.0;
        let at = if number < in_ramp {
            (2.0 * number * self.ramp / self.rate).sqrt()
        } else {
            self.ramp + (number - in_ramp) / self.rate
        };
        (at < self.end)
            .then(|| Duration::try_from_secs_f64(at).ok())
            .flatten()
    }

    /// How long the schedule is.
    pub(super) fn length(&self) -> Duration {
        Duration::try_from_secs_f64(self.end).unwrap_or(Duration::MAX / 4)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrivals(rate: f64, ramp: f64, length: f64) -> Vec<f64> {
        let schedule = Schedule::new(
            rate,
            Duration::from_secs_f64(ramp),
            Duration::from_secs_f64(length),
        );
        let due = (0..).map_while(|number| schedule.due(number));
        due.map(|due| due.as_secs_f64()).collect()
    }

    #[test]
    fn arrivals_are_evenly_spaced() {
        let arrivals = arrivals(4.0, 0.0, 1.0);
        assert_eq!(arrivals, [0.0, 0.25, 0.5, 0.75]);
    }

    #[test]
    fn the_rate_grows_during_the_ramp_and_is_kept_after_it() {
        let arrivals = arrivals(100.0, 2.0, 3.0);
        let between = |from: f64, to: f64| {
            let within = arrivals.iter().filter(|at| (from..to).contains(*at));
            within.count()
        };
        // A ramp sends half of what the full rate would.
        assert_eq!(between(0.0, 2.0), 100);
        assert_eq!((between(0.0, 1.0), between(1.0, 2.0)), (25, 75));
        assert_eq!((between(2.0, 3.0), between(3.0, 5.0)), (100, 200));
        assert!(arrivals.is_sorted());
    }
}
