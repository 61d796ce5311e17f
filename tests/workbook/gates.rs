//! The gate over an artifact: what fails, what warns, and how it is told.

use shakedown::workbook::{Artifact, Gate, GateReport, Settings, Verdict};

use crate::archive::artifact;

/// An artifact with one phase of each outcome.
pub(crate) fn mixed() -> Artifact {
    let mut artifact = artifact("2026-03-01T10:00:00Z");
    let base = artifact.phases.remove(0);
    for (name, gate, p95) in [
        ("FINE", Gate::Hard, 10.0),
        ("SLOW", Gate::Hard, 25.0),
        ("BROKEN", Gate::Hard, 30.5),
        ("SLOPPY", Gate::Soft, 31.0),
    ] {
        let mut of = base.clone();
        of.phase = name.to_owned();
        of.gate = gate;
        (of.target_ms, of.limit_ms) = (10.0, 30.0);
        "10 ms".clone_into(&mut of.target);
        of.summary.p95_ms = p95;
        artifact.phases.push(of);
    }
    artifact
}

#[test]
fn each_outcome_is_told_as_what_it_is() {
    let artifact = mixed();
    let report = GateReport::of(&artifact);
    let verdicts: Vec<Verdict> = report.phases.iter().map(|(_, verdict)| *verdict).collect();
    assert_eq!(
        verdicts,
        [
            Verdict::Met,
            Verdict::Over,
            Verdict::HardBreach,
            Verdict::SoftBreach
        ]
    );
    assert!(report.fails());
    insta::assert_snapshot!(report.human(), @r"
    ok   FINE (hard): P95 10.0ms is within the target of 10.0ms
    warn SLOW (hard): P95 25.0ms is above the target of 10.0ms, below the limit of 30.0ms
    fail BROKEN (hard): P95 30.5ms is above the limit of 30.0ms (target 10.0ms)
    warn SLOPPY (soft): P95 31.0ms is above the limit of 30.0ms (target 10.0ms)
    none IMAGE_UNPACK: not measured: no engine
    ");
    insta::assert_snapshot!(report.github(), @r"
    ::warning title=phase SLOW::P95 25.0ms is above the target of 10.0ms, below the limit of 30.0ms
    ::error title=phase BROKEN::P95 30.5ms is above the limit of 30.0ms (target 10.0ms)
    ::warning title=phase SLOPPY::P95 31.0ms is above the limit of 30.0ms (target 10.0ms)
    ::warning title=phase IMAGE_UNPACK::not measured: no engine
    ");
}

#[test]
fn a_hard_gate_that_was_not_measured_is_not_passed() {
    let mut artifact = mixed();
    artifact.phases.retain(|of| of.phase != "BROKEN");
    let table = |name: &str, gate: &str| {
        format!("[phase.{name}]\ntarget = \"1 s\"\ngate = \"{gate}\"\nsamples = 1\n")
    };
    let expecting = |text: &str| {
        let settings = Settings::parse(std::path::Path::new("x.toml"), text).unwrap();
        let report = GateReport::expecting(&artifact, &settings.phases);
        (report.fails(), report.human(), report.junit())
    };
    let soft = table("FINE", "hard") + &table("IMAGE_UNPACK", "soft");
    let (fails, human, _) = expecting(&soft);
    assert!(!fails && human.contains("none IMAGE_UNPACK (soft): not measured: no engine"));
    let (fails, human, junit) = expecting(&(soft + &table("NEW", "hard")));
    assert!(fails, "{human}");
    assert!(human.contains("fail NEW (hard): not measured"), "{human}");
    assert!(junit.contains("failures=\"1\" skipped=\"1\""), "{junit}");
}

#[test]
fn limits_that_changed_since_are_told() {
    let artifact = mixed();
    let outdated = |target: &str, gate: &str| {
        let text = format!("[phase.FINE]\ntarget = \"{target}\"\ngate = \"{gate}\"\nsamples = 1\n");
        let settings = Settings::parse(std::path::Path::new("x.toml"), &text).unwrap();
        GateReport::of(&artifact).outdated(&settings.phases)
    };
    assert!(outdated("10 ms", "hard").is_empty());
    assert_eq!(
        outdated("5 ms", "hard"),
        [
            "FINE: its limits have changed since it was measured (hard 10 ms, at most 30.0ms, now \
             hard 5 ms, at most 15.0ms): it is judged by those of then"
        ]
    );
    assert_eq!(outdated("10 ms", "soft").len(), 1);
}

#[test]
fn a_phase_that_was_measured_with_fewer_samples_than_it_has_is_told() {
    let artifact = mixed(); // 5 samples each
    let sparse = |samples: u64| {
        let table = "target = \"10 ms\"\ngate = \"hard\"\nsamples =";
        let text = format!("[phase.FINE]\n{table} {samples}\n");
        let settings = Settings::parse(std::path::Path::new("x.toml"), &text).unwrap();
        GateReport::of(&artifact).sparse(&settings.phases)
    };
    assert!(sparse(5).is_empty());
    assert_eq!(
        sparse(6),
        [
            "FINE: it is judged by 5 of its 6 samples: `cargo shakedown bench --phase FINE` takes all"
        ]
    );
}

#[test]
fn without_a_hard_breach_the_gate_holds() {
    let mut artifact = mixed();
    artifact.phases.retain(|of| of.phase != "BROKEN");
    assert!(!GateReport::of(&artifact).fails());
}

#[test]
fn junit_counts_failures_and_skips() {
    let mut artifact = mixed();
    artifact.missing[0].reason = "no <engine> & \"no\" image".to_owned();
    let text = GateReport::of(&artifact).junit();
    let document = roxmltree::Document::parse(&text).unwrap();
    let suite = document
        .descendants()
        .find(|node| node.has_tag_name("testsuite"))
        .unwrap();
    assert_eq!(suite.attribute("tests"), Some("5"));
    assert_eq!(suite.attribute("failures"), Some("1"));
    assert_eq!(suite.attribute("skipped"), Some("1"));
    let failed: Vec<&str> = document
        .descendants()
        .filter(|node| node.has_tag_name("failure"))
        .map(|node| node.parent().unwrap().attribute("name").unwrap())
        .collect();
    assert_eq!(failed, ["BROKEN"]);
    let skipped = document
        .descendants()
        .find(|node| node.has_tag_name("skipped"))
        .unwrap();
    assert_eq!(
        skipped.attribute("message"),
        Some("no <engine> & \"no\" image")
    );
}

#[test]
fn a_soft_breach_gets_one_ticket_a_commit() {
    let artifact = mixed();
    let tickets = GateReport::of(&artifact).tickets();
    assert_eq!(tickets.len(), 1);
    let (name, text) = &tickets[0];
    assert_eq!(name, "SLOPPY-c0ffee1.md");
    assert!(
        text.starts_with("# SLOPPY: P95 31.0ms is above its limit of 30.0ms\n"),
        "{text}"
    );
    assert!(
        text.contains("| 31.0ms |") && text.contains("`c0ffee1`"),
        "{text}"
    );
    assert!(
        text.contains("cargo shakedown bench --phase SLOPPY"),
        "{text}"
    );
}

#[test]
fn a_ticket_stays_in_its_directory_whatever_its_phase_is_called() {
    let mut artifact = mixed();
    artifact.phases[3].phase = "../../SLOPPY_ONE".to_owned();
    let tickets = GateReport::of(&artifact).tickets();
    assert_eq!(tickets[0].0, "SLOPPY_ONE-c0ffee1.md");
}
