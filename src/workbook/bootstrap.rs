//! How sure a difference between two sets of runs is: a bootstrap over runs.
//!
//! The unit of resampling is the pair of runs, one of each side, taken one after
//! the other. Requests within a run depend on each other, and resampling those
//! finds a difference between a program and itself about one time in three.
//!
//! The figure is the mean of the pairs without the outermost tenth at each end:
//! a single disturbed run does not move it, and it wastes less than a median
//! would. The plain percentile bootstrap is too narrow for few pairs; its shares
//! are widened as Hesterberg's expanded percentiles are (*What Teachers Should
//! Know About the Bootstrap*, 2015, section 5.3): a share is taken through the
//! normal quantile, times `sqrt((n - 1) / n)`, to the t distribution.

use super::distribution::{normal_quantile, t_cdf};
use crate::story::statistics::Dice;

const RESAMPLES: usize = 10_000;

/// The bootstrap distribution of the trimmed mean of some pairs.
#[derive(Clone, Debug)]
pub(super) struct Bootstrap {
    /// The figure itself.
    pub(super) estimate: f64,
    /// How much it would vary.
    pub(super) error: f64,
    sorted: Vec<f64>,
    pairs: f64,
}

impl Bootstrap {
    /// Resamples `values`, one of each pair; always the same for the same values.
    #[expect(clippy::cast_precision_loss, reason = "numbers of pairs and resamples")]
    pub(super) fn of(values: &[f64]) -> Self {
        let mut dice = Dice::new();
        let mut ranked = values.to_vec();
        ranked.sort_by(f64::total_cmp);
        let mut times = vec![0_usize; ranked.len()];
        let mut sorted: Vec<f64> = (0..RESAMPLES)
            .map(|_| {
                // How often each value is drawn; in order, so nothing is sorted.
                times.fill(0);
                for _ in 0..ranked.len() {
                    times[dice.below(ranked.len())] += 1;
                }
                trimmed_mean(&ranked, &times)
            })
            .collect();
        sorted.sort_by(f64::total_cmp);
        let pairs = values.len() as f64;
        let mean = sorted.iter().sum::<f64>() / RESAMPLES as f64;
        let spread = sorted
            .iter()
            .map(|value| (value - mean).powi(2))
            .sum::<f64>();
        Self {
            estimate: trimmed_mean(&ranked, &vec![1; ranked.len()]),
            error: (spread / RESAMPLES as f64 * pairs / (pairs - 1.0)).sqrt(),
            sorted,
            pairs,
        }
    }

    /// How likely so much above `bound` would be, were the truth at `bound`.
    pub(super) fn p_above(&self, bound: f64) -> f64 {
        let below = self.sorted.partition_point(|value| *value <= bound);
        self.p_value(below, bound - self.estimate)
    }

    /// How likely so much below `bound` would be, were the truth at `bound`.
    pub(super) fn p_below(&self, bound: f64) -> f64 {
        let below = self.sorted.partition_point(|value| *value < bound);
        self.p_value(RESAMPLES - below, self.estimate - bound)
    }

    /// By the resamples `beyond` the bound; where there is none, by the t
    /// distribution: ten thousand resamples tell nothing of rarer things, and what
    /// many phases share is rarer. `distance` is that of the bound, below zero
    /// where it lies on the other side of the estimate.
    fn p_value(&self, beyond: usize, distance: f64) -> f64 {
        let widened = self.widened(beyond);
        if beyond > 0 {
            return widened;
        }
        let t = distance / self.error.max(f64::MIN_POSITIVE);
        widened.min(t_cdf(t.max(-1e6), self.pairs - 1.0))
    }

    #[expect(clippy::cast_precision_loss, reason = "a number of resamples")]
    fn widened(&self, beyond: usize) -> f64 {
        // Half a resample at least: none of ten thousand is not never.
        let share = (beyond as f64).clamp(0.5, RESAMPLES as f64 - 0.5) / RESAMPLES as f64;
        let t = normal_quantile(share) * ((self.pairs - 1.0) / self.pairs).sqrt();
        t_cdf(t, self.pairs - 1.0)
    }

    /// The ends that leave `share` beyond each.
    pub(super) fn interval(&self, share: f64) -> (f64, f64) {
        let low = self
            .sorted
            .partition_point(|value| self.p_above(*value) < share);
        let high = self
            .sorted
            .partition_point(|value| self.p_below(*value) >= share);
        let at = |index: usize| self.sorted[index.min(RESAMPLES - 1)];
        (at(low), at(high.saturating_sub(1)))
    }
}

