//! A phase as it stands in the configuration.

use serde::{Deserialize, Serialize};
use toml::Spanned;

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
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Phase {
    /// Its name.
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
    /// Samples before those of a run, which do not count.
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
pub(crate) const MOST_SAMPLES: u64 = 10_000_000;

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

/// The table as it is written, each key that may be impossible with its place.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Table {
    target: Span,
    gate: Gate,
    fail_above: Option<Spanned<Span>>,
    at_least: Option<Spanned<Span>>,
    samples: Spanned<u64>,
    quick_samples: Option<Spanned<u64>>,
    warmup: Option<Spanned<u64>>,
    steps: Option<Spanned<Vec<String>>>,
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

/// What is wrong with a table, and where that begins in the file.
pub(super) type Refused = (usize, String);

impl Table {
    /// How a sample is made.
    pub(super) fn run(&self) -> &RunKind {
        &self.run
    }

    /// The phase `name`, if nothing about it is impossible.
    pub(super) fn phase(self, name: String) -> Result<Phase, Refused> {
        self.check_counts()?;
        self.check_limits()?;
        self.check_steps()?;
        let samples = self.samples.into_inner();
        let tenth = samples.div_ceil(10).max(3).min(samples);
        let default = Tolerance::default();
        Ok(Phase {
            name,
            target: self.target,
            gate: self.gate,
            fail_above: self.fail_above.map(Spanned::into_inner),
            at_least: self.at_least.map(Spanned::into_inner),
            samples,
            quick_samples: self.quick_samples.map_or(tenth, Spanned::into_inner),
            warmup: self.warmup.map_or(0, Spanned::into_inner),
            steps: self.steps.map_or_else(Vec::new, Spanned::into_inner),
            run: self.run,
            what: self.what,
            why: self.why,
            tolerance: Tolerance {
                relative: self.tolerance.map_or(default.relative, |share| share.0),
                absolute_ms: self
                    .absolute_tolerance
                    .map_or(default.absolute_ms, Span::milliseconds),
            },
        })
    }

    fn check_counts(&self) -> Result<(), Refused> {
        let counts = [
            ("samples", Some(&self.samples)),
            ("quick-samples", self.quick_samples.as_ref()),
        ];
        for (key, value) in counts {
            let Some(value) = value else { continue };
            if !(1..=MOST_SAMPLES).contains(value.get_ref()) {
                let message = format!(
                    "`{key}` is {}; it takes 1 to {MOST_SAMPLES}",
                    value.get_ref()
                );
                return Err((value.span().start, message));
            }
        }
        let Some(warmup) = &self.warmup else {
            return Ok(());
        };
        let at = warmup.span().start;
        if *warmup.get_ref() > MOST_SAMPLES {
            return Err((at, format!("`warmup` is more than {MOST_SAMPLES}")));
        }
        if matches!(self.run, RunKind::Stress { .. }) && *warmup.get_ref() > 0 {
            let message = "a stress run warms up by itself: no `warmup` beside `stress`";
            return Err((at, message.to_owned()));
        }
        Ok(())
    }

    fn check_limits(&self) -> Result<(), Refused> {
        let target = self.target;
        if let (RunKind::Stress { .. }, Some(least)) = (&self.run, &self.at_least) {
            let message = "a stress run's times are rounded down, by one part in a thousand: no \
                           `at-least` beside `stress`";
            return Err((least.span().start, message.to_owned()));
        }
        if let Some(least) = self.at_least.as_ref().filter(|it| *it.get_ref() > target) {
            let message = format!(
                "`at-least` ({}) is above the target ({target}): no sample could meet both",
                least.get_ref()
            );
            return Err((least.span().start, message));
        }
        if let Some(limit) = self.fail_above.as_ref().filter(|it| *it.get_ref() < target) {
            let message = format!(
                "`fail-above` ({}) is below the target ({target})",
                limit.get_ref()
            );
            return Err((limit.span().start, message));
        }
        Ok(())
    }

    fn check_steps(&self) -> Result<(), Refused> {
        let Some(steps) = self.steps.as_ref().filter(|it| !it.get_ref().is_empty()) else {
            return Ok(());
        };
        let refused = |message: &str| Err((steps.span().start, message.to_owned()));
        if self.run != RunKind::Function {
            return refused(
                "`steps` are what a function gives its `Stopwatch`: a request, a command and a \
                 stress run have none",
            );
        }
        let mut names: Vec<&String> = steps.get_ref().iter().collect();
        names.sort();
        if names.windows(2).any(|pair| pair[0] == pair[1]) || names.iter().any(|n| n.is_empty()) {
            return refused("`steps` names each step once, and no step is empty");
        }
        Ok(())
    }
}
