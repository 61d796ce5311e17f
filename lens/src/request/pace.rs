//! How many pages are written: some at once, then so many a second.

use std::time::Instant;

/// Pages after a quiet time.
const BURST: f64 = 64.0;
/// Pages a second in the long run. One takes about a millisecond to make, so that
/// is a fiftieth of a core.
pub(super) const PAGES_A_SECOND: f64 = 20.0;

/// A bucket of pages that fills up as time passes.
#[derive(Debug)]
pub(super) struct Pace {
    left: f64,
    seen: Instant,
}

impl Pace {
    pub(super) fn starting(now: Instant) -> Self {
        Self {
            left: BURST,
            seen: now,
        }
    }

    /// Takes a page out, if there is one.
    pub(super) fn allows(&mut self, now: Instant) -> bool {
        let passed = now.saturating_duration_since(self.seen).as_secs_f64();
        self.left = (self.left + passed * PAGES_A_SECOND).min(BURST);
        self.seen = now;
        let allows = self.left >= 1.0;
        if allows {
            self.left -= 1.0;
        }
        allows
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_burst_is_written_and_then_so_many_a_second() {
        let start = Instant::now();
        let mut pace = Pace::starting(start);
        let mut allowed = |from: u32, seconds: u32| {
            (from * 1_000..(from + seconds) * 1_000)
                .filter(|at| pace.allows(start + Duration::from_millis(u64::from(*at))))
                .count()
        };
        let first = allowed(0, 1);
        assert!((83..=84).contains(&first), "{first}");
        let then = allowed(1, 10);
        assert!((199..=201).contains(&then), "{then}");
        assert!(
            (64..=84).contains(&allowed(60, 1)),
            "it fills up no further"
        );
    }
}
