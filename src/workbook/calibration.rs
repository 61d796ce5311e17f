//! A fixed piece of work, timed before and after the phases: when it takes
//! longer, the machine was slower, and no phase is to blame.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// Words that the work walks over: more than a second-level cache holds.
const WORDS: usize = 1 << 19;
/// Steps of one round.
const STEPS: usize = 50_000;
/// Rounds, of which the median counts.
const ROUNDS: usize = 21;

/// Two medians are alike when they differ by less than this share.
const ALIKE: f64 = 0.05;
/// How long medians are taken that are not alike.
const PATIENCE: Duration = Duration::from_secs(3);

/// How long the fixed work takes now: the median of 21 rounds, in microseconds.
///
/// Each round takes 50,000 dependent steps through 4 MiB: some arithmetic, one
/// read and one write each. Rounds are taken until two medians in succession are
/// alike, some tens of milliseconds on a machine that is quiet; on one that is
/// not, for 3 s, and then the last median counts. A build that has just ended
/// leaves a machine slow for a moment, which is not the machine's speed.
#[must_use]
pub fn calibration_us() -> f64 {
    let mut words: Vec<u64> = (0..WORDS as u64).collect();
    let start = Instant::now();
    let mut median = || {
        let mut times: Vec<f64> = (0..ROUNDS)
            .map(|_| {
                let start = Instant::now();
                black_box(round(&mut words));
                start.elapsed().as_secs_f64() * 1e6
            })
            .collect();
        times.sort_by(f64::total_cmp);
        times[ROUNDS / 2]
    };
    let settled = settle(&mut median, || start.elapsed() >= PATIENCE);
    (settled * 10.0).round() / 10.0
}

/// Takes figures until two in succession are alike, or it is `late`.
fn settle(figure: &mut impl FnMut() -> f64, late: impl Fn() -> bool) -> f64 {
    let mut before = figure();
    loop {
        let now = figure();
        if (now / before - 1.0).abs() < ALIKE || late() {
            return now;
        }
        before = now;
    }
}

/// Each step's place depends on the step before.
fn round(words: &mut [u64]) -> u64 {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 0..STEPS {
        let at = (state >> 20) as usize % WORDS;
        let mixed = (state ^ words[at]).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        words[at] = mixed;
        state = mixed ^ (mixed >> 29);
    }
    state
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_that_was_slow_for_a_moment_is_waited_for() {
        let mut figures = [6_800.0, 3_000.0, 830.0, 820.0, 5.0].into_iter();
        let settled = settle(&mut || figures.next().unwrap(), || false);
        assert_eq!(settled, 820.0);
    }

    #[test]
    fn a_machine_that_never_settles_is_not_waited_for_longer() {
        let mut figure = 1.0;
        let mut double = || {
            figure *= 2.0;
            figure
        };
        assert_eq!(settle(&mut double, || true), 4.0);
    }

    #[test]
    fn the_work_is_the_same_each_time() {
        let fresh = || (0..WORDS as u64).collect::<Vec<_>>();
        let (mut one, mut two) = (fresh(), fresh());
        assert_eq!(round(&mut one), round(&mut two));
        assert_eq!(one, two);
        assert_ne!(one, fresh());
    }
}
