//! `development/bench-artifacts/<date>/lens-costs.json`: one measurement.
//!
//! `schema` is 1; a reader refuses a number it does not know, and fields are only
//! ever added within one. Times end in their unit. Shares and changes are parts: a
//! change of 0.05 is 5 percent more. Raw values are kept for each round, so that
//! everything else can be computed again.

use serde::{Deserialize, Serialize};
use shakedown::stress::{Machine, Revision};

use super::change::Against;

/// The version of the format that this code writes and reads.
pub(crate) const SCHEMA: u32 = 1;

/// One measurement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Report {
    pub(crate) schema: u32,
    /// UTC, RFC 3339.
    pub(crate) started: String,
    pub(crate) revision: Revision,
    /// As it was during the last run.
    pub(crate) machine: Machine,
    pub(crate) sizes: Sizes,
    /// How often each set-up was to be run under each load.
    pub(crate) rounds: usize,
    pub(crate) loads: Vec<Load>,
    pub(crate) instructions: Instructions,
    /// Set-ups that were not measured, each with its reason.
    pub(crate) left_out: Vec<(String, String)>,
    /// Runs that failed, as they were told.
    pub(crate) troubles: Vec<String>,
}

/// How the runs were sized.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Sizes {
    pub(crate) users: usize,
    pub(crate) spawn_rate: f64,
    pub(crate) duration_s: f64,
    pub(crate) workers: Option<usize>,
    pub(crate) server_cores: Option<String>,
    pub(crate) generator_cores: Option<String>,
    pub(crate) seed: u64,
}

/// All set-ups under one load.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Load {
    /// `saturation` or `published`.
    pub(crate) name: String,
    /// Arrivals a second of an open loop.
    pub(crate) rate: Option<f64>,
    pub(crate) cases: Vec<Case>,
}

/// One set-up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Case {
    pub(crate) id: String,
    pub(crate) title: String,
    /// The set-up that it is compared with.
    pub(crate) baseline: Option<String>,
    pub(crate) rounds: Vec<Round>,
    /// What it costs more than its baseline; none without that, or without rounds.
    pub(crate) against: Option<Against>,
}

/// What one run showed. RPS and response times are of the time with all users, the
/// rest is of the whole run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Round {
    /// From 1.
    pub(crate) round: usize,
    /// When in that round, from 1.
    pub(crate) turn: usize,
    pub(crate) rps: f64,
    /// Of the server's process, user and system, a request.
    pub(crate) cpu_us: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p95_ms: f64,
    pub(crate) requests: u64,
    pub(crate) failures: u64,
    /// Spans, by the service's last words.
    pub(crate) made: u64,
    pub(crate) exported: u64,
    pub(crate) dropped: u64,
    /// Spans, by the collector.
    pub(crate) received: u64,
    /// Of the machine's processor time: not idle, and given to other machines.
    pub(crate) busy_share: f64,
    pub(crate) steal_share: f64,
}

/// Instructions a request, counted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Instructions {
    /// Requests that were counted in each run.
    pub(crate) requests: u64,
    pub(crate) counted: Vec<Counted>,
    /// Why nothing was counted.
    pub(crate) skipped: Option<String>,
}

/// Those of one build.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Counted {
    /// The set-up.
    pub(crate) case: String,
    /// Of each run.
    pub(crate) per_request: Vec<f64>,
}

impl Report {
    /// The load called `name`.
    pub(crate) fn load(&self, name: &str) -> Option<&Load> {
        self.loads.iter().find(|load| load.name == name)
    }
}

impl Load {
    /// The set-up `id`.
    pub(crate) fn case(&self, id: &str) -> Option<&Case> {
        self.cases.iter().find(|case| case.id == id)
    }

    /// Compares each set-up with its baseline.
    pub(crate) fn compare(&mut self) {
        let known = self.cases.clone();
        for case in &mut self.cases {
            let baseline = case.baseline.as_ref();
            let baseline = baseline.and_then(|id| known.iter().find(|of| of.id == *id));
            case.against = baseline.and_then(|of| Against::of(&of.rounds, &case.rounds));
        }
    }
}

impl Case {
    /// The median of what `of` takes from its rounds.
    pub(crate) fn median(&self, of: impl Fn(&Round) -> f64) -> Option<f64> {
        let values: Vec<f64> = self.rounds.iter().map(of).collect();
        shakedown::story::statistics::median(&values)
    }

    /// The sum of what `of` takes from its rounds.
    pub(crate) fn sum(&self, of: impl Fn(&Round) -> u64) -> u64 {
        self.rounds.iter().map(of).sum()
    }
}
