//! The JSON record that our own runs leave beside their tables.
//!
//! Read leniently: a field that is missing is not known, one that is new is not
//! looked at. Only a `schema` above 1 is refused, because its fields may mean
//! something else.

mod conditions;

use std::collections::BTreeMap;

use serde::Deserialize;

use super::recording::{RecordedSecond, Recording, Sample};
use super::{Factors, Numbers, Profile, ServerFlame, Window};
use crate::steady;

const SCHEMA: u64 = 1;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Record {
    schema: Option<u64>,
    name: Option<String>,
    started: Option<String>,
    revision: Revision,
    load: Option<Load>,
    factors: BTreeMap<String, Word>,
    machine: MachineRecord,
    generator: Generator,
    server: Option<Server>,
    writer: Option<Writer>,
    gauges: BTreeMap<String, Gauge>,
    arrivals: Option<Arrivals>,
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
    samples: Vec<ServerSample>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Writer {
    #[serde(alias = "queue_max", alias = "peak_queue_depth")]
    queue_depth_max: Option<f64>,
    #[serde(alias = "mean_batch", alias = "batch_size_mean")]
    batch_mean: Option<f64>,
}

/// A number that the server said of itself.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Gauge {
    series: Vec<(f64, f64)>,
}

/// How an open loop kept its schedule.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Arrivals {
    lag_p99_ms: Option<f64>,
    saturated: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ServerSample {
    at_s: f64,
    cpu_cores: Option<f64>,
    rss_bytes: Option<f64>,
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
    ramp_s: Option<f64>,
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
        let read: Result<Self, _> = serde_json::from_slice(bytes);
        let (schema, is_ours) = match &read {
            Ok(record) => (record.schema, record.load.is_some()),
            // Somebody else's, a later version of ours, or damaged.
            Err(_) => {
                let value: serde_json::Value = serde_json::from_slice(bytes)
                    .map_err(|error| format!("is not JSON: {error}"))?;
                let schema = value.get("schema").map(|of| of.as_u64().unwrap_or(0));
                (schema, value.get("load").is_some())
            }
        };
        let Some(schema) = schema.filter(|_| is_ours) else {
            return Ok(None);
        };
        if schema > SCHEMA {
            return Err(format!(
                "has schema {schema}, this version reads up to {SCHEMA}"
            ));
        }
        read.map(Some)
            .map_err(|error| format!("is no record of a run: {error}"))
    }

    /// Puts what the record knows over what the table said.
    pub(super) fn apply(mut self, profile: &mut Profile) {
        profile.recorded = true;
        profile.factors = self.factors();
        profile.started.clone_from(&self.started);
        profile.machine = self.machine();
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
        let measured_s = measured_s.filter(|_| self.measured.requests > 0);
        if let Some(seconds) = measured_s {
            self.measure(profile, seconds);
            profile.ramp_s = self.windows.ramp_s;
        }
        let recording = self.recording(measured_s);
        profile.conditions = self.conditions();
        if let Some(cores) = recording.server_cores_since(profile.ramp_s.unwrap_or(0.0)) {
            profile.conditions.server_cpu_cores = Some(cores);
        }
        profile.timeline_is_windowed |= !recording.seconds.is_empty();
        profile.recording = Some(recording);
    }

    /// What is only decoded when it is drawn.
    fn recording(&mut self, measured_s: Option<f64>) -> Recording {
        let planned = self.load.as_ref().and_then(|load| load.duration_s);
        let until = measured_s.zip(self.windows.ramp_s).map(|(seconds, ramp)| {
            // The last answers come later, and fewer a second than the server can.
            ramp + planned.unwrap_or(seconds).min(seconds)
        });
        let samples = self.server.as_ref().map(|server| &server.samples);
        let queue = self.gauges.remove("writer.queue_depth");
        Recording {
            measured: self
                .measured
                .histogram
                .take()
                .filter(|_| measured_s.is_some()),
            seconds: std::mem::take(&mut self.series)
                .into_iter()
                .map(|record| RecordedSecond {
                    at: record.second,
                    users: record.users,
                    requests: record.requests,
                    failures: record.failures,
                    histogram: record.histogram,
                })
                .collect(),
            samples: samples
                .into_iter()
                .flatten()
                .map(|look| Sample {
                    at: look.at_s,
                    cpu_cores: look.cpu_cores,
                    rss_bytes: look.rss_bytes,
                })
                .collect(),
            queue: queue.map(|gauge| gauge.series).unwrap_or_default(),
            until,
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "requests below 2^53")]
    fn measure(&self, profile: &mut Profile, seconds: f64) {
        let stats = &self.measured;
        let average = stats.requests as f64 / seconds;
        profile.window = Window::Measured;
        profile.numbers = Numbers {
            requests: stats.requests as f64,
            failures: stats.failures as f64,
            p50_ms: stats.p50_ms,
            p95_ms: stats.p95_ms,
            p99_ms: stats.p99_ms,
            mean_ms: stats.mean_ms,
            rps: Some(self.steady_rate(seconds).unwrap_or(average)),
        };
    }

    /// The rate of a closed loop before its users came to their end.
    fn steady_rate(&self, measured_s: f64) -> Option<f64> {
        let load = self.load.as_ref().filter(|load| load.rate.is_none())?;
        let asked_s = load.duration_s.map_or(measured_s, |s| s.min(measured_s));
        let ended = self.series.iter().map(|one| (one.second, one.requests));
        steady::rate(ended, self.windows.ramp_s?, asked_s)
    }

    fn factors(&self) -> Factors {
        let mut factors = Factors::new();
        let unknown = Load::default();
        let load = self.load.as_ref().unwrap_or(&unknown);
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
        let rate = self.load.as_ref()?.spawn_rate.filter(|_| !measured)?;
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
