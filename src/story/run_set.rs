//! Runs of one configuration: same factors, same machine.

use std::collections::BTreeMap;

use super::statistics::median;
use super::{Factors, Machine, Metric, Numbers, Profile};

/// The runs of one configuration, oldest first.
#[derive(Clone, Debug)]
pub struct RunSet<'a> {
    /// What the runs have in common.
    pub factors: &'a Factors,
    /// The machine they ran on, if that was recorded.
    pub machine: Option<&'a Machine>,
    /// The runs; never empty.
    pub runs: Vec<&'a Profile>,
}

impl<'a> RunSet<'a> {
    /// Sorts `profiles` into configurations, in the order of their first run.
    #[must_use]
    pub fn group(profiles: &'a [Profile]) -> Vec<Self> {
        let mut places: BTreeMap<(&Factors, Option<&Machine>), usize> = BTreeMap::new();
        let mut sets: Vec<Self> = Vec::new();
        for profile in profiles {
            let key = (&profile.factors, profile.machine.as_ref());
            let place = *places.entry(key).or_insert_with(|| {
                sets.push(Self {
                    factors: key.0,
                    machine: key.1,
                    runs: Vec::new(),
                });
                sets.len() - 1
            });
            sets[place].runs.push(profile);
        }
        for set in &mut sets {
            set.runs.sort_by(|a, b| {
                let started = a.started.cmp(&b.started);
                started.then_with(|| a.file.cmp(&b.file))
            });
        }
        sets
    }

    /// All of `profiles` as one configuration, whether they are or not; `None` of none.
    #[must_use]
    pub fn of(profiles: &'a [Profile]) -> Option<Self> {
        let first = profiles.first()?;
        Some(Self {
            factors: &first.factors,
            machine: first.machine.as_ref(),
            runs: profiles.iter().collect(),
        })
    }

    /// `metric` of each run that has it, oldest run first.
    #[must_use]
    pub fn values(&self, metric: Metric) -> Vec<f64> {
        let values = self.runs.iter().map(|run| metric.of(&run.numbers));
        values.flatten().collect()
    }

    /// The median of `metric` over the runs.
    #[must_use]
    pub fn value(&self, metric: Metric) -> Option<f64> {
        median(&self.values(metric))
    }

    /// Failed requests of all runs, and their part of all requests.
    #[must_use]
    pub fn failures(&self) -> Numbers {
        let sum = |of: fn(&Numbers) -> f64| self.runs.iter().map(|run| of(&run.numbers)).sum();
        Numbers {
            requests: sum(|numbers| numbers.requests),
            failures: sum(|numbers| numbers.failures),
            ..Numbers::default()
        }
    }

    /// The run whose throughput is the median one: what plots show of the set.
    #[must_use]
    pub fn typical(&self) -> &'a Profile {
        let mut runs = self.runs.clone();
        let rps = |run: &Profile| run.numbers.rps.unwrap_or(0.0);
        runs.sort_by(|a, b| rps(a).total_cmp(&rps(b)).then_with(|| a.file.cmp(&b.file)));
        runs[(runs.len() - 1) / 2]
    }
}
