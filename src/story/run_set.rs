//! Runs of one configuration: same factors, same machine.

use std::collections::BTreeMap;

use super::histogram::Histogram;
use super::statistics::median;
use super::{Factors, Machine, Metric, Numbers, Profile};

/// The runs of one configuration, oldest first.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RunSet<'a> {
    /// What the runs have in common.
    pub factors: &'a Factors,
    /// The machine they ran on, if that was recorded.
    pub machine: Option<&'a Machine>,
    /// The runs; never empty.
    pub runs: Vec<&'a Profile>,
    /// The figures of all runs together.
    numbers: Numbers,
}

impl<'a> RunSet<'a> {
    /// Sorts `profiles` into configurations, in the order of their first run.
    #[must_use]
    pub fn group(profiles: &'a [Profile]) -> Vec<Self> {
        type Key<'a> = (&'a Factors, Option<&'a Machine>);
        let mut places: BTreeMap<Key<'_>, usize> = BTreeMap::new();
        let mut groups: Vec<(Key<'_>, Vec<&Profile>)> = Vec::new();
        for profile in profiles {
            let key = (&profile.factors, profile.machine.as_ref());
            let place = *places.entry(key).or_insert_with(|| {
                groups.push((key, Vec::new()));
                groups.len() - 1
            });
            groups[place].1.push(profile);
        }
        let sets = groups.into_iter().map(|((factors, machine), mut runs)| {
            runs.sort_by(|a, b| {
                let started = a.started.cmp(&b.started);
                started.then_with(|| a.file.cmp(&b.file))
            });
            Self::new(factors, machine, runs)
        });
        sets.collect()
    }

    /// All of `profiles` as one configuration, whether they are or not; `None` of none.
    #[must_use]
    pub fn of(profiles: &'a [Profile]) -> Option<Self> {
        let first = profiles.first()?;
        let runs = profiles.iter().collect();
        Some(Self::new(&first.factors, first.machine.as_ref(), runs))
    }

    fn new(factors: &'a Factors, machine: Option<&'a Machine>, runs: Vec<&'a Profile>) -> Self {
        let numbers = match runs.as_slice() {
            [one] => one.numbers,
            _ => together(&runs),
        };
        Self {
            factors,
            machine,
            runs,
            numbers,
        }
    }

    /// `metric` of each run that has it, oldest run first: what an interval over
    /// runs is computed from.
    #[must_use]
    pub fn values(&self, metric: Metric) -> Vec<f64> {
        values(&self.runs, metric)
    }

    /// `metric` of all runs together: percentiles and the mean are those of every
    /// request of every run, requests and their rate are the median over runs.
    #[must_use]
    pub fn value(&self, metric: Metric) -> Option<f64> {
        metric.of(&self.numbers)
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

    /// Response times by percentile, of all runs together where their histograms
    /// are known, else of the typical run.
    #[must_use]
    pub fn curve(&self) -> Vec<(f64, f64)> {
        match self.runs.as_slice() {
            [one] => one.curve(),
            runs => pooled(runs).map_or_else(|| self.typical().curve(), |all| all.curve()),
        }
    }

    /// The run whose throughput is the median one: what plots over time show.
    #[must_use]
    pub fn typical(&self) -> &'a Profile {
        typical(&self.runs)
    }

    /// Whether the throughput is a floor, because the load generator was the limit
    /// in one of the runs. Never so of an open loop, whose rate was chosen.
    #[must_use]
    pub fn is_floor(&self) -> bool {
        self.runs.iter().any(|run| run.is_floor())
    }

    /// The run that makes the throughput a floor: the typical one if it is one.
    pub(super) fn floor_run(&self) -> Option<&'a Profile> {
        let typical = std::iter::once(self.typical());
        let mut runs = typical.chain(self.runs.iter().copied());
        runs.find(|run| run.is_floor())
    }

    /// Whether the response times are a ceiling, because requests of an open loop
    /// left late, and count from when they were due.
    #[must_use]
    pub fn is_ceiling(&self) -> bool {
        self.runs.iter().any(|run| run.is_ceiling())
    }
}

fn values(runs: &[&Profile], metric: Metric) -> Vec<f64> {
    let values = runs.iter().map(|run| metric.of(&run.numbers));
    values.flatten().collect()
}

fn typical<'a>(runs: &[&'a Profile]) -> &'a Profile {
    let mut runs = runs.to_vec();
    let rps = |run: &Profile| run.numbers.rps.unwrap_or(0.0);
    runs.sort_by(|a, b| rps(a).total_cmp(&rps(b)).then_with(|| a.file.cmp(&b.file)));
    runs[(runs.len() - 1) / 2]
}

/// Every request of every run in one histogram; `None` where a run has none.
fn pooled(runs: &[&Profile]) -> Option<Histogram> {
    let mut all = Histogram::default();
    for run in runs {
        all.add(&run.histogram()?);
    }
    Some(all)
}

/// The figures of several runs. A percentile of all requests is not the mean of
/// percentiles; where tables are all there is, it is that of the middle run.
fn together(runs: &[&Profile]) -> Numbers {
    let middle = |metric: Metric| {
        let mut values = values(runs, metric);
        values.sort_by(f64::total_cmp);
        let last = values.len().checked_sub(1)?;
        values.get(last / 2).copied()
    };
    let all = pooled(runs);
    let percentile = |metric: Metric, percent: f64| {
        let of_all = all.as_ref().and_then(|all| all.percentile_ms(percent));
        of_all.or_else(|| middle(metric))
    };
    let requests: f64 = runs.iter().map(|run| run.numbers.requests).sum();
    let failures: f64 = runs.iter().map(|run| run.numbers.failures).sum();
    let waited = runs
        .iter()
        .map(|run| Some(run.numbers.mean_ms? * run.numbers.requests));
    let waited: Option<f64> = waited.sum();
    let per_run = median(&values(runs, Metric::Requests)).unwrap_or(0.0);
    Numbers {
        requests: per_run,
        // So that the share is that of all requests.
        failures: if requests > 0.0 {
            per_run * failures / requests
        } else {
            0.0
        },
        p50_ms: percentile(Metric::P50, 50.0),
        p95_ms: percentile(Metric::P95, 95.0),
        p99_ms: percentile(Metric::P99, 99.0),
        mean_ms: waited
            .filter(|_| requests > 0.0)
            .map(|waited| waited / requests),
        rps: median(&values(runs, Metric::Rps)),
    }
}
