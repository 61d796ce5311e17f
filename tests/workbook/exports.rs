//! What others read: Prometheus, Grafana, a pull request.

use std::collections::BTreeSet;
use std::path::Path;

use shakedown::workbook::{Calibration, markdown_table, metric_names, prometheus};

use crate::gates::mixed;

#[test]
fn the_table_is_one_row_a_phase() {
    let text = markdown_table(&mixed());
    let rows: Vec<&str> = text.lines().filter(|line| line.starts_with('|')).collect();
    assert_eq!(rows.len(), 2 + 4);
    assert!(
        rows[4].starts_with("| `BROKEN` |") && rows[4].ends_with("| hard | FAIL |"),
        "{}",
        rows[4]
    );
    assert!(text.contains("`IMAGE_UNPACK` was not measured: no engine"));
    assert!(!text.contains("Warning"));
    let mut unsteady = mixed();
    unsteady.calibration = Some(Calibration::of(1_000.0, 2_000.0));
    let text = markdown_table(&unsteady);
    assert!(
        text.contains("\n\nWarning: the machine's own speed changed by +100% meanwhile"),
        "{text}"
    );
}

#[test]
fn every_metric_has_help_type_and_a_sample() {
    let text = prometheus(&mixed());
    for name in metric_names() {
        let sample = text.lines().any(|line| {
            line.strip_prefix(&name)
                .is_some_and(|rest| rest.starts_with(['{', ' ']))
        });
        // The command of the fixture has no steps.
        assert!(
            sample || name == "shakedown_phase_step_mean_seconds",
            "{name}"
        );
    }
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let name = line.split(['{', ' ']).next().unwrap();
        let family = name
            .trim_end_matches("_bucket")
            .trim_end_matches("_sum")
            .trim_end_matches("_count");
        assert!(text.contains(&format!("# HELP {family} ")), "{line}");
        assert!(text.contains(&format!("# TYPE {family} ")), "{line}");
        assert!(
            metric_names().iter().any(|known| known == name),
            "{name} is not listed"
        );
        let value = line.rsplit(' ').next().unwrap();
        assert!(value.parse::<f64>().is_ok(), "{line}");
    }
}

#[test]
fn phases_below_a_millisecond_have_buckets_of_their_own() {
    let mut artifact = mixed();
    let mut times = shakedown::workbook::Histogram::new();
    (0..100).for_each(|n| times.record(150 + n)); // nanoseconds
    artifact.phases[0].nanoseconds = Some(times.clone());
    let mut microseconds = shakedown::workbook::Histogram::new();
    (0..100).for_each(|n| microseconds.record(60 + n));
    artifact.phases[1].histogram = Some(microseconds);
    let text = prometheus(&artifact);
    let bucket = |phase: &str, edge: &str| {
        let labels = format!("{{phase=\"{phase}\",gate=\"hard\",le=\"{edge}\"}} ");
        let line = text
            .lines()
            .find_map(|line| line.split_once(&labels).map(|(_, count)| count.to_owned()));
        line.unwrap_or_else(|| panic!("{labels} in {text}"))
    };
    assert_eq!(bucket("FINE", "0.00001"), "100");
    assert_eq!(bucket("SLOW", "0.00005"), "0");
    assert_eq!(bucket("SLOW", "0.0001"), "41");
    assert_eq!(bucket("SLOW", "0.00025"), "100");
}

#[test]
fn buckets_add_up() {
    let text = prometheus(&mixed());
    let counts: Vec<u64> = text
        .lines()
        .filter(|line| line.starts_with("shakedown_phase_duration_seconds_bucket{phase=\"FINE\""))
        .map(|line| line.rsplit(' ').next().unwrap().parse().unwrap())
        .collect();
    assert!(counts.len() > 10 && counts.is_sorted(), "{counts:?}");
    assert_eq!(*counts.last().unwrap(), 5);
}

