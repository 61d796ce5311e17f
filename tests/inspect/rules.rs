//! Every shipped rule: its documentation, what it finds in its bad fixture, and
//! that it finds nothing in its good one.

use rstest::rstest;
use shakedown::inspect::{Inspection, Settings, Source, rule_named, rules};

use crate::cases::fixture;

/// What one rule finds in one of its fixtures, notes included.
fn findings(rule: &str, side: &str) -> (usize, String) {
    let source = Source::at(fixture(rule, side)).unwrap();
    let settings = Settings::of_workspace(source.root()).unwrap();
    let inspection = Inspection::new(&source, &settings).only([rule.to_owned()]);
    let report = inspection.run().unwrap();
    (
        report.findings.len(),
        report.human_with(&source, false, true),
    )
}

#[rstest]
fn finds_what_it_is_for(
    #[values(
        "assertion-free-test",
        "capture-loop-in-test",
        "concrete-repository",
        "env-mutation",
        "fixed-port",
        "ignored-without-reason",
        "layering",
        "marker-mismatch",
        "missing-conftest",
        "nextest-config",
        "serial-without-effect",
        "sleep-in-test",
        "stray-test-target",
        "unbounded-wait",
        "unguarded-spawn",
        "untested-module"
    )]
    rule: &str,
) {
    let (count, shown) = findings(rule, "bad");
    assert_ne!(count, 0);
    insta::assert_snapshot!(format!("finds_{rule}"), shown);
}

#[test]
fn finds_nothing_in_good_code() {
    for rule in rules()
        .iter()
        .filter(|it| it.name != "feature-without-test")
    {
        let (count, shown) = findings(rule.name, "good");
        assert_eq!(count, 0, "{}:\n{shown}", rule.name);
    }
}

#[test]
fn the_table_is_sorted_and_complete() {
    let names: Vec<&str> = rules().iter().map(|rule| rule.name).collect();
    let mut sorted = names.clone();
    sorted.sort_unstable();
    assert_eq!(names, sorted);
    let mut files: Vec<String> = std::fs::read_dir(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/src/inspect/rules/docs"
    ))
    .unwrap()
    .map(|entry| {
        entry
            .unwrap()
            .path()
            .file_stem()
            .unwrap()
            .to_string_lossy()
            .into_owned()
    })
    .collect();
    files.sort();
    assert_eq!(names, files);
    for name in names {
        let file = format!(
            "{}/src/inspect/rules/{}.rs",
            env!("CARGO_MANIFEST_DIR"),
            name.replace('-', "_")
        );
        assert!(std::path::Path::new(&file).is_file(), "{file}");
    }
}

#[test]
fn every_rule_is_documented_alike() {
    for rule in rules() {
        let text = rule.documentation;
        assert!(
            text.starts_with(&format!("# {}\n\n", rule.name)),
            "{}",
            rule.name
        );
        assert!(
            rule.summary().ends_with('.'),
            "{}: {}",
            rule.name,
            rule.summary()
        );
        let at = |heading: &str| {
            text.find(heading)
                .unwrap_or_else(|| panic!("{}: {heading}", rule.name))
        };
        assert!(at("## What it finds") < at("## Why"));
        assert!(at("## Why") < at("## Example"));
    }
}

#[test]
fn every_rule_has_fixtures_a_snapshot_and_an_explanation() {
    let snapshots = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/inspect/snapshots");
    let named: Vec<String> = std::path::Path::new(snapshots)
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    for rule in rules() {
        for side in ["bad", "good"] {
            let manifest = fixture(rule.name, side).join("Cargo.toml");
            assert!(manifest.is_file(), "{}", manifest.display());
        }
        let snapshot = format!("__finds_{}.snap", rule.name);
        assert!(
            named.iter().any(|name| name.ends_with(&snapshot)),
            "no snapshot `..{snapshot}` in {snapshots}"
        );
        assert_eq!(
            rule_named(rule.name).unwrap().documentation,
            rule.documentation
        );
    }
}

#[test]
fn there_are_no_fixtures_of_rules_that_are_gone() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/inspect");
    let mut fixtures: Vec<String> = std::path::Path::new(directory)
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    fixtures.sort();
    let names: Vec<&str> = rules().iter().map(|rule| rule.name).collect();
    assert_eq!(fixtures, names);
}

#[test]
fn suggests_a_rule_for_a_misspelt_one() {
    let error = rule_named("sleep-in-tests").unwrap_err();
    assert_eq!(
        error.to_string(),
        "no rule `sleep-in-tests`; did you mean `sleep-in-test`?"
    );
}
