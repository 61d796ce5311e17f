//! Artifacts: written whole, never over another, read in any version.

use std::path::Path;

use shakedown::fixtures::scratch;
use shakedown::workbook::{
    Artifact, Calibration, Measurement, Missing, Revision, RigWatch, Settings, Verdict,
    WorkbookError, archived, judge, latest, measure,
};

/// A measurement of a command that takes next to nothing.
pub(crate) fn measured() -> Measurement {
    let text = "[phase.TRUE]\ntarget = \"10 s\"\ngate = \"soft\"\nsamples = 5\n\
                run = { command = [\"true\"] }\n";
    let settings = Settings::parse(Path::new("shakedown.toml"), text).unwrap();
    measure(&settings, &settings.phases[0], 5, None).unwrap()
}

pub(crate) fn artifact(started: &str) -> Artifact {
    Artifact::new(
        started.to_owned(),
        started.to_owned(),
        Revision::of("c0ffee1", false),
        RigWatch::start().finish(),
        Calibration::of(1_000.0, 1_010.0),
        vec![measured()],
        vec![Missing::of("IMAGE_UNPACK", "no engine")],
    )
}

#[test]
fn an_artifact_read_back_is_the_same() {
    let directory = scratch();
    let artifact = artifact("2026-03-01T10:00:00Z");
    let path = artifact.write(directory.path()).unwrap();
    assert!(path.ends_with("2026-03-01/phase-stats.json"), "{path:?}");
    assert_eq!(Artifact::read(&path).unwrap(), artifact);
}

#[test]
fn a_second_one_of_a_day_gets_a_number_and_the_first_stays() {
    let directory = scratch();
    let first = artifact("2026-03-01T10:00:00Z")
        .write(directory.path())
        .unwrap();
    let before = std::fs::read(&first).unwrap();
    let second = artifact("2026-03-01T11:00:00Z")
        .write(directory.path())
        .unwrap();
    assert!(second.ends_with("phase-stats-2.json"), "{second:?}");
    assert_eq!(std::fs::read(&first).unwrap(), before);
    let files = std::fs::read_dir(first.parent().unwrap()).unwrap().count();
    assert_eq!(files, 2, "no temporary file is left");
    assert_eq!(latest(directory.path()).unwrap().0, second);
}

#[test]
fn they_are_found_oldest_first_and_nothing_else_is_touched() {
    let directory = scratch();
    for day in ["2026-03-05", "2026-03-01"] {
        artifact(&format!("{day}T10:00:00Z"))
            .write(directory.path())
            .unwrap();
    }
    std::fs::write(directory.join("notes.txt"), "x").unwrap();
    std::fs::create_dir(directory.join("other")).unwrap();
    let dates: Vec<String> = archived(directory.path())
        .unwrap()
        .found
        .iter()
        .map(|(_, artifact)| artifact.date().to_owned())
        .collect();
    assert_eq!(dates, ["2026-03-01", "2026-03-05"]);
    assert!(
        archived(Path::new("no/such/place"))
            .unwrap()
            .found
            .is_empty()
    );
    let error = latest(Path::new("no/such/place")).unwrap_err();
    assert_eq!(error.to_string(), "no artifact in `no/such/place`");
}

#[test]
fn what_is_no_artifact_says_why() {
    let directory = scratch();
    for (text, says) in [
        ("{", "EOF"),
        (
            "{\"schema\": 2}",
            "has version 2 of an artifact, the newest known is 1",
        ),
        ("{\"schema\": \"x\"}", "its `schema` is no number"),
        ("{\"schema\": 1}", "missing field"),
        ("{\"date\": \"2025-07-14\"}", "missing field `phases`"),
        ("[]", "it is no JSON object"),
    ] {
        let path = directory.join("x.json");
        std::fs::write(&path, text).unwrap();
        let error = Artifact::read(&path).unwrap_err().to_string();
        assert!(
            error.contains(says) && error.contains("x.json"),
            "{text}: {error}"
        );
    }
}

