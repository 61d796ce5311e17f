//! One run, as the story knows it, wherever its numbers came from.

use super::histogram::Histogram;
use super::recording::Recording;
use super::{Conditions, Factors, Machine};
use crate::lens::flame::Stacks;
use crate::locust::read::{History, Rate, Stats, StatsRow};

/// The part of a run that its figures are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Window {
    /// Everything, ramp included.
    WholeRun,
    /// Everything, but the rate is that of the last seconds (Locust's web page).
    CurrentRate,
    /// From the moment all users ran, as our records separate it.
    Measured,
}

/// The figures of a run that the story compares. Times are in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Numbers {
    /// Requests, failed ones included.
    pub requests: f64,
    /// Failed requests.
    pub failures: f64,
    /// Median response time.
    pub p50_ms: Option<f64>,
    /// 95th percentile.
    pub p95_ms: Option<f64>,
    /// 99th percentile.
    pub p99_ms: Option<f64>,
    /// Mean response time.
    pub mean_ms: Option<f64>,
    /// Requests per second.
    pub rps: Option<f64>,
}

/// One second of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Second {
    /// Seconds since the run began.
    pub at: f64,
    /// Users at that second.
    pub users: Option<f64>,
    /// Requests per second.
    pub rps: Option<f64>,
    /// Failed requests per second.
    pub failures_per_second: Option<f64>,
    /// Median response time in milliseconds.
    pub p50_ms: Option<f64>,
    /// 95th percentile in milliseconds.
    pub p95_ms: Option<f64>,
    /// Cores that the server used.
    pub server_cores: Option<f64>,
    /// Memory that the server held, in bytes.
    pub server_rss_bytes: Option<f64>,
    /// Writes that waited for the server's writer.
    pub queue_depth: Option<f64>,
}

/// How long users waited for one endpoint.
#[derive(Clone, Debug, PartialEq)]
pub struct EndpointShare {
    /// Method and name.
    pub endpoint: String,
    /// Its part of all the time spent waiting, 0 to 1.
    pub share: f64,
}

/// One run.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Profile {
    /// The statistics file's name.
    pub file: String,
    /// What distinguishes this run from others.
    pub factors: Factors,
    /// Whether a record beside the table states the factors; else its name does.
    pub recorded: bool,
    /// The figures of all endpoints together.
    pub numbers: Numbers,
    /// The part of the run that the figures are of.
    pub window: Window,
    /// Until when users were added, in seconds from the start, where a record says.
    pub ramp_s: Option<f64>,
    /// Response times by percentile, as a table has them.
    pub(super) table_curve: Vec<(f64, f64)>,
    /// The run second by second, as a table has it.
    pub(super) history: Vec<Second>,
    /// What a record has of both.
    pub(super) recording: Option<Recording>,
    /// The timeline's percentiles are of the last seconds, not since the beginning.
    pub timeline_is_windowed: bool,
    /// The endpoints that users waited for longest, longest first.
    pub waits: Vec<EndpointShare>,
    /// The machine it ran on, where that was recorded.
    pub machine: Option<Machine>,
    /// How busy server, generator and machine were, as far as that was recorded.
    pub conditions: Conditions,
    /// When it began, as recorded.
    pub started: Option<String>,
    /// Where its server spent its time, when that was sampled.
    pub flame: Option<ServerFlame>,
}

/// Samples of a server under load.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ServerFlame {
    /// How many.
    pub samples: u64,
    /// Functions and their own shares, 0 to 1, most first.
    pub functions: Vec<(String, f64)>,
    /// The stacks, where their file is beside the record.
    pub stacks: Option<Stacks>,
}

impl Profile {
    /// A run with the figures of `stats`, which must have an aggregated row.
    pub(super) fn of_stats(file: String, factors: Factors, stats: &Stats) -> Option<Self> {
        let all = stats.aggregated()?;
        Some(Self {
            file,
            factors,
            recorded: false,
            numbers: numbers(stats, all),
            window: match stats.rate {
                Rate::WholeRun => Window::WholeRun,
                Rate::Current => Window::CurrentRate,
            },
            ramp_s: None,
            table_curve: curve(stats, all),
            history: Vec::new(),
            recording: None,
            timeline_is_windowed: false,
            waits: waits(stats),
            machine: None,
            conditions: Conditions::default(),
            started: None,
            flame: None,
        })
    }

    /// Adds the run second by second.
    pub(super) fn set_history(&mut self, history: &History) {
        let Some(first) = history.aggregated().map(|row| row.timestamp).min() else {
            return;
        };
        self.timeline_is_windowed = history.rows.iter().any(|row| !row.stats.is_aggregated());
        #[expect(clippy::cast_precision_loss, reason = "seconds and users, below 2^53")]
        let seconds = history.aggregated().map(|row| Second {
            at: row.timestamp.saturating_sub(first) as f64,
            users: row.users.map(|users| users as f64),
            rps: row.stats.requests_per_second,
            failures_per_second: row.stats.failures_per_second,
            p50_ms: history.percentile_ms(row, 50.0),
            p95_ms: history.percentile_ms(row, 95.0),
            ..Second::default()
        });
        self.history = seconds.collect();
    }

