//! What a flame graph's widths mean, and how amounts are written.

/// The unit of the weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Unit {
    /// How often a profiler found the stack.
    #[default]
    Samples,
    /// Bytes of memory.
    Bytes,
    /// Allocations.
    Blocks,
    /// Instructions executed.
    Instructions,
}

impl Unit {
    /// The name, as scripts and headings use it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Samples => "samples",
            Self::Bytes => "bytes",
            Self::Blocks => "blocks",
            Self::Instructions => "instructions",
        }
    }

    /// `amount` for people.
    ///
    /// ```
    /// use shakedown_lens::flame::Unit;
    ///
    /// assert_eq!(Unit::Bytes.amount(3 << 19), "1.5 MiB");
    /// assert_eq!(Unit::Samples.amount(12_345), "12,345 samples");
    /// assert_eq!(Unit::Blocks.amount(1), "1 block");
    /// ```
    #[must_use]
    pub fn amount(self, amount: u64) -> String {
        if self == Self::Bytes {
            return bytes(amount);
        }
        let name = match amount {
            1 => self.name().trim_end_matches('s'),
            _ => self.name(),
        };
        format!("{} {name}", grouped(amount))
    }
}

#[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
fn bytes(amount: u64) -> String {
    let mut value = amount as f64;
    for unit in ["B", "KiB", "MiB", "GiB"] {
        if value < 1_024.0 {
            return if unit == "B" {
                format!("{amount} B")
            } else {
                format!("{value:.1} {unit}")
            };
        }
        value /= 1_024.0;
    }
    format!("{value:.1} TiB")
}

/// Digits in groups of three.
fn grouped(amount: u64) -> String {
    let digits = amount.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `part` of `whole` for people; `0%` of nothing.
#[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
pub(super) fn share(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "0%".to_owned();
    }
    format!("{:.1}%", 100.0 * part as f64 / whole as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_short_and_exact_where_they_can_be() {
        assert_eq!(Unit::Bytes.amount(1_023), "1023 B");
        assert_eq!(Unit::Bytes.amount(5 << 40), "5.0 TiB");
        assert_eq!(Unit::Instructions.amount(999), "999 instructions");
        assert_eq!(
            Unit::Instructions.amount(1_000_000),
            "1,000,000 instructions"
        );
    }

    #[test]
    fn a_share_of_nothing_is_none() {
        assert_eq!(share(0, 0), "0%");
        assert_eq!(share(1, 3), "33.3%");
    }
}
