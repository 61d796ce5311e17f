//! Floats as Python prints them, because Locust's files hold `repr(float)`.
//!
//! The rule (CPython's `float_repr`, format code `r`): the shortest decimal
//! digits that read back as the same double; a decimal exponent below -4 or from
//! 16 on is written as an exponent with a sign and at least two digits;
//! everything else in full, with `.0` when there is no fraction.

/// What Python's `repr(value)` prints.
///
/// # Example
/// ```
/// use shakedown::locust::python_repr;
///
/// assert_eq!(python_repr(5.0), "5.0");
/// assert_eq!(python_repr(0.1 + 0.2), "0.30000000000000004");
/// assert_eq!(python_repr(0.00001), "1e-05");
/// assert_eq!(python_repr(1e16), "1e+16");
/// ```
#[must_use]
pub fn python_repr(value: f64) -> String {
    if value.is_nan() {
        return "nan".to_owned();
    }
    if value.is_infinite() {
        return if value < 0.0 { "-inf" } else { "inf" }.to_owned();
    }
    let scientific = format!("{value:e}");
    let (digits, exponent) = scientific
        .split_once('e')
        .expect("`{:e}` of a finite float always has an exponent");
    let exponent: i32 = exponent.parse().expect("`{:e}` writes a decimal exponent");
    if (-4..16).contains(&exponent) {
        let plain = format!("{value}");
        return if plain.contains('.') {
            plain
        } else {
            plain + ".0"
        };
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

#[cfg(test)]
mod tests {
    use super::python_repr;

    /// Each line was printed by Python 3.11.
    #[test]
    fn agrees_with_python_on_forms_and_thresholds() {
        for (value, expected) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (100.0, "100.0"),
            (2.7214169657460308, "2.7214169657460308"),
            (0.611132000130965, "0.611132000130965"),
            (159.374790952058, "159.374790952058"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (0.000012345, "1.2345e-05"),
            (1e15, "1000000000000000.0"),
            (9999999999999998.0, "9999999999999998.0"),
            (1e16, "1e+16"),
            (1.5e16, "1.5e+16"),
            (1e100, "1e+100"),
            (5e-324, "5e-324"),
            (1.7976931348623157e308, "1.7976931348623157e+308"),
            (123456789.125, "123456789.125"),
            (1.0 / 3.0, "0.3333333333333333"),
        ] {
            assert_eq!(python_repr(value), expected);
        }
    }
}
