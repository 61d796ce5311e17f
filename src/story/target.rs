//! What the settings ask of runs: limits to hold, and pairs to set side by side.

use std::cmp::Reverse;

use super::{Factors, Metric, RunSet};

/// What a set-up has to reach.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// What to call it.
    pub name: String,
    /// The factors of the set-up that is judged.
    pub select: Factors,
    /// The fewest requests per second.
    pub min_rps: Option<f64>,
    /// The longest 95th percentile, in milliseconds.
    pub max_p95_ms: Option<f64>,
    /// The longest 99th percentile, in milliseconds.
    pub max_p99_ms: Option<f64>,
    /// The largest part of all requests that may fail, 0 to 1.
    pub max_fail_rate: f64,
}

/// Two set-ups that differ in several factors, as whole stacks do.
#[derive(Clone, Debug, PartialEq)]
pub struct Ratio {
    /// What to call the pair.
    pub name: String,
    /// The factors of one side.
    pub before: Factors,
    /// The factors of the other.
    pub after: Factors,
}

/// Whether a target was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reached {
    /// Every limit is held.
    Held,
    /// A limit is not.
    Missed,
    /// The throughput is short of its limit, but the load generator was the
    /// limit: nobody knows.
    Open,
    /// No run is of this set-up.
    NotMeasured,
}

impl Reached {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Missed => "missed",
            Self::Open => "open: the generator was the limit",
            Self::NotMeasured => "not measured",
        }
    }
}

impl Target {
    /// Holds the runs of `set` against the limits.
    #[must_use]
    pub fn judge(&self, set: Option<&RunSet<'_>>) -> Reached {
        let Some(set) = set else {
            return Reached::NotMeasured;
        };
        let within = |metric: Metric, most: Option<f64>| {
            most.is_none_or(|most| set.value(metric).is_some_and(|value| value <= most))
        };
        let times = within(Metric::P95, self.max_p95_ms) && within(Metric::P99, self.max_p99_ms);
        let failures = set.failures().failure_share() <= self.max_fail_rate;
        let rate = self
            .min_rps
            .is_none_or(|least| set.value(Metric::Rps).is_some_and(|rps| rps >= least));
        match (times && failures, rate) {
            (true, true) => Reached::Held,
            (true, false) if set.is_floor() => Reached::Open,
            _ => Reached::Missed,
        }
    }
}

/// Of the sets that `select` fits, the one with the fewest factors other than those
/// of `base`; of several the one that was measured last.
pub(super) fn selected<'s, 'a>(
    sets: &'s [RunSet<'a>],
    select: &Factors,
    base: &Factors,
) -> Option<&'s RunSet<'a>> {
    let fitting = sets.iter().filter(|set| fits(set, select));
    fitting.min_by_key(|set| (apart(set, select, base), Reverse(started(set))))
}

/// The same of two selections, of one machine and commit where there is such a pair.
pub(super) fn selected_pair<'s, 'a>(
    sets: &'s [RunSet<'a>],
    ratio: &Ratio,
    base: &Factors,
) -> Option<(&'s RunSet<'a>, &'s RunSet<'a>)> {
    let before = sets.iter().filter(|set| fits(set, &ratio.before));
    let after = || sets.iter().filter(|set| fits(set, &ratio.after));
    let pairs = before.flat_map(|before| after().map(move |after| (before, after)));
    pairs.min_by_key(|(before, after)| {
        let apart = apart(before, &ratio.before, base) + apart(after, &ratio.after, base);
        let moved = before.machine != after.machine;
        let changed = before.factors.get("commit") != after.factors.get("commit");
        (
            apart,
            moved,
            changed,
            Reverse(started(after)),
            Reverse(started(before)),
        )
    })
}

fn fits(set: &RunSet<'_>, select: &Factors) -> bool {
    let stated = select.shown();
    let mut stated = stated.iter();
    stated.all(|(name, value)| set.factors.get(name) == Some(*value))
}

/// How many factors that nobody asked for are not those of the base.
fn apart(set: &RunSet<'_>, select: &Factors, base: &Factors) -> usize {
    let differing = set.factors.differing(base);
    let others = differing
        .iter()
        .filter(|name| **name != "commit" && select.get(name).is_none());
    others.count()
}

fn started(set: &RunSet<'_>) -> Option<String> {
    set.runs.last().and_then(|run| run.started.clone())
}