    /// Response times by percentile: percent and milliseconds, rising.
    #[must_use]
    pub fn curve(&self) -> Vec<(f64, f64)> {
        let recorded = self.histogram().map(|histogram| histogram.curve());
        let recorded = recorded.filter(|curve| !curve.is_empty());
        recorded.unwrap_or_else(|| self.table_curve.clone())
    }

    /// The run second by second, where a history was kept.
    #[must_use]
    pub fn timeline(&self) -> Vec<Second> {
        let recorded = self.recording.as_ref().map(Recording::timeline);
        let recorded = recorded.filter(|seconds| !seconds.is_empty());
        recorded.unwrap_or_else(|| self.history.clone())
    }

    /// Whether there is a run second by second to draw.
    pub(super) fn has_timeline(&self) -> bool {
        let recorded = self.recording.as_ref().map_or(0, |of| of.seconds.len());
        recorded.max(self.history.len()) >= 2
    }

    /// Every response time of the measured window, where a record has them.
    pub(super) fn histogram(&self) -> Option<Histogram> {
        self.recording.as_ref()?.histogram()
    }

    /// Whether requests started at a rate of their own, however slow the answers.
    pub(super) fn is_open_loop(&self) -> bool {
        self.factors.get("loop") == Some("open")
    }

    /// Whether the throughput is a floor: see [`RunSet::is_floor`](super::RunSet::is_floor).
    pub(super) fn is_floor(&self) -> bool {
        self.conditions.generator_saturated == Some(true) && !self.is_open_loop()
    }

    /// Whether the times are a ceiling: see [`RunSet::is_ceiling`](super::RunSet::is_ceiling).
    pub(super) fn is_ceiling(&self) -> bool {
        self.conditions.generator_saturated == Some(true) && self.is_open_loop()
    }

    /// Failed requests as a part of all, 0 to 1.
    #[must_use]
    pub fn failure_share(&self) -> f64 {
        self.numbers.failure_share()
    }
}

impl Numbers {
    /// Failed requests as a part of all, 0 to 1.
    #[must_use]
    pub fn failure_share(&self) -> f64 {
        if self.requests > 0.0 {
            self.failures / self.requests
        } else {
            0.0
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "requests below 2^53")]
fn numbers(stats: &Stats, all: &StatsRow) -> Numbers {
    Numbers {
        requests: all.requests as f64,
        failures: all.failures as f64,
        p50_ms: all.median_ms.or_else(|| stats.percentile_ms(all, 50.0)),
        p95_ms: stats.percentile_ms(all, 95.0),
        p99_ms: stats.percentile_ms(all, 99.0),
        mean_ms: all.average_ms,
        rps: all.requests_per_second,
    }
}

fn curve(stats: &Stats, all: &StatsRow) -> Vec<(f64, f64)> {
    let mut curve: Vec<(f64, f64)> = stats
        .percentiles
        .iter()
        .zip(&all.percentiles_ms)
        .filter_map(|(percent, ms)| Some((*percent, (*ms)?)))
        .collect();
    let has =
        |wanted: f64, curve: &[(f64, f64)]| curve.iter().any(|(percent, _)| *percent == wanted);
    if let Some(median) = all.median_ms
        && !has(50.0, &curve)
    {
        curve.push((50.0, median));
    }
    if let Some(max) = all.max_ms
        && !has(100.0, &curve)
    {
        curve.push((100.0, max));
    }
    curve.sort_by(|a, b| a.0.total_cmp(&b.0));
    curve
}

/// Endpoints by requests times mean response time.
#[expect(clippy::cast_precision_loss, reason = "requests below 2^53")]
fn waits(stats: &Stats) -> Vec<EndpointShare> {
    const SHOWN: usize = 5;
    let waited = |row: &StatsRow| row.average_ms.unwrap_or(0.0).max(0.0) * row.requests as f64;
    let total: f64 = stats.endpoints().map(waited).sum();
    if total <= 0.0 {
        return Vec::new();
    }
    let mut shares: Vec<EndpointShare> = stats
        .endpoints()
        .map(|row| EndpointShare {
            endpoint: format!("{} {}", row.method, row.name).trim().to_owned(),
            share: waited(row) / total,
        })
        .collect();
    shares.sort_by(|a, b| {
        let by_share = b.share.total_cmp(&a.share);
        by_share.then_with(|| a.endpoint.cmp(&b.endpoint))
    });
    shares.truncate(SHOWN);
    shares
}
