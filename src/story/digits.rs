//! Numbers as a reader sees them, the same in every locale.

use super::{Metric, Numbers};

/// A count with commas: `232,648`.
#[must_use]
pub fn count(value: f64) -> String {
    grouped(&format!("{value:.0}"))
}

/// Milliseconds: whole ones as they are (Locust's percentiles), others with
/// about three digits.
#[must_use]
pub fn milliseconds(value: f64) -> String {
    let text = if value.fract() == 0.0 || value >= 100.0 {
        format!("{value:.0}")
    } else if value >= 10.0 {
        format!("{value:.1}")
    } else if value >= 1.0 {
        format!("{value:.2}")
    } else {
        format!("{value:.3}")
    };
    grouped(&text)
}

/// A mean in milliseconds, two decimals: `1,773.51`.
#[must_use]
pub fn mean(value: f64) -> String {
    if value > 0.0 && value < 0.1 {
        return format!("{value:.4}");
    }
    grouped(&format!("{value:.2}"))
}

/// Requests per second, one decimal: `1,585.1`.
#[must_use]
pub fn rate(value: f64) -> String {
    grouped(&format!("{value:.1}"))
}

/// A share as percent: `49.3%`.
#[must_use]
pub fn share(value: f64) -> String {
    let percent = value * 100.0;
    if percent == 0.0 || percent >= 0.1 {
        format!("{percent:.1}%")
    } else if percent >= 0.001 {
        format!("{percent:.3}%")
    } else {
        "<0.001%".to_owned()
    }
}

/// A relative change: `+19.2%`, `-50.7%`; from fourfold on as a factor: `x34.3`.
#[must_use]
pub fn change(relative: f64) -> String {
    let factor = relative + 1.0;
    if factor >= 4.0 {
        return format!("x{}", grouped(&format!("{factor:.1}")));
    }
    if factor > 0.0 && factor <= 0.25 {
        return format!("/{}", grouped(&format!("{:.1}", 1.0 / factor)));
    }
    let percent = format!("{:+.1}%", relative * 100.0);
    match percent.as_str() {
        "+0.0%" | "-0.0%" => "0.0%".to_owned(),
        _ => percent,
    }
}

/// A figure of `metric` with its unit; a dash where there is none.
#[must_use]
pub fn value(metric: Metric, value: Option<f64>) -> String {
    let Some(value) = value else {
        return "-".to_owned();
    };
    match metric {
        Metric::Requests => count(value),
        Metric::Rps => rate(value),
        Metric::P50 | Metric::P95 | Metric::P99 => format!("{} ms", milliseconds(value)),
        Metric::Mean => format!("{} ms", mean(value)),
        Metric::Failures => share(value),
    }
}

/// Writes of a transaction: `1 write`, `217 writes`.
#[must_use]
pub fn writes(value: f64) -> String {
    match count(value).as_str() {
        "1" => "1 write".to_owned(),
        many => format!("{many} writes"),
    }
}

/// Cores, two decimals: `0.94`.
#[must_use]
pub fn cores(value: f64) -> String {
    format!("{value:.2}")
}

/// Failures as a count and, if there are any, as a share: `514 (49.3%)`.
#[must_use]
pub fn failures(numbers: &Numbers) -> String {
    if numbers.failures > 0.0 {
        let part = share(numbers.failure_share());
        format!("{} ({part})", count(numbers.failures))
    } else {
        "0".to_owned()
    }
}

/// Puts commas between thousands.
fn grouped(text: &str) -> String {
    let (sign, text) = text
        .strip_prefix('-')
        .map_or(("", text), |rest| ("-", rest));
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut grouped = String::from(sign);
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if !fraction.is_empty() {
        grouped.push('.');
        grouped.push_str(fraction);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_printed_as_the_published_story_has_them() {
        assert_eq!(count(232_648.0), "232,648");
        assert_eq!(milliseconds(690.0), "690");
        assert_eq!(milliseconds(6_500.0), "6,500");
        assert_eq!(mean(1_773.507), "1,773.51");
        assert_eq!(rate(880.4), "880.4");
        assert_eq!(rate(1_585.1), "1,585.1");
        assert_eq!(share(0.493_282), "49.3%");
    }

    #[test]
    fn small_times_keep_their_digits() {
        assert_eq!(milliseconds(0.204), "0.204");
        assert_eq!(milliseconds(3.744), "3.74");
        assert_eq!(milliseconds(36.44), "36.4");
        assert_eq!(milliseconds(0.0), "0");
        assert_eq!(mean(0.0123), "0.0123");
    }

    #[test]
    fn changes_are_percents_until_fourfold() {
        assert_eq!(change(0.191_559), "+19.2%");
        assert_eq!(change(-0.507), "-50.7%");
        assert_eq!(change(0.000_1), "0.0%");
        assert_eq!(change(33.3), "x34.3");
        assert_eq!(change(-0.97), "/33.3");
        assert_eq!(change(-1.0), "-100.0%");
    }
}
