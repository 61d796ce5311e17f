//! An artifact for others: a table for a pull request, metrics for Prometheus.

use std::fmt::Write as _;

use super::{Artifact, Measurement, Verdict, judge, short};
use crate::story::{Cell, Sheet, table};

/// The results as a Markdown table, with the machine below it.
#[must_use]
pub fn markdown_table(artifact: &Artifact) -> String {
    let columns = [
        "phase", "samples", "mean", "P50", "P95", "P99", "target", "gate", "verdict",
    ];
    let maybe = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), short);
    let row = |of: &Measurement| {
        let figures = &of.summary;
        vec![
            Cell::code(&of.phase),
            Cell::text(figures.samples.to_string()),
            Cell::text(short(figures.mean_ms)),
            Cell::text(maybe(figures.p50_ms)),
            Cell::text(short(figures.p95_ms)),
            Cell::text(maybe(figures.p99_ms)),
            Cell::text(&of.target),
            Cell::text(of.gate.name()),
            Cell::text(judge(of).word()),
        ]
    };
    let sheet = Sheet {
        caption: "Results".to_owned(),
        columns: columns
            .iter()
            .map(|name| {
                (
                    (*name).to_owned(),
                    ["samples", "mean", "P50", "P95", "P99"].contains(name),
                )
            })
            .collect(),
        rows: artifact.phases.iter().map(row).collect(),
    };
    let mut text = table(&sheet);
    let _ = write!(
        text,
        "\n\nCommit `{}`{}, {}, {}.\n",
        artifact.revision.commit,
        artifact.revision.with_changes(),
        artifact.started,
        artifact.rig.phrase()
    );
    if let Some(warning) = artifact.unsteady() {
        let _ = writeln!(text, "\nWarning: {warning}.");
    }
    for missing in &artifact.missing {
        let _ = writeln!(
            text,
            "- `{}` was not measured: {}",
            missing.phase, missing.reason
        );
    }
    text
}

/// A metric: its name, what it is, and its value of a phase.
type Gauge = (&'static str, &'static str, fn(&Measurement) -> Option<f64>);

/// The metrics that are one number a phase.
const GAUGES: [Gauge; 10] = [
    (
        "shakedown_phase_mean_seconds",
        "Mean of the samples.",
        |of| Some(of.summary.mean_ms / 1e3),
    ),
    (
        "shakedown_phase_p50_seconds",
        "Median of the samples.",
        |of| of.summary.p50_ms.map(|ms| ms / 1e3),
    ),
    (
        "shakedown_phase_p95_seconds",
        "95th percentile of the samples.",
        |of| Some(of.summary.p95_ms / 1e3),
    ),
    (
        "shakedown_phase_p99_seconds",
        "99th percentile of the samples.",
        |of| of.summary.p99_ms.map(|ms| ms / 1e3),
    ),
    ("shakedown_phase_min_seconds", "Shortest sample.", |of| {
        of.summary.min_ms.map(|ms| ms / 1e3)
    }),
    ("shakedown_phase_max_seconds", "Longest sample.", |of| {
        of.summary.max_ms.map(|ms| ms / 1e3)
    }),
    ("shakedown_phase_samples", "Number of samples.", |of| {
        #[expect(clippy::cast_precision_loss, reason = "a number of samples")]
        let samples = of.summary.samples as f64;
        Some(samples)
    }),
    (
        "shakedown_phase_target_seconds",
        "Target of the 95th percentile.",
        |of| Some(of.target_ms / 1e3),
    ),
    (
        "shakedown_phase_limit_seconds",
        "Where the gate breaks.",
        |of| Some(of.limit_ms / 1e3),
    ),
    (
        "shakedown_phase_within_target",
        "1 within the target, 0 above it or too short.",
        |of| Some(if judge(of) == Verdict::Met { 1.0 } else { 0.0 }),
    ),
];

/// Upper ends of the exported histogram's buckets, in seconds.
const BUCKETS: [f64; 22] = [
    0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025,
    0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0,
];

/// The names of all metrics that [`prometheus`] writes.
#[must_use]
pub fn metric_names() -> Vec<String> {
    let gauges = GAUGES.iter().map(|(name, _, _)| (*name).to_owned());
    let others = [
        "shakedown_phase_duration_seconds_bucket",
        "shakedown_phase_duration_seconds_sum",
        "shakedown_phase_duration_seconds_count",
        "shakedown_phase_step_mean_seconds",
        "shakedown_bench_info",
        "shakedown_bench_timestamp_seconds",
    ];
    gauges.chain(others.map(str::to_owned)).collect()
}

/// The artifact in Prometheus' text format, for a node exporter's textfile
/// collector or a push gateway.
#[must_use]
pub fn prometheus(artifact: &Artifact) -> String {
    let mut text = String::new();
    for (name, help, value) in GAUGES {
        head(&mut text, name, help, "gauge");
        for of in &artifact.phases {
            if let Some(value) = value(of) {
                let _ = writeln!(text, "{name}{{{}}} {value}", labels(of));
            }
        }
    }
    histograms(&mut text, artifact);
    let name = "shakedown_phase_step_mean_seconds";
    head(&mut text, name, "Mean of a step of the samples.", "gauge");
    for of in &artifact.phases {
        for step in &of.steps {
            let label = quoted(&step.name);
            let mean = step.summary.mean_ms / 1e3;
            let _ = writeln!(text, "{name}{{{},step={label}}} {mean}", labels(of));
        }
    }
    let name = "shakedown_bench_info";
    head(
        &mut text,
        name,
        "What was measured, on which machine; always 1.",
        "gauge",
    );
    let _ = writeln!(
        text,
        "{name}{{commit={},dirty=\"{}\",machine={}}} 1",
        quoted(&artifact.revision.commit),
        artifact.revision.dirty,
        quoted(&artifact.rig.phrase())
    );
    if let Ok(time) = artifact.started.parse::<jiff::Timestamp>() {
        let name = "shakedown_bench_timestamp_seconds";
        head(
            &mut text,
            name,
            "When it was measured, in seconds since 1970.",
            "gauge",
        );
        let _ = writeln!(text, "{name} {}", time.as_second());
    }
    text
}

#[expect(
    clippy::cast_precision_loss,
    reason = "nanoseconds of at most days, counts of samples"
)]
fn histograms(text: &mut String, artifact: &Artifact) {
    let name = "shakedown_phase_duration_seconds";
    head(text, name, "All samples.", "histogram");
    for of in &artifact.phases {
        let Some((histogram, units)) = of.finest() else {
            continue;
        };
        let labels = labels(of);
        for edge in BUCKETS {
            let within: u64 = histogram
                .buckets()
                .filter(|(time, _)| *time as f64 / units / 1e3 <= edge)
                .map(|(_, count)| count)
                .sum();
            let _ = writeln!(text, "{name}_bucket{{{labels},le=\"{edge}\"}} {within}");
        }
        let count = histogram.total();
        let sum = of.summary.mean_ms / 1e3 * count as f64;
        let _ = writeln!(text, "{name}_bucket{{{labels},le=\"+Inf\"}} {count}");
        let _ = writeln!(text, "{name}_sum{{{labels}}} {sum}");
        let _ = writeln!(text, "{name}_count{{{labels}}} {count}");
    }
}

fn head(text: &mut String, name: &str, help: &str, kind: &str) {
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

fn labels(of: &Measurement) -> String {
    format!("phase={},gate=\"{}\"", quoted(&of.phase), of.gate.name())
}

fn quoted(value: &str) -> String {
    let escaped = value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n");
    format!("\"{escaped}\"")
}
