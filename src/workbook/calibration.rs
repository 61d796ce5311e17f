//! A fixed piece of work, timed before and after the phases: when it takes
//! longer, the machine was slower, and no phase is to blame.

use std::hint::black_box;
use std::time::Instant;

/// Words that the work walks over: more than a second-level cache holds.
const WORDS: usize = 1 << 19;
/// Steps of one round.
const STEPS: usize = 50_000;
/// Rounds, of which the median counts.
const ROUNDS: usize = 21;

/// How long the fixed work takes now: the median of 21 rounds, in microseconds.
///
/// Each round takes 50,000 dependent steps through 4 MiB: some arithmetic, one
/// read and one write each. Some tens of milliseconds in all.
#[must_use]
pub fn calibration_us() -> f64 {
    let mut words: Vec<u64> = (0..WORDS as u64).collect();
    let mut times: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            black_box(round(&mut words));
            start.elapsed().as_secs_f64() * 1e6
        })
        .collect();
    times.sort_by(f64::total_cmp);
    (times[ROUNDS / 2] * 10.0).round() / 10.0
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
    fn the_work_is_the_same_each_time() {
        let fresh = || (0..WORDS as u64).collect::<Vec<_>>();
        let (mut one, mut two) = (fresh(), fresh());
        assert_eq!(round(&mut one), round(&mut two));
        assert_eq!(one, two);
        assert_ne!(one, fresh());
    }
}
