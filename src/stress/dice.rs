//! Chance that repeats: what a user does and sends depends on the run's seed and
//! the user's number, never on timing.
//!
//! The generator is SplitMix64 (Steele, Lea and Flood, "Fast splittable
//! pseudorandom number generators", OOPSLA 2014): a counter and a mixing
//! function, plenty for choosing requests and useless for secrets.

use std::ops::Range;

/// A reproducible stream of random numbers.
///
/// # Example
/// ```
/// use shakedown::stress::Dice;
///
/// let (mut one, mut same) = (Dice::new(7, 0), Dice::new(7, 0));
/// assert_eq!(one.roll(0..1_000), same.roll(0..1_000));
/// ```
#[derive(Clone, Debug)]
pub struct Dice {
    state: u64,
}

const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

impl Dice {
    /// The stream number `stream` of `seed`; a user's stream is its number.
    #[must_use]
    pub fn new(seed: u64, stream: u64) -> Self {
        Self {
            state: mixed(seed.wrapping_add(mixed(stream.wrapping_add(STEP)))),
        }
    }

    /// The next 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(STEP);
        mixed(self.state)
    }

    /// A number of `range`, each as likely.
    ///
    /// # Panics
    /// When the range is empty.
    pub fn roll(&mut self, range: Range<u64>) -> u64 {
        assert!(range.start < range.end, "nothing to choose in {range:?}");
        let width = u128::from(range.end - range.start);
        // The high half of a 128-bit product spreads 64 bits over the range with
        // a bias below one in 2^64 / width.
        let offset = (u128::from(self.bits()) * width) >> 64;
        range.start + u64::try_from(offset).expect("the product's high half is below the width")
    }
}

pub(super) fn mixed(mut value: u64) -> u64 {
    value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::Dice;

    #[test]
    fn streams_of_a_seed_differ_and_each_repeats() {
        let rolls = |seed, stream| {
            let mut dice = Dice::new(seed, stream);
            (0..8).map(|_| dice.roll(0..1_000_000)).collect::<Vec<_>>()
        };
        assert_eq!(rolls(1, 2), rolls(1, 2));
        assert_ne!(rolls(1, 2), rolls(1, 3));
        assert_ne!(rolls(1, 2), rolls(2, 2));
    }

    #[test]
    fn every_number_of_a_range_comes_up() {
        let mut dice = Dice::new(0, 0);
        let mut seen = [0_u32; 10];
        for _ in 0..10_000 {
            seen[usize::try_from(dice.roll(5..15) - 5).unwrap()] += 1;
        }
        assert!(
            seen.iter().all(|count| (800..1_200).contains(count)),
            "{seen:?}"
        );
    }
}
