//! The two distributions that gates need, as functions and their inverses.
//!
//! The t distribution goes through the regularised incomplete beta function,
//! evaluated by its continued fraction (Abramowitz and Stegun 26.5.8, by Lentz's
//! method); the normal one is the t distribution's limit, from 26.2.17.

/// The part of a normal distribution below `z`; right to seven decimals.
pub(super) fn normal_cdf(z: f64) -> f64 {
    const COEFFICIENTS: [f64; 5] = [
        0.319_381_530,
        -0.356_563_782,
        1.781_477_937,
        -1.821_255_978,
        1.330_274_429,
    ];
    let t = 1.0 / (1.0 + 0.231_641_9 * z.abs());
    let sum = COEFFICIENTS.iter().rev().fold(0.0, |sum, c| (sum + c) * t);
    let density = (-z * z / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
    let above = density * sum;
    if z < 0.0 { above } else { 1.0 - above }
}

/// The part of a t distribution with `freedom` degrees of freedom below `t`.
pub(super) fn t_cdf(t: f64, freedom: f64) -> f64 {
    let x = freedom / (freedom + t * t);
    let tail = 0.5 * incomplete_beta(freedom / 2.0, 0.5, x);
    if t < 0.0 { tail } else { 1.0 - tail }
}

/// Below what a share of a normal distribution lies.
pub(super) fn normal_quantile(share: f64) -> f64 {
    bisect(share, normal_cdf)
}

/// Below what a share of a t distribution lies.
pub(super) fn t_quantile(share: f64, freedom: f64) -> f64 {
    bisect(share, |t| t_cdf(t, freedom))
}

/// Where a rising function reaches `share`, between -1,000 and 1,000.
fn bisect(share: f64, function: impl Fn(f64) -> f64) -> f64 {
    let (mut low, mut high) = (-1_000.0, 1_000.0);
    for _ in 0..80 {
        let middle = f64::midpoint(low, high);
        if function(middle) < share {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    let front = (a * x.ln() + b * (1.0 - x).ln() - ln_beta(a, b)).exp();
    if x < (a + 1.0) / (a + b + 2.0) {
        front * fraction(a, b, x) / a
    } else {
        1.0 - front * fraction(b, a, 1.0 - x) / b
    }
}

fn fraction(a: f64, b: f64, x: f64) -> f64 {
    const SMALL: f64 = 1e-300;
    let kept = |value: f64| if value.abs() < SMALL { SMALL } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / kept(1.0 - (a + b) * x / (a + 1.0));
    let mut result = d;
    for step in 1..300 {
        let m = f64::from(step);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / kept(1.0 + even * d);
        c = kept(1.0 + even / c);
        result *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / kept(1.0 + odd * d);
        c = kept(1.0 + odd / c);
        result *= d * c;
        if (d * c - 1.0).abs() < 1e-12 {
            break;
        }
    }
    result
}

fn ln_beta(a: f64, b: f64) -> f64 {
    ln_gamma(a) + ln_gamma(b) - ln_gamma(a + b)
}

/// Stirling's series, with the argument moved up to where it converges fast.
fn ln_gamma(mut x: f64) -> f64 {
    let mut shift = 0.0;
    while x < 10.0 {
        shift -= x.ln();
        x += 1.0;
    }
    let series = 1.0 / (12.0 * x) - 1.0 / (360.0 * x.powi(3)) + 1.0 / (1_260.0 * x.powi(5));
    shift + (x - 0.5) * x.ln() - x + 0.5 * (2.0 * std::f64::consts::PI).ln() + series
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn near(value: f64, expected: f64) {
        assert!((value - expected).abs() < 2e-4, "{value} is not {expected}");
    }

    #[test]
    fn the_tables_of_the_textbooks_come_out() {
        near(normal_cdf(1.959_964), 0.975);
        near(normal_cdf(-1.644_854), 0.05);
        near(normal_quantile(0.8), 0.841_621);
        near(t_cdf(2.364_624, 7.0), 0.975);
        near(t_cdf(-2.998, 7.0), 0.01);
        near(t_quantile(0.95, 1.0), 6.313_75);
        near(t_quantile(0.995, 30.0), 2.749_996);
        near(t_quantile(0.025, 10.0), -2.228_139);
    }

    #[test]
    fn far_out_a_t_distribution_is_a_normal_one() {
        for z in [-3.0, -1.0, 0.0, 0.5, 2.5] {
            near(t_cdf(z, 1e6), normal_cdf(z));
        }
    }
}
