//! Version 0 of an artifact: results as others publish them, figures in seconds.
//!
//! ```json
//! { "date": "2025-07-14", "rig": "8 vCPU, ..", "phases": { "POLICY_EVAL": {
//!     "target": "50 ms", "gate": "hard", "samples": 1000, "mean": 0.021, "p95": 0.041,
//!     "steps": [["lookup", 0.013]], "histogram": [[0, 0.01, 0.38]] } } }
//! ```
//!
//! `p50`, `p99`, `min`, `max`, `limit`, `steps` (name, mean) and `histogram` (from,
//! to, share) are optional; `order` lists the phases, which JSON does not keep.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::{Artifact, Bin, Gate, Measurement, Revision, Rig, Span, Step, Summary};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Published {
    date: String,
    #[serde(default)]
    commit: Option<String>,
    #[serde(default)]
    rig: String,
    #[serde(default)]
    order: Vec<String>,
    phases: BTreeMap<String, Figures>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Figures {
    target: Span,
    gate: Gate,
    limit: Option<Span>,
    samples: u64,
    mean: f64,
    p95: f64,
    p50: Option<f64>,
    p99: Option<f64>,
    min: Option<f64>,
    max: Option<f64>,
    #[serde(default)]
    steps: Vec<(String, f64)>,
    #[serde(default)]
    histogram: Vec<(f64, f64, f64)>,
}

pub(super) fn artifact(value: Value) -> Result<Artifact, String> {
    let published: Published = serde_json::from_value(value).map_err(|error| error.to_string())?;
    let mut rig = Rig::default();
    rig.machine.cpu_model = published.rig;
    let place = |name: &str| {
        let known = published.order.iter().position(|known| known == name);
        known.unwrap_or(usize::MAX)
    };
    let mut phases: Vec<Measurement> = published
        .phases
        .iter()
        .map(|(name, figures)| measurement(name, figures))
        .collect();
    phases.sort_by_key(|of| place(&of.phase));
    Ok(Artifact {
        schema: 0,
        started: published.date,
        ended: String::new(),
        tool: String::new(),
        revision: Revision::of(
            published.commit.unwrap_or_else(|| "unknown".to_owned()),
            false,
        ),
        rig,
        calibration: None,
        phases,
        missing: Vec::new(),
        micro: Vec::new(),
    })
}

fn measurement(name: &str, of: &Figures) -> Measurement {
    let ms = |seconds: f64| (seconds * 1e6).round() / 1e3;
    let target = of.target.milliseconds();
    Measurement {
        phase: name.to_owned(),
        gate: of.gate,
        target_ms: target,
        limit_ms: of.limit.map_or(3.0 * target, Span::milliseconds),
        at_least_ms: None,
        target: match of.limit {
            Some(limit) => format!("soft {}, hard {limit}", of.target),
            None => of.target.to_string(),
        },
        warmup: 0,
        build: String::new(),
        summary: Summary {
            samples: of.samples,
            mean_ms: ms(of.mean),
            p50_ms: of.p50.map(ms),
            p95_ms: ms(of.p95),
            p99_ms: of.p99.map(ms),
            min_ms: of.min.map(ms),
            max_ms: of.max.map(ms),
        },
        histogram: None,
        nanoseconds: None,
        steps: of
            .steps
            .iter()
            .map(|(name, mean)| Step {
                name: name.clone(),
                summary: Summary {
                    samples: of.samples,
                    mean_ms: ms(*mean),
                    p95_ms: ms(*mean),
                    ..Summary::default()
                },
                histogram: None,
            })
            .collect(),
        bins: of
            .histogram
            .iter()
            .map(|(from, to, share)| Bin {
                from_ms: ms(*from),
                to_ms: ms(*to),
                share: *share,
            })
            .collect(),
    }
}
