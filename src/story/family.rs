//! Finds the experiments in a heap of runs: configurations that differ in
//! exactly one factor.

use std::collections::BTreeMap;

use super::factor::order;
use super::{Comparison, Factors, RunSet};

/// Configurations that are equal but for one factor, in the order of its values.
#[derive(Clone, Debug)]
pub struct Family<'a> {
    /// The factor.
    pub factor: String,
    /// What all of them have in common.
    pub rest: Factors,
    /// The configurations, two or more.
    pub members: Vec<RunSet<'a>>,
}

/// Up to this many members every pair is compared; beyond, neighbours and the
/// two ends.
const ALL_PAIRS: usize = 4;

impl<'a> Family<'a> {
    /// Finds every family among `sets`, ordered by factor and the rest.
    #[must_use]
    pub fn find(sets: &[RunSet<'a>]) -> Vec<Self> {
        let mut names: Vec<&str> = sets
            .iter()
            .flat_map(|set| set.factors.shown())
            .map(|(name, _)| name)
            .collect();
        names.sort_unstable();
        names.dedup();
        let mut families = Vec::new();
        for name in names {
            let mut by_rest: BTreeMap<Factors, Vec<&RunSet<'a>>> = BTreeMap::new();
            for set in sets {
                by_rest
                    .entry(set.factors.without(name))
                    .or_default()
                    .push(set);
            }
            for (rest, mut members) in by_rest {
                let first = members[0].factors.get(name);
                if members.iter().all(|set| set.factors.get(name) == first) {
                    continue;
                }
                members.sort_by(|a, b| by_value(name, a, b));
                families.push(Self {
                    factor: name.to_owned(),
                    rest,
                    members: members.into_iter().cloned().collect(),
                });
            }
        }
        families
    }

    /// The pairs of members worth a table.
    #[must_use]
    pub fn comparisons(&self, tolerance: f64) -> Vec<Comparison<'a>> {
        let count = self.members.len();
        let mut pairs = Vec::new();
        if count <= ALL_PAIRS {
            for before in 0..count {
                pairs.extend((before + 1..count).map(|after| (before, after)));
            }
        } else {
            pairs.extend((1..count).map(|after| (after - 1, after)));
            pairs.push((0, count - 1));
        }
        let value = |index: usize| self.members[index].factors.get(&self.factor);
        pairs
            .into_iter()
            // The same configuration on two machines is no experiment of this factor.
            .filter(|(before, after)| value(*before) != value(*after))
            .map(|(before, after)| {
                let (before, after) = (&self.members[before], &self.members[after]);
                Comparison::new(before.clone(), after.clone(), tolerance)
            })
            .collect()
    }
}

/// Commits are ordered by when they were measured, if that is known.
fn by_value(name: &str, a: &RunSet<'_>, b: &RunSet<'_>) -> std::cmp::Ordering {
    let by_value = order(a.factors.get(name), b.factors.get(name));
    let started = |set: &RunSet<'_>| set.runs[0].started.clone();
    match (name, started(a), started(b)) {
        ("commit", Some(a), Some(b)) => a.cmp(&b).then(by_value),
        _ => by_value,
    }
}
