//! A phase's figures held against its target.

use super::{Gate, Measurement};

/// How a phase did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Verdict {
    /// Within its target.
    Met,
    /// Above its target, below its limit: a warning, whatever its gate.
    Over,
    /// A soft gate, above its limit: a warning and a ticket.
    SoftBreach,
    /// A hard gate, above its limit: the gate fails.
    HardBreach,
    /// A wait that did not wait: the gate fails, hard or soft.
    TooShort,
}

impl Verdict {
    /// Whether the gate fails.
    #[must_use]
    pub fn fails(self) -> bool {
        matches!(self, Self::HardBreach | Self::TooShort)
    }

    /// A word for a table.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Met => "ok",
            Self::Over => "over",
            Self::SoftBreach => "soft",
            Self::HardBreach => "FAIL",
            Self::TooShort => "FAST",
        }
    }

    /// What happened, in a sentence.
    #[must_use]
    pub fn sentence(self, of: &Measurement) -> String {
        use super::short;
        let (p95, target, limit) = (
            short(of.summary.p95_ms),
            short(of.target_ms),
            short(of.limit_ms),
        );
        match self {
            Self::Met => format!("P95 {p95} is within the target of {target}"),
            Self::Over => {
                format!("P95 {p95} is above the target of {target}, below the limit of {limit}")
            }
            Self::SoftBreach | Self::HardBreach => {
                format!("P95 {p95} is above the limit of {limit} (target {target})")
            }
            Self::TooShort => format!(
                "a sample took {}, and none may take less than {}",
                of.summary.min_ms.map_or_else(String::new, short),
                of.at_least_ms.map_or_else(String::new, short),
            ),
        }
    }
}

/// Judges a measurement.
///
/// Within the target (up to and including it): met. Above its limit, 3 x target
/// unless the phase says otherwise: a breach. In between: over. A wait that was
/// shorter than it must be fails whatever its gate, since that is no question
/// of speed.
#[must_use]
pub fn judge(of: &Measurement) -> Verdict {
    let too_short = of
        .at_least_ms
        .zip(of.summary.min_ms)
        .is_some_and(|(least, min)| min < least);
    let p95 = of.summary.p95_ms;
    if too_short {
        Verdict::TooShort
    } else if p95 <= of.target_ms {
        Verdict::Met
    } else if p95 <= of.limit_ms {
        Verdict::Over
    } else if of.gate == Gate::Hard {
        Verdict::HardBreach
    } else {
        Verdict::SoftBreach
    }
}
