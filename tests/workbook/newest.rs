//! The newest measurement of each phase: what a run of some phases does not take back.

use std::path::Path;

use shakedown::fixtures::{Scratch, scratch};
use shakedown::workbook::{Artifact, Micro, Phase, Revision, Settings, merged};

use crate::archive::{artifact, measured};
use crate::subcommand::shakedown;

/// An artifact of these phases, each with this P95.
fn of(started: &str, commit: &str, phases: &[(&str, f64)]) -> Artifact {
    let mut artifact = artifact(started);
    artifact.revision = Revision::of(commit, false);
    artifact.missing.clear();
    artifact.phases = phases
        .iter()
        .map(|(name, p95)| {
            let mut of = measured();
            (*name).clone_into(&mut of.phase);
            of.summary.p95_ms = *p95;
            of
        })
        .collect();
    artifact
}

fn configured(names: &[&str]) -> Vec<Phase> {
    let table =
        |name: &&str| format!("[phase.{name}]\ntarget = \"10 s\"\ngate = \"hard\"\nsamples = 1\n");
    let text: String = names.iter().map(table).collect();
    let settings = Settings::parse(Path::new("shakedown.toml"), &text);
    settings.unwrap().phases
}

fn figures(artifact: &Artifact) -> Vec<(&str, f64)> {
    let phases = artifact.phases.iter();
    phases
        .map(|of| (of.phase.as_str(), of.summary.p95_ms))
        .collect()
}

fn missing(artifact: &Artifact) -> Vec<&str> {
    let missing = artifact.missing.iter();
    missing.map(|of| of.phase.as_str()).collect()
}

#[test]
fn of_each_phase_the_newest_of_this_commit_and_machine_counts() {
    let mut other = of("2026-03-01T12:00:00Z", "c0ffee1", &[("D", 9.0)]);
    other.rig.machine.cores += 1;
    let all = [
        of("2026-03-01T10:00:00Z", "0ldc0de", &[("A", 1.0), ("C", 1.0)]),
        of("2026-03-01T11:00:00Z", "c0ffee1", &[("A", 2.0), ("B", 2.0)]),
        other,
        of("2026-03-01T13:00:00Z", "c0ffee1", &[("B", 3.0)]),
    ];
    let newest = merged(&all, &configured(&["A", "B", "C", "D"])).unwrap();
    assert_eq!(figures(&newest), [("A", 2.0), ("B", 3.0)]);
    assert_eq!(missing(&newest), ["C", "D"]);
    assert_eq!(newest.started, "2026-03-01T13:00:00Z");
    assert!(merged(&[], &[]).is_none());
}

#[test]
fn a_phase_that_failed_since_is_not_what_it_was() {
    let mut failed = of("2026-03-01T11:00:00Z", "c0ffee1", &[("A", 2.0)]);
    failed.missing = artifact("2026-03-01T11:00:00Z").missing; // IMAGE_UNPACK
    let before = of("2026-03-01T10:00:00Z", "c0ffee1", &[("IMAGE_UNPACK", 1.0)]);
    let newest = merged(&[before, failed], &[]).unwrap();
    assert_eq!(figures(&newest), [("A", 2.0)]);
    assert_eq!(missing(&newest), ["IMAGE_UNPACK"]);
}

#[test]
fn without_a_repository_another_day_is_other_code() {
    let all = [
        of("2026-03-01T10:00:00Z", "unknown", &[("A", 1.0), ("B", 1.0)]),
        of("2026-03-02T10:00:00Z", "unknown", &[("A", 2.0)]),
        of("2026-03-02T11:00:00Z", "unknown", &[("C", 3.0)]),
    ];
    let newest = merged(&all, &configured(&["A", "B", "C"])).unwrap();
    assert_eq!(figures(&newest), [("A", 2.0), ("C", 3.0)]);
    assert_eq!(missing(&newest), ["B"]);
}

#[test]
fn changes_that_no_commit_holds_and_the_worst_drift_stay_told() {
    let mut edited = of("2026-03-01T10:00:00Z", "c0ffee1", &[("A", 1.0)]);
    edited.revision.dirty = true;
    edited.calibration = Some(shakedown::workbook::Calibration::of(1_000.0, 2_000.0));
    let clean = of("2026-03-01T11:00:00Z", "c0ffee1", &[("B", 1.0)]);
    let newest = merged(&[edited.clone(), clean.clone()], &[]).unwrap();
    assert!(newest.revision.dirty);
    assert!(newest.calibration.unwrap().warning().is_some());
    // What is measured anew in full is not of the earlier one.
    let again = of("2026-03-01T12:00:00Z", "c0ffee1", &[("A", 1.0), ("B", 1.0)]);
    let newest = merged(&[edited, clean, again], &[]).unwrap();
    assert!(!newest.revision.dirty && newest.calibration.unwrap().warning().is_none());
}

