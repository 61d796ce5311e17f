//! Where a series changed its level: E-divisive (Matteson and James, *A
//! Nonparametric Approach for Multiple Change Point Analysis of Multivariate
//! Data*, 2014) with the distance of one variable.
//!
//! A split is scored by how much farther values lie from those on the other side
//! than from those on their own. The best split counts when shuffled series
//! rarely have one as good; then both halves are searched again.
//!
//! Of a short series too many shuffles are as good by chance: two of the 70 ways to
//! deal eight values into two halves, whatever they are, more than [`LEVEL`]. So fewer
//! than about nine values have no change point.

use crate::story::statistics::Dice;

/// The fewest values between two change points.
const SEGMENT: usize = 3;
/// Shuffles that a split is held against.
const SHUFFLES: usize = 499;
/// How often a series without a change may have one.
const LEVEL: f64 = 0.02;

/// The places of `values` at which another level begins, ascending. Fewer than about
/// nine values are too few to tell.
///
/// # Example
/// ```
/// use shakedown::workbook::change_points;
///
/// let mut values = vec![10.0, 10.2, 9.9, 10.1, 9.8, 10.0, 10.1];
/// values.extend([13.0, 13.1, 12.9, 13.2, 12.8, 13.0]);
/// assert_eq!(change_points(&values), [7]);
/// ```
#[must_use]
pub fn change_points(values: &[f64]) -> Vec<usize> {
    let mut found = Vec::new();
    search(values, 0, &mut found);
    found.sort_unstable();
    found
}

fn search(values: &[f64], offset: usize, found: &mut Vec<usize>) {
    let Some((at, score)) = best_split(values) else {
        return;
    };
    let mut dice = Dice::new();
    let mut shuffled = values.to_vec();
    let mut as_good = 0_usize;
    for _ in 0..SHUFFLES {
        shuffle(&mut shuffled, &mut dice);
        let other = best_split(&shuffled).map_or(0.0, |(_, score)| score);
        // The same split in another order adds up to the same but for rounding.
        as_good += usize::from(other >= score * (1.0 - 1e-9));
    }
    #[expect(clippy::cast_precision_loss, reason = "a number of shuffles")]
    let p = (as_good + 1) as f64 / (SHUFFLES + 1) as f64;
    if p > LEVEL {
        return;
    }
    found.push(offset + at);
    search(&values[..at], offset, found);
    search(&values[at..], offset + at, found);
}

/// The split with the highest score; `None` for a series too short for one.
#[expect(clippy::cast_precision_loss, reason = "lengths of a series")]
fn best_split(values: &[f64]) -> Option<(usize, f64)> {
    let length = values.len();
    if length < 2 * SEGMENT {
        return None;
    }
    let distance = |a: usize, b: usize| (values[a] - values[b]).abs();
    // Sums of distances within the left part, within the right part, and between.
    let (mut within_left, mut between) = (0.0, 0.0);
    let mut within_right: f64 = (0..length)
        .flat_map(|a| (a + 1..length).map(move |b| (a, b)))
        .map(|(a, b)| distance(a, b))
        .sum();
    let mut best: Option<(usize, f64)> = None;
    for moved in 0..length - SEGMENT {
        let to_left: f64 = (0..moved).map(|a| distance(a, moved)).sum();
        let to_right: f64 = (moved + 1..length).map(|b| distance(b, moved)).sum();
        within_left += to_left;
        within_right -= to_right;
        between += to_right - to_left;
        let split = moved + 1;
        if split < SEGMENT {
            continue;
        }
        let (m, n) = (split as f64, (length - split) as f64);
        let pairs = |n: f64| n * (n - 1.0) / 2.0;
        let divergence = 2.0 * between / (m * n) - within_left / pairs(m) - within_right / pairs(n);
        let score = divergence * m * n / (m + n);
        if best.is_none_or(|(_, known)| score > known) {
            best = Some((split, score));
        }
    }
    best.filter(|(_, score)| *score > 0.0)
}

fn shuffle(values: &mut [f64], dice: &mut Dice) {
    for last in (1..values.len()).rev() {
        values.swap(last, dice.below(last + 1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `count` values about `level`, spread by a few percent.
    fn about(level: f64, count: usize, dice: &mut Dice) -> Vec<f64> {
        let mut one =
            || f64::from(u32::try_from(dice.below(1 << 20)).unwrap()) / f64::from(1 << 20);
        (0..count)
            .map(|_| level * (1.0 + 0.06 * (one() + one() - 1.0)))
            .collect()
    }

    #[test]
    fn two_changes_are_found_where_they_are() {
        let mut dice = Dice::new();
        let mut values = about(100.0, 12, &mut dice);
        values.extend(about(130.0, 9, &mut dice));
        values.extend(about(80.0, 15, &mut dice));
        assert_eq!(change_points(&values), [12, 21]);
    }

    #[test]
    fn series_without_a_change_rarely_have_one() {
        let mut dice = Dice::new();
        let series = 60;
        let alarms = (0..series)
            .filter(|_| !change_points(&about(100.0, 24, &mut dice)).is_empty())
            .count();
        assert!(alarms * 20 <= series, "{alarms} of {series}");
    }

    #[test]
    fn a_single_outlier_is_no_change() {
        let mut values = about(100.0, 20, &mut Dice::new());
        values[9] = 300.0;
        assert!(change_points(&values).is_empty());
    }

    #[test]
    fn eight_values_have_none_however_they_are_rounded() {
        let mut dice = Dice::new();
        for factor in [1.0, 1.1, 1.3, 1e-3, 1e6] {
            for level in [2.0, 9.0, 1e3] {
                let mut values = about(factor, 4, &mut dice);
                values.extend(about(factor * level, 4, &mut dice));
                assert!(change_points(&values).is_empty(), "{values:?}");
                let logarithms: Vec<f64> = values.iter().map(|value| value.ln()).collect();
                assert!(change_points(&logarithms).is_empty(), "{logarithms:?}");
            }
        }
        assert!(change_points(&[1.0, 1.1, 1.2, 1.3, 9.0, 9.1, 9.2, 9.3]).is_empty());
    }

    #[test]
    fn short_and_equal_series_have_none() {
        assert!(change_points(&[]).is_empty());
        assert!(change_points(&[1.0, 9.0, 1.0, 9.0, 9.0]).is_empty());
        assert!(change_points(&[5.0; 40]).is_empty());
        // However far apart they are.
        assert!(change_points(&[1.0, 1.1, 1.2, 1.3, 9.0, 9.1, 9.2]).is_empty());
    }
}
