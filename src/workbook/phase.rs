//! A phase as it stands in the configuration.

use serde::{Deserialize, Serialize};

use super::{RunKind, Span};

/// What happens when a phase misses its target by far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Gate {
    /// The gate fails.
    Hard,
    /// The gate warns, and writes a ticket.
    Soft,
}

impl Gate {
    /// `hard` or `soft`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Hard => "hard",
            Self::Soft => "soft",
        }
    }
}

/// How much slower than its base a phase may be before that is a regression:
/// both must be exceeded.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Tolerance {
    /// A share: 0.1 is 10 percent.
    pub relative: f64,
    /// A length of time in milliseconds.
    pub absolute_ms: f64,
}

impl Default for Tolerance {
    fn default() -> Self {
        Self {
            relative: 0.1,
            absolute_ms: 0.0,
        }
    }
}

/// A phase, checked.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Table")]
#[non_exhaustive]
pub struct Phase {
    /// Its name; filled in by [`Settings`](super::Settings).
    #[serde(skip)]
    pub name: String,
    /// What its 95th percentile is to stay under.
    pub target: Span,
    /// What happens above the limit.
    pub gate: Gate,
    /// Where the gate breaks, if not at 3 x target.
    pub fail_above: Option<Span>,
    /// What no sample may be shorter than: a wait that must wait.
    pub at_least: Option<Span>,
    /// Samples of a full measurement.
    pub samples: u64,
    /// Samples under `cargo nextest run --profile bench`.
    pub quick_samples: u64,
    /// Samples before that, which do not count.
    pub warmup: u64,
    /// Named parts of a sample, in order.
    pub steps: Vec<String>,
    /// How a sample is made.
    pub run: RunKind,
    /// What it measures, for the page.
    pub what: String,
    /// Why it has a target, for the page.
    pub why: String,
    /// How much slower than a base it may be.
    pub tolerance: Tolerance,
}

/// How many times the target a phase may take before its gate breaks.
const FACTOR: u64 = 3;

/// What one table can ask for at most.
const MOST_SAMPLES: u64 = 10_000_000;

impl Phase {
    /// Where the gate breaks.
    #[must_use]
    pub fn limit(&self) -> Span {
        self.fail_above
            .unwrap_or_else(|| Span::of_microseconds(self.target.microseconds() * FACTOR))
    }

    /// The target as a page shows it: `5 s`, or `soft 5 s, hard 60 s`.
    #[must_use]
    pub fn target_text(&self) -> String {
        match self.fail_above {
            Some(limit) => format!("soft {}, hard {limit}", self.target),
            None => self.target.to_string(),
        }
    }
}

/// The table as it is written.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Table {
    target: Span,
    gate: Gate,
    fail_above: Option<Span>,
    at_least: Option<Span>,
    samples: u64,
    quick_samples: Option<u64>,
    #[serde(default)]
    warmup: u64,
    #[serde(default)]
    steps: Vec<String>,
    #[serde(default)]
    run: RunKind,
    #[serde(default)]
    what: String,
    #[serde(default)]
    why: String,
    tolerance: Option<Share>,
    absolute_tolerance: Option<Span>,
}

/// A share above 0 and below 10.
#[derive(Debug, Deserialize)]
#[serde(try_from = "f64")]
struct Share(f64);

impl TryFrom<f64> for Share {
    type Error = &'static str;

    fn try_from(value: f64) -> Result<Self, Self::Error> {
        if value > 0.0 && value < 10.0 {
            Ok(Self(value))
        } else {
            Err("a tolerance is a share such as 0.1, above 0 and below 10")
        }
    }
}

impl TryFrom<Table> for Phase {
    type Error = String;

    fn try_from(table: Table) -> Result<Self, String> {
        let quick = table.quick_samples.unwrap_or_else(|| {
            let tenth = table.samples.div_ceil(10);
            tenth.max(3).min(table.samples)
        });
        for (key, value) in [("samples", table.samples), ("quick-samples", quick)] {
            if !(1..=MOST_SAMPLES).contains(&value) {
                return Err(format!("`{key}` is {value}; it takes 1 to {MOST_SAMPLES}"));
            }
        }
        if table.warmup > MOST_SAMPLES {
            return Err(format!("`warmup` is more than {MOST_SAMPLES}"));
        }
        if let Some(least) = table.at_least.filter(|least| *least > table.target) {
            return Err(format!(
                "`at-least` ({least}) is above the target ({}): no sample could meet both",
                table.target
            ));
        }
        if let Some(limit) = table.fail_above.filter(|limit| *limit < table.target) {
            return Err(format!(
                "`fail-above` ({limit}) is below the target ({})",
                table.target
            ));
        }
        let mut names: Vec<&String> = table.steps.iter().collect();
        names.sort();
        if names.windows(2).any(|pair| pair[0] == pair[1]) || names.iter().any(|n| n.is_empty()) {
            return Err("`steps` names each step once, and no step is empty".to_owned());
        }
        let default = Tolerance::default();
        Ok(Self {
            name: String::new(),
            target: table.target,
            gate: table.gate,
            fail_above: table.fail_above,
            at_least: table.at_least,
            samples: table.samples,
            quick_samples: quick,
            warmup: table.warmup,
            steps: table.steps,
            run: table.run,
            what: table.what,
            why: table.why,
            tolerance: Tolerance {
                relative: table.tolerance.map_or(default.relative, |share| share.0),
                absolute_ms: table
                    .absolute_tolerance
                    .map_or(default.absolute_ms, Span::milliseconds),
            },
        })
    }
}