#[test]
fn a_figure_that_cannot_be_is_refused_with_its_phase_and_its_name() {
    let directory = scratch();
    let path = directory.join("x.json");
    let published = |more: &str| {
        format!(
            "{{\"date\": \"2025-07-14\", \"phases\": {{\"A\": {{\"target\": \"1 s\", \
             \"gate\": \"hard\", \"samples\": 3, \"mean\": 0.1, {more}}}}}}}"
        )
    };
    for (more, says) in [
        ("\"p95\": -0.2", "phase `A`: its P95 is -200 ms"),
        (
            "\"p95\": 0.2, \"max\": -1",
            "phase `A`: its max is -1000 ms",
        ),
        (
            "\"p95\": 0.2, \"steps\": [[\"look up\", -0.1]]",
            "phase `A`: step `look up`, its mean is -100 ms",
        ),
        (
            "\"p95\": 0.2, \"histogram\": [[-1, 1, 1]]",
            "phase `A`: a bin's beginning is -1000 ms",
        ),
        (
            "\"p95\": 0.2, \"histogram\": [[0, 1, 1e18]]",
            "phase `A`: the share of a bin is 1000000000000000000, which is 0 to 1",
        ),
        (
            "\"p95\": 0.2, \"histogram\": [[0, 1, -0.5]]",
            "phase `A`: the share of a bin is -0.5, which is 0 to 1",
        ),
    ] {
        std::fs::write(&path, published(more)).unwrap();
        let error = Artifact::read(&path).unwrap_err().to_string();
        assert!(
            error.contains(says) && error.contains("x.json"),
            "{more}: {error}"
        );
    }
    std::fs::write(&path, published("\"p95\": 0.2")).unwrap();
    assert!(Artifact::read(&path).is_ok());
    let mut newest = artifact("2026-03-01T10:00:00Z");
    newest.phases[0].summary.p95_ms = -1.0;
    let path = newest.write(directory.path()).unwrap();
    let error = Artifact::read(&path).unwrap_err().to_string();
    assert!(error.contains("phase `TRUE`: its P95 is -1 ms"), "{error}");
}

#[test]
fn what_cannot_be_read_does_not_hide_the_rest_and_has_help_of_its_own() {
    let directory = scratch();
    let path = artifact("2026-03-01T10:00:00Z")
        .write(directory.path())
        .unwrap();
    let day = path.parent().unwrap();
    std::fs::write(day.join("phase-stats-2.json"), "{ cut off").unwrap();
    std::fs::write(day.join("phase-stats-3.json"), "{\"schema\": 9}").unwrap();
    assert_eq!(latest(directory.path()).unwrap().0, path);
    let mut unreadable = archived(directory.path()).unwrap().unreadable;
    unreadable.sort_by_key(ToString::to_string);
    let help: Vec<&str> = unreadable.iter().filter_map(WorkbookError::help).collect();
    assert!(help[0].contains("was it edited or cut off?"), "{help:?}");
    assert_eq!(help[1], "a newer shakedown wrote it");
    std::fs::remove_file(path).unwrap();
    let error = latest(directory.path()).unwrap_err().to_string();
    assert!(error.contains("phase-stats-"), "{error}");
}

#[test]
fn a_wait_that_was_too_short_fails_a_soft_gate_too() {
    let mut of = measured();
    assert_eq!(judge(&of), Verdict::Met);
    of.at_least_ms = of.summary.min_ms;
    assert_eq!(judge(&of), Verdict::Met);
    of.at_least_ms = of.summary.min_ms.map(|min| min + 0.001);
    assert_eq!(judge(&of), Verdict::TooShort);
    assert!(judge(&of).fails());
}

#[test]
fn the_target_the_limit_and_the_gate_decide() {
    let mut of = measured();
    for (p95, soft, hard) in [
        (10_000.0, Verdict::Met, Verdict::Met),
        (10_000.001, Verdict::Over, Verdict::Over),
        (30_000.0, Verdict::Over, Verdict::Over),
        (30_000.001, Verdict::SoftBreach, Verdict::HardBreach),
    ] {
        of.summary.p95_ms = p95;
        of.gate = shakedown::workbook::Gate::Soft;
        assert_eq!(judge(&of), soft, "{p95}");
        of.gate = shakedown::workbook::Gate::Hard;
        assert_eq!(judge(&of), hard, "{p95}");
    }
}
