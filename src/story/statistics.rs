//! Medians and bootstrap intervals, as pure functions over slices.
//!
//! The unit of resampling is the run. Requests within a run depend on each
//! other, so an interval over them finds a difference between two runs of the
//! same program about one time in three.

/// The median; `None` of nothing.
#[must_use]
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    median_of_sorted(&sorted)
}

fn median_of_sorted(sorted: &[f64]) -> Option<f64> {
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        length if length % 2 == 1 => Some(sorted[middle]),
        _ => Some(f64::midpoint(sorted[middle - 1], sorted[middle])),
    }
}

/// A 95 percent confidence interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

/// The fewest runs on each side that an interval is computed from. Of three
/// against three, one heap lies above the other by chance one time in ten, so no
/// interval of theirs can be a 95 percent one; of four, one time in 35.
pub const FEWEST_RUNS: usize = 4;

/// The fewest pairs that are resampled as pairs: all of six lie on one side by
/// chance one time in 32, all of five one time in 16. Fewer are taken unpaired.
const FEWEST_PAIRS: usize = 6;

const RESAMPLES: usize = 4_000;

/// The interval of the relative change between the medians of two sets of runs
/// (0.1: `after` is 10 percent above `before`): bootstrap over runs, each side
/// resampled on its own, or pair by pair when `paired`. The resampling is seeded
/// and so gives the same interval every time.
///
/// The plain percentile bootstrap is too narrow for few runs. The ends are taken
/// further out, at Hesterberg's expanded percentiles (*What Teachers Should Know
/// About the Bootstrap*, 2015, section 5.3): with n runs, at the share that a
/// normal variable leaves beyond `sqrt(n / (n - 1))` times the t quantile.
///
/// `None` with fewer than [`FEWEST_RUNS`] runs on a side or with a value that is
/// not positive.
#[must_use]
pub fn change_interval(before: &[f64], after: &[f64], paired: bool) -> Option<Interval> {
    let positive = |values: &[f64]| values.iter().all(|value| *value > 0.0 && value.is_finite());
    let fewest = before.len().min(after.len());
    if fewest < FEWEST_RUNS || !positive(before) || !positive(after) {
        return None;
    }
    let mut dice = Dice::new();
    let mut changes: Vec<f64> = if paired && before.len() == after.len() && fewest >= FEWEST_PAIRS {
        let ratios: Vec<f64> = before
            .iter()
            .zip(after)
            .map(|(b, a)| (a / b).ln())
            .collect();
        let mut sample = ratios.clone();
        (0..RESAMPLES)
            .filter_map(|_| resampled_median(&ratios, &mut sample, &mut dice))
            .collect()
    } else {
        let (mut sample_b, mut sample_a) = (before.to_vec(), after.to_vec());
        (0..RESAMPLES)
            .filter_map(|_| {
                let b = resampled_median(before, &mut sample_b, &mut dice)?;
                let a = resampled_median(after, &mut sample_a, &mut dice)?;
                Some((a / b).ln())
            })
            .collect()
    };
    changes.sort_by(f64::total_cmp);
    let beyond = resamples_beyond(fewest);
    let at = |index: usize| changes.get(index).map(|change| change.exp() - 1.0);
    Some(Interval {
        low: at(beyond)?,
        high: at(RESAMPLES - 1 - beyond)?,
    })
}

/// How many of [`RESAMPLES`] lie beyond each end, for the smaller number of runs.
fn resamples_beyond(runs: usize) -> usize {
    match runs {
        0..=4 => 0, // a share of 0.00012
        5 => 4,     // 0.00097
        6 => 10,    // 0.0024
        7 => 16,    // 0.0041
        8 => 23,    // 0.0057
        9 => 29,    // 0.0072
        10..=11 => 34,
        12..=14 => 44,
        15..=19 => 55,
        20..=29 => 67,
        30..=59 => 79,
        _ => 90, // towards 0.025
    }
}

fn resampled_median(values: &[f64], sample: &mut [f64], dice: &mut Dice) -> Option<f64> {
    for slot in sample.iter_mut() {
        *slot = values[dice.below(values.len())];
    }
    sample.sort_by(f64::total_cmp);
    median_of_sorted(sample)
}

/// splitmix64, always from the same seed.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new() -> Self {
        Self(0x5eed)
    }

    /// A number below `limit`, which is above zero.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        usize::try_from(mixed % limit as u64).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median(&[]), None);
    }

    #[test]
    fn an_interval_holds_the_change_it_was_made_from() {
        let before = [100.0, 103.0, 98.0, 101.0, 99.0];
        let after: Vec<f64> = before.iter().map(|value| value * 1.2).collect();
        for paired in [false, true] {
            let interval = change_interval(&before, &after, paired).unwrap();
            assert!(
                interval.low <= 0.2 + 1e-9 && interval.high >= 0.2 - 1e-9,
                "{interval:?}"
            );
            assert!(interval.low > 0.1, "{interval:?}");
        }
    }

    #[test]
    fn runs_of_the_same_program_give_an_interval_around_zero() {
        let before = [100.0, 140.0, 80.0, 120.0, 95.0];
        let after = [110.0, 85.0, 130.0, 100.0, 118.0];
        let interval = change_interval(&before, &after, false).unwrap();
        assert!(interval.low < 0.0 && interval.high > 0.0, "{interval:?}");
    }

    #[test]
    fn too_few_runs_or_a_zero_give_no_interval() {
        let four = [1.0, 2.0, 3.0, 4.0];
        assert_eq!(change_interval(&four[..3], &four, false), None);
        assert_eq!(change_interval(&[0.0, 1.0, 2.0, 3.0], &four, false), None);
        assert!(change_interval(&four, &four, true).is_some());
    }

    /// Runs of one program with a spread of 10 percent, from a seeded sequence.
    fn spread(runs: usize, dice: &mut Dice) -> Vec<f64> {
        let mut one =
            || f64::from(u32::try_from(dice.below(1 << 20)).unwrap()) / f64::from(1 << 20);
        let normal = |one: &mut dyn FnMut() -> f64| (0..12).map(|_| one()).sum::<f64>() - 6.0;
        (0..runs).map(|_| (0.1 * normal(&mut one)).exp()).collect()
    }

    #[test]
    fn the_same_program_twice_is_called_different_less_than_one_time_in_twenty() {
        const TRIALS: usize = 300;
        for (runs, paired) in [(4, false), (5, false), (6, true), (10, false), (10, true)] {
            let mut dice = Dice(7);
            let alarms = (0..TRIALS)
                .filter(|_| {
                    let (before, after) = (spread(runs, &mut dice), spread(runs, &mut dice));
                    let interval = change_interval(&before, &after, paired).unwrap();
                    interval.low > 0.0 || interval.high < 0.0
                })
                .count();
            assert!(
                alarms * 20 <= TRIALS,
                "{alarms} of {TRIALS} with {runs} runs, paired {paired}"
            );
        }
    }

    #[test]
    fn a_large_change_is_seen_with_few_runs() {
        let mut dice = Dice(7);
        for runs in [4, 5, 10] {
            let before = spread(runs, &mut dice);
            let after: Vec<f64> = spread(runs, &mut dice)
                .iter()
                .map(|value| value * 2.0)
                .collect();
            assert!(change_interval(&before, &after, false).unwrap().low > 0.3);
        }
    }

    #[test]
    fn the_same_runs_give_the_same_interval() {
        let (a, b) = ([1.0, 2.0, 3.0, 4.0], [2.0, 2.5, 3.0, 5.0]);
        assert_eq!(
            change_interval(&a, &b, false),
            change_interval(&a, &b, false)
        );
    }
}
