//! The JSON beside the CSVs: everything that makes a run comparable, and times
//! at full resolution.
//!
//! Written by us, so versioned by us: `schema` is 1, a reader refuses a number it
//! does not know, fields are only ever added within a number. Times end in their
//! unit (`_ms` has three decimals, which are microseconds; `_s`), shares run from
//! 0 to 1, histograms are described at [`Histogram`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::flame::Flame;
use super::recorder::Second;
use super::server::ServerUse;
use super::tally::{Tally, milliseconds};
use super::{Arrivals, Gauge, Histogram, Knobs, Machine, Revision, SlowRequest, WriterUse};
use crate::steady;

/// The version of the format that this code writes.
pub const SCHEMA: u32 = 1;

/// One run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Record {
    /// [`SCHEMA`] of the writer.
    pub schema: u32,
    /// What the test called the run.
    pub name: String,
    /// When it started, UTC, RFC 3339.
    pub started: String,
    /// Which code was measured.
    pub revision: Revision,
    /// The load.
    pub load: Load,
    /// What else the test says sets this run apart, such as `tracing` `off`.
    pub factors: BTreeMap<String, String>,
    /// The machine that made the load.
    pub machine: Machine,
    /// The process that made the load.
    pub generator: Generator,
    /// The server, when it ran on this machine and its process was named.
    pub server: Option<ServerUse>,
    /// What the server said of itself while all users ran, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub gauges: BTreeMap<String, Gauge>,
    /// What the server's writer did while all users ran, if it says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub writer: Option<WriterUse>,
    /// How the run is divided.
    pub windows: Windows,
    /// How the schedule was kept, in an open loop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrivals: Option<Arrivals>,
    /// Each endpoint, ordered by name and method.
    pub endpoints: Vec<EndpointRecord>,
    /// All endpoints together, while users were still starting.
    pub ramp: Stats,
    /// All endpoints together, with all users running.
    pub measured: Stats,
    /// Error texts, ordered.
    pub failures: Vec<FailureRecord>,
    /// What went wrong in the scenario's own code.
    pub exceptions: Vec<ExceptionRecord>,
    /// Each second of the run in which a request ended.
    pub series: Vec<SecondRecord>,
    /// What the server did, when it was sampled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flame: Option<Flame>,
    /// Requests that Goose counted; equal to ours unless the run was cut short.
    /// In an open loop Goose's engine does not run, and this is our own count.
    pub engine_requests: u64,
}

impl Record {
    /// As [`Run::rps`](super::Run::rps), of an archived record.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "2^53 requests are not made")]
    pub fn rps(&self) -> f64 {
        let windows = &self.windows;
        let asked_s = windows.measured_s.min(self.load.duration_s);
        let seconds = self.series.iter();
        let ended = seconds.map(|one| (one.second as f64, one.requests as f64));
        let steady = match self.load.rate {
            None => steady::rate(ended, windows.ramp_s, asked_s),
            Some(_) => None,
        };
        steady.unwrap_or_else(|| match windows.measured_s {
            0.0 => 0.0,
            seconds => self.measured.requests as f64 / seconds,
        })
    }
}

/// How much load, and of what kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Load {
    /// The address loaded.
    pub url: String,
    /// Users at once.
    pub users: usize,
    /// Users started a second.
    pub spawn_rate: f64,
    /// How long all users were to run, in seconds.
    pub duration_s: f64,
    /// Transactions started a second, in an open loop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<f64>,
    /// The longest a request could take, in seconds.
    pub timeout_s: f64,
    /// Worker threads of the server, if the test said.
    pub workers: Option<usize>,
    /// Seed of what users did and sent.
    pub seed: u64,
    /// `closed`: a user sends when its last request was answered, so a server
    /// that stalls is asked less, and the stall shows in few requests. `open`:
    /// transactions start at `rate`, and times count from when they were due.
    #[serde(rename = "loop")]
    pub kind: String,
    /// Where timing ended: `body` (the whole body was read), `headers`, `mixed`,
    /// or `none` without requests.
    pub timing: String,
}

impl Load {
    pub(super) fn of(url: &str, knobs: &Knobs, timing: &str) -> Self {
        Self {
            url: url.to_owned(),
            users: knobs.users,
            spawn_rate: knobs.spawn_rate,
            duration_s: knobs.duration.as_secs_f64(),
            rate: knobs.rate,
            timeout_s: knobs.timeout.as_secs_f64(),
            workers: knobs.workers,
            seed: knobs.seed,
            kind: if knobs.rate.is_some() {
                "open"
            } else {
                "closed"
            }
            .to_owned(),
            timing: timing.to_owned(),
        }
    }
}

