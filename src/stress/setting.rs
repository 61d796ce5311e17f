//! Reading environment variables so that a value nobody understands is an error
//! that says which variable, what it holds and what it takes.

use std::time::Duration;

use super::StressError;

/// Where settings come from: the environment, or a test's own table.
pub(super) struct Settings<F>(pub(super) F);

impl<F: Fn(&str) -> Option<String>> Settings<F> {
    /// The variable as `read` understands it; `None` when it is not set.
    pub(super) fn get<T>(
        &self,
        variable: &'static str,
        accepted: &'static str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, StressError> {
        let Some(value) = (self.0)(variable) else {
            return Ok(None);
        };
        match read(value.trim()) {
            Some(understood) => Ok(Some(understood)),
            None => Err(StressError::Setting {
                variable,
                value,
                accepted,
            }),
        }
    }
}

/// The process environment.
pub(super) fn environment(variable: &str) -> Option<String> {
    std::env::var_os(variable).map(|value| value.to_string_lossy().into_owned())
}

/// A month: what is longer is a slip of the keyboard, and no clock could add it up.
const LONGEST: Duration = Duration::from_secs(31 * 24 * 60 * 60);

/// `20`, `20s`, `1.5s`, `500ms` or `2m`, longer than nothing and at most a month.
pub(super) fn span(text: &str) -> Option<Duration> {
    let (number, unit) = match text.find(|c: char| c.is_ascii_alphabetic()) {
        Some(at) => (&text[..at], &text[at..]),
        None => (text, "s"),
    };
    let scale = match unit {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3_600.0,
        _ => return None,
    };
    let number = positive(number.trim())?;
    Duration::try_from_secs_f64(number * scale)
        .ok()
        .filter(|span| !span.is_zero() && *span <= LONGEST)
}

/// A finite number above zero.
pub(super) fn positive(text: &str) -> Option<f64> {
    at_least_zero(text).filter(|number| *number > 0.0)
}

/// A finite number, zero or more.
pub(super) fn at_least_zero(text: &str) -> Option<f64> {
    text.parse()
        .ok()
        .filter(|number: &f64| number.is_finite() && *number >= 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_take_a_unit_or_mean_seconds() {
        for (text, milliseconds) in [
            ("20", 20_000),
            ("20s", 20_000),
            ("2m", 120_000),
            ("500ms", 500),
            ("1.5 s", 1_500),
            ("1h", 3_600_000),
        ] {
            assert_eq!(
                span(text),
                Some(Duration::from_millis(milliseconds)),
                "{text}"
            );
        }
    }

    #[test]
    fn spans_refuse_what_is_no_length_of_time() {
        for text in [
            "",
            "s",
            "0",
            "-1s",
            "20 parsecs",
            "1e400",
            "nan",
            "1m30s",
            "800h",
        ] {
            assert_eq!(span(text), None, "{text}");
        }
    }
}
