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
//! normal quantile, times `sqrt((n - 1) / n)`, to the t distribution. Its degrees of
//! freedom are those of a mean without `g` values at each end, `n - 2 g - 1` (Tukey
//! and McLaughlin 1963; Yuen 1974 for two of them), since what is cut off tells
//! nothing of the spread; Hesterberg has a plain mean, and `n - 1`.

use super::distribution::{normal_quantile, t_cdf};
use crate::story::statistics::Dice;

const RESAMPLES: usize = 10_000;

/// Standard errors from the estimate within which every end of an interval lies.
const FARTHEST: f64 = 1_000.0;

/// The bootstrap distribution of the trimmed mean of some pairs.
#[derive(Clone, Debug)]
pub(super) struct Bootstrap {
    /// The figure itself.
    pub(super) estimate: f64,
    /// How much it would vary.
    pub(super) error: f64,
    sorted: Vec<f64>,
    pairs: f64,
    freedom: f64,
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
            freedom: freedom(values.len()),
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
        widened.min(t_cdf(t.max(-1e6), self.freedom))
    }

    #[expect(clippy::cast_precision_loss, reason = "a number of resamples")]
    fn widened(&self, beyond: usize) -> f64 {
        // Half a resample at least: none of ten thousand is not never.
        let share = (beyond as f64).clamp(0.5, RESAMPLES as f64 - 0.5) / RESAMPLES as f64;
        let t = normal_quantile(share) * ((self.pairs - 1.0) / self.pairs).sqrt();
        t_cdf(t, self.freedom)
    }

    /// The highest bound that the truth lies above, but for `share`: up to it
    /// [`p_above`](Self::p_above) is at most that.
    pub(super) fn lower(&self, share: f64) -> f64 {
        self.end(-1.0, |bound| self.p_above(bound) > share)
    }

    /// The lowest bound that the truth lies below, but for `share`.
    pub(super) fn upper(&self, share: f64) -> f64 {
        self.end(1.0, |bound| self.p_below(bound) > share)
    }

    /// Where `within` ends, from the estimate in a `direction`.
    fn end(&self, direction: f64, within: impl Fn(f64) -> bool) -> f64 {
        let (mut inner, mut outer) = (0.0, FARTHEST * self.error);
        let at = |distance: f64| self.estimate + direction * distance;
        for _ in 0..60 {
            let middle = f64::midpoint(inner, outer);
            if within(at(middle)) {
                inner = middle;
            } else {
                outer = middle;
            }
        }
        at(outer)
    }
}

/// Degrees of freedom of the trimmed mean of so many pairs, one at least.
#[expect(clippy::cast_precision_loss, reason = "a number of pairs")]
pub(super) fn freedom(pairs: usize) -> f64 {
    pairs.saturating_sub(2 * cut(pairs) + 1).max(1) as f64
}

/// Pairs that are left out at each end: a tenth, at least one of five or more.
fn cut(pairs: usize) -> usize {
    if pairs < 5 { 0 } else { (pairs / 10).max(1) }
}

/// The mean of ascending values, each so many times, as many in all as there are
/// values; without the outermost tenth, at least one, at each end.
#[expect(clippy::cast_precision_loss, reason = "a number of pairs")]
fn trimmed_mean(ranked: &[f64], times: &[usize]) -> f64 {
    let all = ranked.len();
    let cut = cut(all);
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
        let (low, high) = (of.lower(0.05), of.upper(0.05));
        assert!(low > 0.26 && low < of.estimate && high > of.estimate && high < 0.34);
    }

    #[test]
    fn the_interval_of_normal_values_is_about_that_of_students_t() {
        // Ten values of mean 0 and standard deviation 1, one cut off at each end, so
        // seven degrees of freedom: 1.89 / sqrt(10) = 0.60.
        let values = [-1.5, -1.0, -0.7, -0.4, -0.1, 0.1, 0.4, 0.7, 1.0, 1.5];
        let of = Bootstrap::of(&values);
        let (low, high) = (of.lower(0.05), of.upper(0.05));
        assert!((-0.75..=-0.45).contains(&low), "{low}");
        assert!((0.45..=0.75).contains(&high), "{high}");
    }

    #[test]
    fn what_is_cut_off_takes_its_degrees_of_freedom_along() {
        let of = |pairs: [usize; 7]| pairs.map(freedom);
        assert_eq!(
            of([1, 3, 4, 8, 16, 24, 32]),
            [1.0, 2.0, 3.0, 5.0, 13.0, 19.0, 25.0]
        );
    }

    #[test]
    fn an_end_of_the_interval_is_where_the_likelihood_is_its_share() {
        let values = [0.30, 0.31, 0.28, 0.29, 0.33, 0.30, 0.27, 0.32];
        let of = Bootstrap::of(&values);
        // The second is rarer than what resamples tell.
        for share in [0.05, 0.0001] {
            let (low, high) = (of.lower(share), of.upper(share));
            assert!(of.p_above(low - 1e-6) <= share && of.p_above(low + 1e-3) > share);
            assert!(of.p_below(high + 1e-6) <= share && of.p_below(high - 1e-3) > share);
        }
    }

    #[test]
    fn equal_pairs_are_no_difference() {
        let of = Bootstrap::of(&[0.0; 8]);
        assert_eq!((of.estimate, of.error), (0.0, 0.0));
        assert_eq!((of.lower(0.01), of.upper(0.01)), (0.0, 0.0));
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
