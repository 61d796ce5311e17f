//! Finds the experiments in a heap of runs: configurations that differ in
//! exactly one factor.

use std::collections::BTreeMap;

use super::factor::{is_ordered, order};
use super::{Comparison, Factors, Metric, RunSet};

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
            // Two scenarios are two loads: which is faster says nothing.
            .filter(|name| *name != "scenario")
            .collect();
        names.sort_unstable();
        names.dedup();
        let mut families = Vec::new();
        for name in names {
            let mut by_rest: BTreeMap<Factors, Vec<&RunSet<'a>>> = BTreeMap::new();
            // Who is sampled is slower by what the sampling costs.
            for set in sets
                .iter()
                .filter(|set| set.factors.get("sampled").is_none())
            {
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
                sort(name, &mut members);
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

/// Sorts the members of a family so that a change reads as one expects: what is not
/// stated first, numbers by size, a switch from on to off, commits by when they were
/// measured, and everything else from the slower to the faster.
fn sort(name: &str, members: &mut [&RunSet<'_>]) {
    let value = |set: &RunSet<'_>| set.factors.get(name).map(str::to_owned);
    if name == "commit" {
        members.sort_by_key(|set| (set.runs[0].started.clone(), value(set)));
        return;
    }
    let stated: Vec<String> = members.iter().filter_map(|set| value(set)).collect();
    if stated.iter().all(|one| is_ordered(one, &stated[0])) {
        members.sort_by(|a, b| order(a.factors.get(name), b.factors.get(name)));
        return;
    }
    let rps = |set: &RunSet<'_>| set.value(Metric::Rps).unwrap_or(0.0);
    members.sort_by(|a, b| {
        let stated = value(a).is_some().cmp(&value(b).is_some());
        let faster = rps(a).total_cmp(&rps(b));
        stated.then(faster).then_with(|| value(a).cmp(&value(b)))
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::story::Profile;

    fn profile(factor: &str, value: &str, rps: f64) -> Profile {
        let table = format!(
            "Type,Name,Request Count,Failure Count,Median Response Time,Requests/s\n\
             ,Aggregated,10,0,1,{rps}\n"
        );
        let crate::locust::read::Table::Stats(stats) =
            crate::locust::read::parse(table.as_bytes()).unwrap()
        else {
            panic!("a table of statistics");
        };
        let mut factors = Factors::new();
        factors.set(factor, value);
        Profile::of_stats(format!("{value}.csv"), factors, &stats).unwrap()
    }

    #[track_caller]
    fn check(factor: &str, runs: &[(&str, f64)], expected: &[&str]) {
        let profiles: Vec<Profile> = runs
            .iter()
            .map(|(value, rps)| profile(factor, value, *rps))
            .collect();
        let families = Family::find(&RunSet::group(&profiles));
        let values: Vec<&str> = families
            .iter()
            .flat_map(|family| &family.members)
            .filter_map(|set| set.factors.get(factor))
            .collect();
        assert_eq!(values, expected);
    }

    #[test]
    fn names_are_ordered_from_the_slower_to_the_faster() {
        check(
            "service",
            &[("ours", 900.0), ("theirs", 90.0)],
            &["theirs", "ours"],
        );
        check(
            "writer",
            &[("batching", 9.0), ("naive", 3.0)],
            &["naive", "batching"],
        );
        let syncing = [("full", 10.0), ("normal", 12.0), ("off", 30.0)];
        check("synchronous", &syncing, &["full", "normal", "off"]);
    }

    #[test]
    fn numbers_and_switches_keep_their_order_whatever_is_faster() {
        check("workers", &[("12", 5.0), ("2", 9.0)], &["2", "12"]);
        check("tracing", &[("off", 5.0), ("on", 9.0)], &["on", "off"]);
        // Neither all numbers nor a switch: no mixture of two orders.
        check(
            "size",
            &[("1", 9.0), ("2", 3.0), ("huge", 5.0)],
            &["2", "huge", "1"],
        );
    }

    #[test]
    fn a_sampled_run_is_compared_with_no_other() {
        check("sampled", &[("perf", 5.0), ("other", 9.0)], &[]);
    }

    #[test]
    fn two_scenarios_are_no_experiment() {
        check("scenario", &[("ingest", 5.0), ("dashboard", 9.0)], &[]);
    }
}