/// The process that made the load.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Generator {
    /// Name and version.
    pub tool: String,
    /// `debug` or `release`: how the generator, not the server, was built.
    pub build: String,
    /// Cores it was pinned to, as the kernel lists them; none when it was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub core_list: Option<String>,
    /// Threads that ran the users.
    pub threads: usize,
    /// Processor seconds used, by everything in the process.
    pub cpu_seconds: f64,
    /// Processor seconds a second while all users ran: 1.0 is one core all the time.
    pub cpu_cores: f64,
    /// How late the latest request of an open loop started although a user was
    /// free: the generator's fault, and in the times.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule_lag_ms: Option<f64>,
    /// `floor` when the generator's threads, or all cores of the machine, were
    /// busy nearly all the time, or the schedule of an open loop was not kept
    /// by the generator's own fault: the server may be faster than measured. Of an
    /// open loop, whose rate is chosen, the times may be shorter than measured.
    /// `measured` otherwise.
    pub throughput: String,
}

/// The two parts of a run. A request belongs to the part in which it started.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Windows {
    /// From the first user to the last, in seconds.
    pub ramp_s: f64,
    /// From the last user to the last answer, in seconds; 0 when not all users
    /// started.
    pub measured_s: f64,
    /// Whether all users ran for as long as they were to; false when the run was
    /// interrupted.
    pub complete: bool,
}

/// One endpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EndpointRecord {
    /// Method.
    pub method: String,
    /// Name.
    pub name: String,
    /// While users were still starting.
    pub ramp: Stats,
    /// With all users running.
    pub measured: Stats,
    /// The slowest requests that were traced, slowest first, with all users running.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub slowest: Vec<SlowRequest>,
}

/// Requests and their times.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Stats {
    /// Requests, failed ones included.
    pub requests: u64,
    /// Failed requests.
    pub failures: u64,
    /// Bytes of all bodies.
    pub content_bytes: u64,
    /// Mean.
    pub mean_ms: f64,
    /// Shortest.
    pub min_ms: f64,
    /// Longest.
    pub max_ms: f64,
    /// Median.
    pub p50_ms: f64,
    /// 90th percentile.
    pub p90_ms: f64,
    /// 95th percentile.
    pub p95_ms: f64,
    /// 99th percentile.
    pub p99_ms: f64,
    /// 99.9th percentile.
    pub p999_ms: f64,
    /// Every time, in microseconds.
    pub histogram: Histogram,
}

impl Stats {
    pub(super) fn of(tally: &Tally) -> Self {
        let percentile = |p| rounded(tally.percentile_ms(p));
        Self {
            requests: tally.requests,
            failures: tally.failures,
            content_bytes: tally.content_bytes,
            mean_ms: rounded(tally.mean_ms()),
            min_ms: rounded(milliseconds(tally.min)),
            max_ms: rounded(milliseconds(tally.max)),
            p50_ms: percentile(0.50),
            p90_ms: percentile(0.90),
            p95_ms: percentile(0.95),
            p99_ms: percentile(0.99),
            p999_ms: percentile(0.999),
            histogram: tally.histogram.clone(),
        }
    }
}

/// One error text of an endpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FailureRecord {
    /// Method.
    pub method: String,
    /// Name.
    pub name: String,
    /// What went wrong.
    pub error: String,
    /// How often.
    pub occurrences: u64,
    /// First time, in seconds from the start.
    pub first_s: f64,
    /// Last time, in seconds from the start.
    pub last_s: f64,
}

/// One thing that went wrong in the scenario's own code.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ExceptionRecord {
    /// What it said.
    pub message: String,
    /// Where.
    pub place: String,
    /// How often.
    pub count: u64,
}

/// One second of a run, all endpoints together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SecondRecord {
    /// Which second, counted from 0 at the start of the run.
    pub second: u64,
    /// Users started by then.
    pub users: usize,
    /// Requests that ended in it, failed ones included.
    pub requests: u64,
    /// Failed requests that ended in it.
    pub failures: u64,
    /// Their times in microseconds, to two significant digits.
    pub histogram: Histogram,
}

impl SecondRecord {
    pub(super) fn of(second: u64, users: usize, counts: &Second) -> Self {
        Self {
            second,
            users,
            requests: counts.requests,
            failures: counts.failures,
            histogram: counts.histogram.clone(),
        }
    }
}

/// Three decimals: microseconds in milliseconds.
pub(super) fn rounded(value: f64) -> f64 {
    (value * 1_000.0).round() / 1_000.0
}
