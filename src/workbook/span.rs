//! A length of time as a configuration writes it: a number and its unit.

use std::fmt;
use std::time::Duration;

use serde::Deserialize;

/// A length of time longer than nothing, in whole microseconds.
///
/// # Example
/// ```
/// use shakedown::workbook::Span;
///
/// let span: Span = "1.5 s".parse()?;
/// assert_eq!(span.microseconds(), 1_500_000);
/// assert_eq!(span.to_string(), "1.5 s");
/// assert!("50".parse::<Span>().is_err()); // of what?
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Span(u64);

/// A day: longer is a mistake of the unit.
const LONGEST_US: f64 = 86_400e6;

impl Span {
    /// A span of so many microseconds.
    #[must_use]
    pub fn of_microseconds(microseconds: u64) -> Self {
        Self(microseconds)
    }

    /// Its microseconds.
    #[must_use]
    pub fn microseconds(self) -> u64 {
        self.0
    }

    /// Its milliseconds.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "at most a day")]
    pub fn milliseconds(self) -> f64 {
        self.0 as f64 / 1_000.0
    }

    /// As the standard library has it.
    #[must_use]
    pub fn duration(self) -> Duration {
        Duration::from_micros(self.0)
    }
}

impl std::str::FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.trim_end().trim_end_matches(char::is_alphabetic);
        let (number, unit) = (number.trim(), text[number.len()..].trim());
        if unit.is_empty() {
            return Err(format!(
                "`{text}` has no unit: write `{text} ms`, or us, s or min"
            ));
        }
        let scale = match unit {
            "us" | "µs" => 1.0,
            "ms" => 1_000.0,
            "s" => 1e6,
            "min" => 60e6,
            _ => return Err(format!("`{unit}` is no unit of time: us, ms, s or min")),
        };
        let number: f64 = number
            .parse()
            .map_err(|_| format!("`{number}` is no number"))?;
        let microseconds = number * scale;
        if !(1.0..=LONGEST_US).contains(&microseconds) {
            return Err(format!(
                "`{text}` is no time between a microsecond and a day"
            ));
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 1 and a day in microseconds"
        )]
        Ok(Self(microseconds.round() as u64))
    }
}

impl TryFrom<String> for Span {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scale, unit) = match self.0 {
            0..1_000 => (1.0, "µs"),
            1_000..1_000_000 => (1e3, "ms"),
            _ => (1e6, "s"),
        };
        #[expect(clippy::cast_precision_loss, reason = "at most a day")]
        let value = self.0 as f64 / scale;
        write!(f, "{value} {unit}")
    }
}

#[cfg(test)]
mod tests {
    use super::Span;

    #[track_caller]
    fn check(text: &str, microseconds: u64, shown: &str) {
        let span: Span = text.parse().unwrap();
        assert_eq!(
            (span.microseconds(), span.to_string().as_str()),
            (microseconds, shown)
        );
    }

    #[test]
    fn spans_are_a_number_and_a_unit() {
        check("5 s", 5_000_000, "5 s");
        check("50ms", 50_000, "50 ms");
        check("0.25 ms", 250, "250 µs");
        check("1.5 min", 90_000_000, "90 s");
    }

    #[test]
    fn what_is_no_span_is_said() {
        for (text, says) in [
            ("50", "no unit"),
            ("5 parsecs", "no unit of time"),
            ("x s", "no number"),
            ("-1 s", "between"),
            ("0 s", "between"),
            ("1e9 s", "between"),
            ("2000 min", "between"),
            ("", "no unit"),
        ] {
            let error = text.parse::<Span>().unwrap_err();
            assert!(error.contains(says), "{text}: {error}");
        }
    }
}
