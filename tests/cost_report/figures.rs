//! Figures as a reader sees them.

use super::change::Change;

/// `16,162`.
pub(crate) fn whole(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    match value < 0.0 && digits != "0" {
        true => format!("-{text}"),
        false => text,
    }
}

/// A count.
pub(crate) fn count(value: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "2^53 spans are not made")]
    whole(value as f64)
}

/// `12.3`; two decimals below ten.
pub(crate) fn short(value: f64) -> String {
    match value.abs() < 10.0 {
        true => format!("{value:.2}"),
        false => format!("{value:.1}"),
    }
}

/// `+1.2 % (-0.4 to +2.8)`; without the bracket where there is no interval.
pub(crate) fn percent(change: Change) -> String {
    let of = |part: f64| format!("{:+.1}", 100.0 * part);
    let median = format!("{} %", of(change.median));
    match (change.low, change.high) {
        (Some(low), Some(high)) => format!("{median} ({} to {})", of(low), of(high)),
        _ => median,
    }
}

/// `+1.2 µs (-0.4 to +2.8)`.
pub(crate) fn microseconds(change: Change) -> String {
    let median = format!("{:+.1} µs", change.median);
    match (change.low, change.high) {
        (Some(low), Some(high)) => format!("{median} ({low:+.1} to {high:+.1})"),
        _ => median,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_the_digits_that_a_reader_needs() {
        assert_eq!(whole(16_162.4), "16,162");
        assert_eq!(
            (whole(999.6), whole(-1_000.0)),
            ("1,000".into(), "-1,000".into())
        );
        assert_eq!((short(0.864), short(12.34)), ("0.86".into(), "12.3".into()));
        let change = Change {
            median: 0.0123,
            low: Some(-0.004),
            high: Some(0.028),
        };
        assert_eq!(percent(change), "+1.2 % (-0.4 to +2.8)");
        let bare = Change {
            low: None,
            ..change
        };
        assert_eq!(
            (percent(bare), microseconds(bare)),
            ("+1.2 %".into(), "+0.0 µs".into())
        );
    }
}
