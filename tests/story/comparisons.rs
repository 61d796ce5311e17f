//! Two runs, or two directories of runs, side by side.

use std::fs;
use std::path::Path;

use shakedown::story::{FaceOff, StoryConfig, StoryError};

use crate::archives::fixture;

fn face_off(before: &Path, after: &Path) -> FaceOff {
    FaceOff::read(before, after, &StoryConfig::default()).unwrap()
}

/// Copies the runs of `records` whose names contain `part` into `directory`.
fn collect(part: &str, directory: &Path) {
    fs::create_dir_all(directory).unwrap();
    for entry in fs::read_dir(fixture("records")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if name.contains(part) {
            fs::copy(&path, directory.join(name)).unwrap();
        }
    }
}

#[test]
fn two_runs_are_compared_as_text_and_json() {
    let names = fixture("names");
    let face_off = face_off(
        &names.join("profile_800_c0ffee1.csv"),
        &names.join("profile_800_notracing_c0ffee1.csv"),
    );
    insta::assert_snapshot!("two_runs_text", face_off.text());
    insta::assert_snapshot!("two_runs_json", face_off.json());
    assert!(!face_off.is_worse());
}

#[test]
fn two_directories_of_repeated_runs_get_a_verdict() {
    let directory = tempfile::tempdir().unwrap();
    let (before, after) = (
        directory.path().join("before"),
        directory.path().join("after"),
    );
    collect("tracing-off_1_workers", &before);
    collect("tracing-on_1_workers", &after);
    let slower = face_off(&before, &after);
    insta::assert_snapshot!("two_directories_text", slower.text());
    assert!(slower.is_worse());
    assert!(!face_off(&after, &before).is_worse());
    let json: serde_json::Value = serde_json::from_str(&slower.json()).unwrap();
    assert_eq!(json["schema"], 1);
    assert_eq!(json["before"]["runs"].as_array().unwrap().len(), 4);
    let rps = &json["deltas"][1];
    assert_eq!(
        (&rps["metric"], &rps["verdict"]),
        (&"rps".into(), &"worse".into())
    );
    assert!(rps["interval"][1].as_f64().unwrap() < -0.03);
}

#[test]
fn a_pair_that_differs_in_two_factors_is_compared_when_asked_and_says_so() {
    let names = fixture("names");
    let face_off = face_off(
        &names.join("profile_800_notracing_12_workers_c0ffee1_stats.csv"),
        &names.join("profile_800_notracing_single_core_c0ffee1.csv"),
    );
    let comparison = face_off.comparison();
    assert_eq!(comparison.differences.len(), 2);
    assert_eq!(
        comparison.cautions[0],
        "the sides differ in 2 factors, so a change has more than one cause"
    );
}

#[test]
fn any_file_of_a_run_names_it() {
    let names = fixture("names");
    let history = names.join("profile_800_notracing_12_workers_c0ffee1_stats_history.csv");
    let face_off = face_off(&history, &history);
    let comparison = face_off.comparison();
    let run = comparison.before.runs[0];
    assert_eq!(
        run.file,
        "profile_800_notracing_12_workers_c0ffee1_stats.csv"
    );
    assert_eq!(run.timeline().len(), 20);
}

#[test]
fn a_side_that_is_no_run_is_an_error_that_says_why() {
    let names = fixture("names");
    let good = names.join("profile_800_c0ffee1.csv");
    let config = StoryConfig::default();
    let broken = names.join("profile_900_half_written_stats.csv");
    let error = FaceOff::read(&good, &broken, &config).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "`{}` line 2, column 1: the row has 5 cells, the header 22",
            broken.display()
        )
    );
    let missing = FaceOff::read(&good, Path::new("no/such"), &config).unwrap_err();
    assert!(matches!(missing, StoryError::Missing { .. }));
    assert_eq!(
        missing.to_string(),
        "there is no file or directory `no/such`"
    );
    assert!(missing.help().unwrap().contains("compare A B"));
    let mixed = FaceOff::read(&good, &names, &config).unwrap_err();
    assert!(mixed.to_string().contains("notes.csv"), "{mixed}");
}
