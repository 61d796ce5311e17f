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

/// The fewest runs on each side that an interval is computed from.
pub const FEWEST_RUNS: usize = 3;

const RESAMPLES: usize = 4_000;

/// The interval of the relative change between the medians of two sets of runs
/// (0.1: `after` is 10 percent above `before`): percentile bootstrap over runs,
/// each side resampled on its own, or pair by pair when `paired`. The
/// resampling is seeded and so gives the same interval every time.
///
/// `None` with fewer than [`FEWEST_RUNS`] runs on a side, with pairs that do not
/// match in number, or with a value that is not positive.
#[must_use]
pub fn change_interval(before: &[f64], after: &[f64], paired: bool) -> Option<Interval> {
    let positive = |values: &[f64]| values.iter().all(|value| *value > 0.0 && value.is_finite());
    if before.len() < FEWEST_RUNS
        || after.len() < FEWEST_RUNS
        || !positive(before)
        || !positive(after)
        || (paired && before.len() != after.len())
    {
        return None;
    }
    let mut dice = Dice::new();
    let mut changes: Vec<f64> = if paired {
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
    let at = |index: usize| changes.get(index).map(|change| change.exp() - 1.0);
    Some(Interval {
        low: at(RESAMPLES * 25 / 1_000)?,
        high: at(RESAMPLES * 975 / 1_000 - 1)?,
    })
}

fn resampled_median(values: &[f64], sample: &mut [f64], dice: &mut Dice) -> Option<f64> {
    for slot in sample.iter_mut() {
        *slot = values[dice.below(values.len())];
    }
    sample.sort_by(f64::total_cmp);
    median_of_sorted(sample)
}

/// splitmix64, always from the same seed.
struct Dice(u64);

impl Dice {
    fn new() -> Self {
        Self(0x5eed)
    }

    fn below(&mut self, limit: usize) -> usize {
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
        assert_eq!(change_interval(&[1.0, 2.0], &[1.0, 2.0, 3.0], false), None);
        assert_eq!(
            change_interval(&[0.0, 1.0, 2.0], &[1.0, 2.0, 3.0], false),
            None
        );
        assert_eq!(change_interval(&[1.0; 3], &[1.0; 4], true), None);
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
