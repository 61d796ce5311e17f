//! Durations as they are typed: `30s`, `500ms`, `2m`.

use std::time::Duration;

/// Reads a duration that is longer than nothing and no longer than a day.
pub(super) fn parse(text: &str) -> Result<Duration, String> {
    let expected = || "expected a number and a unit, such as 30s, 500ms or 2m".to_owned();
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let number: f64 = text[..text.len() - unit.len()]
        .parse()
        .map_err(|_| expected())?;
    let seconds = match unit {
        "ms" => number / 1_000.0,
        "s" => number,
        "m" => number * 60.0,
        "h" => number * 3_600.0,
        _ => return Err(expected()),
    };
    let span = Duration::try_from_secs_f64(seconds).map_err(|_| expected())?;
    if span.is_zero() || span > Duration::from_secs(86_400) {
        return Err("expected more than nothing, and a day at most".to_owned());
    }
    Ok(span)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_units() {
        assert_eq!(parse("30s"), Ok(Duration::from_secs(30)));
        assert_eq!(parse("1.5m"), Ok(Duration::from_secs(90)));
        assert_eq!(parse("500ms"), Ok(Duration::from_millis(500)));
        for bad in ["30", "s", "1d", "-1s", "0s", "25h", "1..5s", ""] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
