//! The JSON record that our own runs leave beside their tables.
//!
//! Read leniently: a field that is missing is not known, one that is new is not
//! looked at. Only a `schema` above 1 is refused, because its fields may mean
//! something else.

mod conditions;

use std::collections::BTreeMap;

use serde::Deserialize;

use super::histogram::Histogram;
use super::{Factors, Numbers, Profile, Second, ServerFlame, Window};

const SCHEMA: u64 = 1;
const CURVE: [f64; 11] = [
    50.0, 66.0, 75.0, 80.0, 90.0, 95.0, 98.0, 99.0, 99.9, 99.99, 100.0,
];

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Record {
    schema: u64,
    name: Option<String>,
    started: Option<String>,
    revision: Revision,
    load: Load,
    factors: BTreeMap<String, Word>,
    machine: MachineRecord,
    generator: Generator,
    server: Option<Server>,
    writer: Option<Writer>,
    windows: Windows,
    measured: Stats,
    series: Vec<SecondRecord>,
    flame: Option<Flame>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Word {
    Text(String),
    Switch(bool),
    Number(f64),
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Revision {
    commit: Option<String>,
    dirty: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Load {
    users: Option<u64>,
    spawn_rate: Option<f64>,
    duration_s: Option<f64>,
    timeout_s: Option<f64>,
    workers: Option<u64>,
    rate: Option<f64>,
    #[serde(rename = "loop")]
    kind: Option<String>,
    timing: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct MachineRecord {
    cpu_model: Option<String>,
    cores: Option<u64>,
    memory_bytes: Option<u64>,
    kernel: Option<String>,
    load_before: Option<f64>,
    busy_share: Option<f64>,
    steal_share: Option<f64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Generator {
    tool: Option<String>,
    build: Option<String>,
    threads: Option<f64>,
    cpu_cores: Option<f64>,
    throughput: Option<String>,
    #[serde(alias = "lag_ms")]
    schedule_lag_ms: Option<f64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Server {
    cpu_cores: Option<f64>,
    #[serde(alias = "cores_available", alias = "pinned_cores")]
    cores: Option<f64>,
    peak_rss_bytes: Option<f64>,
    writer: Option<Writer>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Writer {
    #[serde(alias = "queue_max", alias = "peak_queue_depth")]
    queue_depth_max: Option<f64>,
    #[serde(alias = "mean_batch", alias = "batch_size_mean")]
    batch_mean: Option<f64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Flame {
    samples: u64,
    functions: Vec<FlameFunction>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct FlameFunction {
    name: String,
    own: f64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Windows {
    measured_s: Option<f64>,
    complete: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Stats {
    requests: u64,
    failures: u64,
    mean_ms: Option<f64>,
    p50_ms: Option<f64>,
    p95_ms: Option<f64>,
    p99_ms: Option<f64>,
    histogram: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SecondRecord {
    second: f64,
    users: Option<f64>,
    requests: f64,
    failures: f64,
    histogram: Option<String>,
}

impl Record {
    /// Reads `bytes`; `Ok(None)` when they are JSON, but no record of ours.
    pub(super) fn parse(bytes: &[u8]) -> Result<Option<Self>, String> {
        let value: serde_json::Value =
            serde_json::from_slice(bytes).map_err(|error| format!("is not JSON: {error}"))?;
        if value.get("schema").is_none() || value.get("load").is_none() {
            return Ok(None);
        }
        let record: Self = serde_json::from_value(value)
            .map_err(|error| format!("is no record of a run: {error}"))?;
        if record.schema > SCHEMA {
            return Err(format!(
                "has schema {}, this version reads up to {SCHEMA}",
                record.schema
            ));
        }
        Ok(Some(record))
    }

    /// Puts what the record knows over what the table said.
    pub(super) fn apply(&self, profile: &mut Profile) {
        profile.recorded = true;
        profile.factors = self.factors();
        profile.started.clone_from(&self.started);
        profile.machine = self.machine();
        profile.conditions = self.conditions();
        profile.flame = self.flame.as_ref().map(|flame| ServerFlame {
            samples: flame.samples,
            functions: flame
                .functions
                .iter()
                .map(|of| (of.name.clone(), of.own))
                .collect(),
            stacks: None,
        });
        let measured_s = self.windows.measured_s.filter(|seconds| *seconds > 0.0);
        if self.measured.requests > 0
            && let Some(seconds) = measured_s
        {
            self.measure(profile, seconds);
        }
        let series = timeline(&self.series);
        if !series.is_empty() {
            profile.timeline = series;
            profile.timeline_is_windowed = true;
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "requests below 2^53")]
    fn measure(&self, profile: &mut Profile, seconds: f64) {
        let stats = &self.measured;
        profile.window = Window::Measured;
        profile.numbers = Numbers {
            requests: stats.requests as f64,
            failures: stats.failures as f64,
            p50_ms: stats.p50_ms,
            p95_ms: stats.p95_ms,
            p99_ms: stats.p99_ms,
            mean_ms: stats.mean_ms,
            rps: Some(stats.requests as f64 / seconds),
        };
        if let Some(histogram) = stats.histogram.as_deref().and_then(Histogram::decode) {
            profile.curve = CURVE
                .iter()
                .filter_map(|percent| Some((*percent, histogram.percentile_ms(*percent)?)))
                .collect();
        }
    }

    fn factors(&self) -> Factors {
        let mut factors = Factors::new();
        let load = &self.load;
        let texts = [
            ("scenario", self.name.clone()),
            ("users", load.users.map(|users| users.to_string())),
            ("rate", load.rate.map(plain)),
            ("loop", load.kind.clone()),
            ("timing", load.timing.clone()),
            ("spawn_rate", self.spawn_rate()),
            (
                "duration",
                load.duration_s
                    .map(|seconds| format!("{}s", plain(seconds))),
            ),
            (
                "timeout",
                load.timeout_s.map(|seconds| format!("{}s", plain(seconds))),
            ),
            ("workers", load.workers.map(|workers| workers.to_string())),
            ("commit", self.commit()),
        ];
        for (name, text) in texts {
            if let Some(text) = text.filter(|text| !text.is_empty()) {
                factors.set(name, text);
            }
        }
        for (name, word) in &self.factors {
            let value = match word {
                Word::Text(text) => text.clone(),
                Word::Number(number) => plain(*number),
                Word::Switch(true) => "on".to_owned(),
                Word::Switch(false) => "off".to_owned(),
            };
            factors.set(name, value);
        }
        factors
    }

    /// How fast users came matters only to figures that hold the ramp.
    fn spawn_rate(&self) -> Option<String> {
        let measured = self.windows.measured_s.is_some_and(|seconds| seconds > 0.0);
        let rate = self.load.spawn_rate.filter(|_| !measured)?;
        Some(format!("{}/s", plain(rate)))
    }

    fn commit(&self) -> Option<String> {
        let commit = self.revision.commit.as_ref()?;
        let short: String = commit.chars().take(7).collect();
        let dirty = self.revision.dirty == Some(true);
        Some(if dirty {
            format!("{short}+dirty")
        } else {
            short
        })
    }
}

/// Every second of a run. The record holds those in which a request ended; in
/// the others none did, which is what a stall looks like.
fn timeline(series: &[SecondRecord]) -> Vec<Second> {
    /// A day and more: beyond, the figure is damaged and not a time.
    const LONGEST: f64 = 100_000.0;
    let mut seconds: Vec<Second> = Vec::new();
    for record in series.iter().filter(|record| record.second <= LONGEST) {
        while let Some(last) = seconds.last().filter(|last| last.at + 1.0 < record.second) {
            let silent = Second {
                at: last.at + 1.0,
                users: last.users,
                rps: Some(0.0),
                failures_per_second: Some(0.0),
                ..Second::default()
            };
            seconds.push(silent);
        }
        seconds.push(record.second());
    }
    seconds
}

impl SecondRecord {
    fn second(&self) -> Second {
        let histogram = self.histogram.as_deref().and_then(Histogram::decode);
        let percentile = |percent| histogram.as_ref()?.percentile_ms(percent);
        Second {
            at: self.second,
            users: self.users,
            rps: Some(self.requests),
            failures_per_second: Some(self.failures),
            p50_ms: percentile(50.0),
            p95_ms: percentile(95.0),
        }
    }
}

/// A number to three decimals, without needless zeros.
fn plain(number: f64) -> String {
    format!("{}", (number * 1_000.0).round() / 1_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_that_is_no_record_is_nobodys_fault() {
        assert!(Record::parse(b"[{\"name\": \"/\"}]").unwrap().is_none());
        assert!(Record::parse(b"{\"schema\": 1}").unwrap().is_none());
        assert!(Record::parse(b"{").is_err());
        let newer = Record::parse(b"{\"schema\": 2, \"load\": {}}").unwrap_err();
        assert_eq!(newer, "has schema 2, this version reads up to 1");
    }

    #[test]
    fn seconds_without_an_answer_are_seconds_of_silence() {
        let record = |second| SecondRecord {
            second,
            users: Some(5.0),
            requests: 9.0,
            ..SecondRecord::default()
        };
        let timeline = timeline(&[record(0.0), record(3.0), record(1e300)]);
        let rates: Vec<(f64, f64)> = timeline
            .iter()
            .map(|second| (second.at, second.rps.unwrap()))
            .collect();
        assert_eq!(rates, [(0.0, 9.0), (1.0, 0.0), (2.0, 0.0), (3.0, 9.0)]);
        assert_eq!(timeline[1].p95_ms, None);
    }

    #[test]
    fn factors_come_from_load_revision_and_the_test() {
        let record = Record::parse(
            br#"{"schema": 1, "new": 1, "load": {"users": 1500, "loop": "closed", "spawn_rate": 100.0},
                "revision": {"commit": "0123456789", "dirty": true}, "factors": {"tracing": "off", "cores": 1}}"#,
        )
        .unwrap()
        .unwrap();
        assert_eq!(
            record.factors().shown(),
            [
                ("users", "1500"),
                ("loop", "closed"),
                ("spawn_rate", "100/s"),
                ("tracing", "off"),
                ("cores", "1"),
                ("commit", "0123456+dirty"),
            ]
        );
    }
}
