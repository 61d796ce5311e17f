//! Numbers in cells: Python's, with the ways a missing one is written.

/// A number, or that there is none; `Err` when the cell is neither.
pub(super) fn number(cell: &str) -> Result<Option<f64>, ()> {
    let cell = cell.trim();
    if is_missing(cell) {
        return Ok(None);
    }
    // `parse` takes `inf`, `infinity` and `nan` too; no measurement is one.
    match cell.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(Some(number)),
        _ => Err(()),
    }
}

/// A whole number; `905.0`, as a spreadsheet or pandas writes it back, is one.
pub(super) fn count(cell: &str) -> Result<Option<u64>, ()> {
    const EXACT: f64 = 9_007_199_254_740_992.0; // 2^53
    let cell = cell.trim();
    if is_missing(cell) {
        return Ok(None);
    }
    if let Ok(count) = cell.parse::<u64>() {
        return Ok(Some(count));
    }
    match cell.parse::<f64>() {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "whole, not negative and below 2^53"
        )]
        Ok(number) if (0.0..=EXACT).contains(&number) && number.fract() == 0.0 => {
            Ok(Some(number as u64))
        }
        _ => Err(()),
    }
}

fn is_missing(cell: &str) -> bool {
    cell.is_empty()
        || ["n/a", "na", "nan", "none", "null", "-"]
            .iter()
            .any(|word| cell.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_what_python_and_pandas_print() {
        assert_eq!(number("9.57561039018918"), Ok(Some(9.575_610_390_189_18)));
        assert_eq!(number(" 1e-05 "), Ok(Some(0.000_01)));
        assert_eq!(number("N/A"), Ok(None));
        assert_eq!(number(""), Ok(None));
        assert_eq!(number("nan"), Ok(None));
        assert_eq!(number("inf"), Err(()));
        assert_eq!(number("1,5"), Err(()));
    }

    #[test]
    fn counts_are_whole() {
        assert_eq!(count("18446744073709551615"), Ok(Some(u64::MAX)));
        assert_eq!(count("905.0"), Ok(Some(905)));
        assert_eq!(count("905.5"), Err(()));
        assert_eq!(count("-1"), Err(()));
        assert_eq!(count("1e300"), Err(()));
        assert_eq!(count("N/A"), Ok(None));
    }
}
