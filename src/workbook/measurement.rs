//! A phase, measured.

use serde::{Deserialize, Serialize};

use super::summary::Tally;
use super::{Gate, Histogram, Phase, Summary};

/// A phase, measured: its limits as they were then, and its figures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Measurement {
    /// The phase's name.
    pub phase: String,
    /// Its gate.
    pub gate: Gate,
    /// Its target, in milliseconds.
    pub target_ms: f64,
    /// Where its gate breaks, in milliseconds.
    pub limit_ms: f64,
    /// What no sample may be shorter than, in milliseconds.
    #[serde(default)]
    pub at_least_ms: Option<f64>,
    /// The target as people wrote it.
    pub target: String,
    /// Samples before those that count.
    #[serde(default)]
    pub warmup: u64,
    /// How a Rust function was built, `dev` or `release`; empty of anything else.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub build: String,
    /// The figures.
    pub summary: Summary,
    /// Every sample, in microseconds; absent from results others published.
    #[serde(default)]
    pub histogram: Option<Histogram>,
    /// Every sample up to some seconds, in nanoseconds, of a phase that takes less
    /// than 100 microseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nanoseconds: Option<Histogram>,
    /// Parts of a sample, in order.
    #[serde(default)]
    pub steps: Vec<Step>,
    /// The distribution, where only that was published.
    #[serde(default)]
    pub bins: Vec<Bin>,
}

/// A named part of a sample.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Step {
    /// Its name.
    pub name: String,
    /// Its figures.
    pub summary: Summary,
    /// Every sample, in microseconds.
    #[serde(default)]
    pub histogram: Option<Histogram>,
}

/// A bar of a distribution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Bin {
    /// Where it begins, in milliseconds.
    pub from_ms: f64,
    /// Where it ends.
    pub to_ms: f64,
    /// The part of all samples in it, 0 to 1.
    pub share: f64,
}

/// A phase that was to be measured and could not be, for a reason that is no
/// failure: what it needs is not here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Missing {
    /// The phase's name.
    pub phase: String,
    /// Why not.
    pub reason: String,
}

impl Missing {
    /// Phase `phase`, because of `reason`.
    #[must_use]
    pub fn of(phase: &str, reason: &str) -> Self {
        Self {
            phase: phase.to_owned(),
            reason: reason.to_owned(),
        }
    }
}

impl Measurement {
    pub(crate) fn new(phase: &Phase, warmup: u64, all: &Tally, steps: &[(String, Tally)]) -> Self {
        let step = |(name, tally): &(String, Tally)| Step {
            name: name.clone(),
            summary: Summary::of_tally(tally),
            histogram: Some(tally.histogram.clone()),
        };
        Self {
            phase: phase.name.clone(),
            gate: phase.gate,
            target_ms: phase.target.milliseconds(),
            limit_ms: phase.limit().milliseconds(),
            at_least_ms: phase.at_least.map(super::Span::milliseconds),
            target: phase.target_text(),
            warmup,
            build: String::new(),
            summary: Summary::of_tally(all),
            histogram: Some(all.histogram.clone()),
            nanoseconds: all.fine().cloned(),
            steps: steps.iter().map(step).collect(),
            bins: Vec::new(),
        }
    }

    /// What cannot be among its figures, with its place; `None` where all can be.
    pub(super) fn impossible(&self) -> Option<String> {
        let times = self.times().into_iter().find_map(|(place, value)| {
            let wrong = value.filter(|ms| !ms.is_finite() || *ms < 0.0)?;
            Some(format!("{place} is {wrong} ms"))
        });
        let mut shares = self.bins.iter().map(|bin| bin.share);
        let share = shares.find(|share| !(0.0..=1.0).contains(share));
        let share = share.map(|wrong| format!("the share of a bin is {wrong}, which is 0 to 1"));
        let reason = times.or(share)?;
        Some(format!("phase `{}`: {reason}", self.phase))
    }

    /// All its times, in milliseconds, with their places.
    fn times(&self) -> Vec<(String, Option<f64>)> {
        let mut all = vec![
            ("its target".to_owned(), Some(self.target_ms)),
            ("its limit".to_owned(), Some(self.limit_ms)),
            ("its bound".to_owned(), self.at_least_ms),
        ];
        for (name, value) in self.summary.figures() {
            all.push((format!("its {name}"), value));
        }
        for step in &self.steps {
            for (name, value) in step.summary.figures() {
                all.push((format!("step `{}`, its {name}", step.name), value));
            }
        }
        for bin in &self.bins {
            all.push(("a bin's beginning".to_owned(), Some(bin.from_ms)));
            all.push(("a bin's end".to_owned(), Some(bin.to_ms)));
        }
        all
    }

    /// The finest histogram there is, and how many of its units are a millisecond.
    pub(crate) fn finest(&self) -> Option<(&Histogram, f64)> {
        let fine = self.nanoseconds.as_ref().map(|times| (times, 1e6));
        fine.or_else(|| self.histogram.as_ref().map(|times| (times, 1e3)))
    }
}