/// The mean of ascending values, each so many times, as many in all as there are
/// values; without the outermost tenth, at least one, at each end.
#[expect(clippy::cast_precision_loss, reason = "a number of pairs")]
fn trimmed_mean(ranked: &[f64], times: &[usize]) -> f64 {
    let all = ranked.len();
    let cut = if all < 5 { 0 } else { (all / 10).max(1) };
    let (mut seen, mut sum) = (0, 0.0);
    for (value, times) in ranked.iter().zip(times) {
        let from = seen.max(cut);
        seen += times;
        let to = seen.min(all - cut);
        sum += value * to.saturating_sub(from) as f64;
    }
    sum / (all - 2 * cut) as f64
}

/// Which of several hypotheses fall when all of them together may be wrong one
/// time in `1 / alpha`: Holm's step-down procedure.
///
/// # Example
/// ```
/// use shakedown::workbook::holm;
///
/// assert_eq!(holm(&[0.04, 0.001, 0.02], 0.05), [true, true, true]);
/// assert_eq!(holm(&[0.04, 0.001, 0.03], 0.05), [false, true, false]);
/// ```
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "a number of phases")]
pub fn holm(p_values: &[f64], alpha: f64) -> Vec<bool> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|a, b| p_values[*a].total_cmp(&p_values[*b]));
    let mut falls = vec![false; p_values.len()];
    for (rank, index) in order.iter().enumerate() {
        if p_values[*index] > alpha / (p_values.len() - rank) as f64 {
            break;
        }
        falls[*index] = true;
    }
    falls
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_disturbed_pair_does_not_move_the_figure() {
        let mut calm = [0.9, 0.95, 1.0, 1.0, 1.0, 1.0, 1.05, 1.1];
        let before = trimmed_mean(&calm, &[1; 8]);
        assert!((before - 1.0).abs() < 1e-9);
        calm[7] = 50.0;
        assert!((trimmed_mean(&calm, &[1; 8]) - before).abs() < 1e-9);
        assert!((trimmed_mean(&calm, &[0, 0, 8, 0, 0, 0, 0, 0]) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn what_lies_far_from_a_bound_is_unlikely_at_it() {
        let values = [0.30, 0.31, 0.28, 0.29, 0.33, 0.30, 0.27, 0.32];
        let of = Bootstrap::of(&values);
        assert!((of.estimate - 0.30).abs() < 0.01);
        assert!(of.p_above(0.1) < 0.01 && of.p_below(0.1) > 0.99);
        let (low, high) = of.interval(0.05);
        assert!(low > 0.26 && low < of.estimate && high > of.estimate && high < 0.34);
    }

    #[test]
    fn the_interval_of_normal_values_is_about_that_of_students_t() {
        // Ten values of mean 0 and standard deviation 1: 1.83 / sqrt(10) = 0.58.
        let values = [-1.5, -1.0, -0.7, -0.4, -0.1, 0.1, 0.4, 0.7, 1.0, 1.5];
        let (low, high) = Bootstrap::of(&values).interval(0.05);
        assert!((-0.75..=-0.45).contains(&low), "{low}");
        assert!((0.45..=0.75).contains(&high), "{high}");
    }

    #[test]
    fn equal_pairs_are_no_difference() {
        let of = Bootstrap::of(&[0.0; 8]);
        assert_eq!((of.estimate, of.error), (0.0, 0.0));
        assert!(of.p_above(0.05) > 0.99 && of.p_below(0.05) < 0.01);
    }

    #[test]
    fn the_further_from_a_bound_the_less_likely() {
        let values = [0.30, 0.31, 0.28, 0.29, 0.33, 0.30, 0.27, 0.32];
        let of = Bootstrap::of(&values);
        let p: Vec<f64> = [0.25, 0.2, 0.1, 0.0, -1.0]
            .iter()
            .map(|bound| of.p_above(*bound))
            .collect();
        assert!(p.windows(2).all(|pair| pair[1] < pair[0]), "{p:?}");
        assert!(p[4] < 1e-6, "{p:?}");
        assert!(of.p_below(10.0) < 1e-6 && of.p_below(-10.0) > 0.99);
    }

    #[test]
    fn holm_is_stricter_the_more_there_are() {
        assert_eq!(holm(&[0.03], 0.05), [true]);
        assert_eq!(holm(&[0.03, 0.5], 0.05), [false, false]);
        assert_eq!(holm(&[0.02, 0.04], 0.05), [true, true]);
        assert!(holm(&[], 0.05).is_empty());
    }
}