/// A workspace with two commands as phases; the path of its configuration.
fn workspace() -> (Scratch, String) {
    let directory = scratch();
    std::fs::create_dir(directory.join(".config")).unwrap();
    let config = directory.join(".config/shakedown.toml");
    let table = |name: &str| {
        format!(
            "[phase.{name}]\ntarget = \"10 s\"\ngate = \"hard\"\nsamples = 3\n\
             run = {{ command = [\"true\"] }}\n"
        )
    };
    let text = table("ONE") + &table("TWO") + &table("NEVER");
    std::fs::write(&config, text).unwrap();
    let config = config.display().to_string();
    (directory, config)
}

#[test]
fn who_measures_one_phase_again_sees_the_others_too() {
    let (directory, config) = workspace();
    let bench = |phase: &str| {
        let text = shakedown(&["bench", "--phase", phase, "--config", &config]);
        assert!(text.starts_with("exit 0\n"), "{text}");
    };
    bench("ONE");
    bench("TWO");
    let gate = shakedown(&["gate", "--config", &config]);
    assert!(
        gate.contains("ok   ONE (hard)") && gate.contains("ok   TWO (hard)"),
        "{gate}"
    );
    let never = "fail NEVER (hard): not measured: no artifact of this commit and machine holds it";
    assert!(
        gate.starts_with("exit 100\n") && gate.contains(never),
        "{gate}"
    );
    let table = shakedown(&["export", "--config", &config]);
    assert!(
        table.contains("| `ONE` |") && table.contains("| `TWO` |"),
        "{table}"
    );
    assert!(table.contains("`NEVER` was not measured"), "{table}");
    let page = directory.join("Workbook.md").display().to_string();
    shakedown(&["workbook", "--config", &config, "--output", &page]);
    let page = std::fs::read_to_string(page).unwrap();
    let results = page.split("## Results").nth(1).unwrap();
    let results = results.split("## Trend").next().unwrap();
    assert!(
        results.contains("`ONE`") && results.contains("`TWO`"),
        "{results}"
    );
    assert!(results.contains("`NEVER` was not measured"), "{results}");
}

#[test]
fn after_a_run_of_micro_benchmarks_the_phases_are_still_judged() {
    let (directory, config) = workspace();
    for phase in ["ONE", "TWO", "NEVER"] {
        shakedown(&["bench", "--phase", phase, "--config", &config]);
    }
    let archive = directory.join("development/bench-artifacts");
    let (_, last) = shakedown::workbook::latest(&archive).unwrap();
    let micro: Micro = serde_json::from_value(serde_json::json!({
        "name": "add", "build": "release", "samples": 100, "calls": 1_000, "mean_ns": 5.0,
        "median_ns": 5.0, "p95_ns": 5.0, "min_ns": 5.0, "max_ns": 5.0,
    }))
    .unwrap();
    let mut only = last.clone().with_micro(vec![micro]);
    only.phases.clear();
    only.started = format!("{}T23:59:59Z", last.date());
    only.write(&archive).unwrap();
    let gate = shakedown(&["gate", "--config", &config]);
    assert!(
        gate.starts_with("exit 0\n") && gate.contains("ok   ONE (hard)"),
        "{gate}"
    );
}

#[test]
fn an_artifact_that_cannot_be_read_is_told_beside_the_one_that_is_shown() {
    let (directory, config) = workspace();
    shakedown(&["bench", "--phase", "ONE", "--config", &config]);
    let show = || shakedown(&["bench", "show", "--config", &config]);
    assert!(!show().contains("warning"), "{}", show());
    let archive = directory.join("development/bench-artifacts");
    let (path, _) = shakedown::workbook::latest(&archive).unwrap();
    std::fs::write(path.with_file_name("phase-stats-9.json"), "{ cut off").unwrap();
    let shown = show();
    assert!(
        shown.contains("ONE: P95 ")
            && shown.contains("warning: ")
            && shown.contains("stats-9.json"),
        "{shown}"
    );
}