/// What looks like a metric of ours in a query.
fn metrics_of(query: &str) -> BTreeSet<String> {
    query
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .filter(|word| word.starts_with("shakedown_"))
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_dashboard_asks_only_for_what_is_exported() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("development/grafana/workbook.json");
    let text = std::fs::read_to_string(path).unwrap();
    let dashboard: serde_json::Value = serde_json::from_str(&text).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    assert!(panels.len() >= 5);
    let mut asked = BTreeSet::new();
    for panel in panels {
        assert!(
            panel["title"]
                .as_str()
                .is_some_and(|title| !title.is_empty())
        );
        let targets = panel["targets"].as_array().unwrap();
        assert!(!targets.is_empty(), "{}", panel["title"]);
        for target in targets {
            let metrics = metrics_of(target["expr"].as_str().unwrap());
            assert!(!metrics.is_empty(), "{target}");
            asked.extend(metrics);
        }
    }
    for variable in dashboard["templating"]["list"].as_array().unwrap() {
        asked.extend(metrics_of(variable["query"].as_str().unwrap_or_default()));
    }
    let exported: BTreeSet<String> = metric_names().into_iter().collect();
    let unknown: Vec<&String> = asked.difference(&exported).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

/// Labels that a query filters by, groups by or lists the values of, or that a legend
/// shows.
fn labels_of(text: &str) -> BTreeSet<String> {
    let word = |text: &str| {
        let letter = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let all: String = text.trim().chars().take_while(|c| letter(*c)).collect();
        all
    };
    let after = |mark: &str, separators: &[char], closing: char| {
        let found = text
            .split(mark)
            .skip(1)
            .map(|rest| rest.split(closing).next());
        let each = found.flatten().flat_map(|inner| inner.split(separators));
        each.map(word).collect::<Vec<_>>()
    };
    let mut labels = BTreeSet::new();
    if text.contains("{{") {
        labels.extend(after("{{", &[], '}'));
        return labels;
    }
    labels.extend(after("{", &[','], '}'));
    labels.extend(after("by (", &[','], ')'));
    labels.extend(after("label_values(", &[','], ')').into_iter().skip(1));
    labels
}

#[test]
fn labels_are_found_in_queries_and_legends() {
    let labels = |text: &str| labels_of(text).into_iter().collect::<Vec<_>>().join(" ");
    assert_eq!(
        labels("sum by (le, gate) (x{phase=~\"$phase\"})"),
        "gate le phase"
    );
    assert_eq!(labels("a{b=\"1\",c=\"2\"} / d{e=\"3\"}"), "b c e");
    assert_eq!(labels("label_values(metric_name, phase)"), "phase");
    assert_eq!(labels("{{phase}} by ({{gate}}) P50"), "gate phase");
    assert_eq!(labels("measured"), "");
}

#[test]
fn the_dashboard_knows_only_labels_that_are_exported() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("development/grafana/workbook.json");
    let text = std::fs::read_to_string(path).unwrap();
    let dashboard: serde_json::Value = serde_json::from_str(&text).unwrap();
    let mut asked = BTreeSet::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().unwrap() {
            asked.extend(labels_of(target["expr"].as_str().unwrap()));
            asked.extend(labels_of(
                target["legendFormat"].as_str().unwrap_or_default(),
            ));
        }
    }
    for variable in dashboard["templating"]["list"].as_array().unwrap() {
        asked.extend(labels_of(variable["query"].as_str().unwrap_or_default()));
    }
    assert!(asked.contains("phase") && asked.contains("le"), "{asked:?}");
    let mut artifact = mixed();
    let published = crate::published::artifact().phases;
    let with_steps = published.iter().find(|of| !of.steps.is_empty());
    artifact.phases[0]
        .steps
        .clone_from(&with_steps.unwrap().steps);
    let exported = prometheus(&artifact);
    let unknown: Vec<&String> = asked
        .iter()
        .filter(|label| {
            let first = exported.contains(&format!("{{{label}=\""));
            !first && !exported.contains(&format!(",{label}=\""))
        })
        .collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}
