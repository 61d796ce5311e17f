//! `requires!`: skipped with a reason, failed where asked for by name, and never
//! passed without having run.

use crate::junit::Ended;
use crate::nested::{TESTS_FAILED, cargo_test, nextest, nextest_command, target};

const REASON: &str = "no daemon at `sample.sock`";
const OF_DOCKER: [&str; 2] = ["docker_fails", "docker_runs"];

fn failed(ended: &Ended) -> bool {
    matches!(ended, Ended::Failed(_))
}

#[test]
fn unmet_is_skipped_and_the_reason_reaches_the_user() {
    let outcome = nextest("all", "sample-tiers").run();
    outcome.exits(0).says(&format!(
        "shakedown: skips the tests of `docker`: requirement `docker` is not met: {REASON}"
    ));
    assert_eq!(
        outcome.report.names(|ended| *ended == Ended::Skipped),
        [
            "docker_fails",
            "docker_runs",
            "lens::sees",
            "live_docker_runs"
        ]
    );
    let note = "sample/nextest/shakedown/skipped/sample-tiers.docker.docker.txt";
    let note = std::fs::read_to_string(target().join(note)).unwrap();
    assert!(note.contains(REASON), "{note}");
}

#[test]
fn unmet_fails_when_the_profile_asks_for_it() {
    let outcome = nextest("docker", "sample-tiers").run();
    outcome.exits(TESTS_FAILED);
    assert_eq!(outcome.report.names(failed), OF_DOCKER);
    let stderr = &outcome.report.case("docker_runs").stderr;
    assert!(
        stderr.contains(REASON) && stderr.contains("asked for by `--profile docker`"),
        "{stderr}"
    );
    // `live_docker` is looked into as well, but nobody asked for its tests.
    outcome.does_not_say("skips the tests of `live_docker`");
}

#[test]
fn unmet_fails_when_a_variable_asks_for_it() {
    for value in ["docker", "all"] {
        let outcome = nextest("all", "sample-tiers")
            .env("SHAKEDOWN_REQUIRE", value)
            .env("SAMPLE_MYSQL", "up")
            .env("SAMPLE_CAMERA", "up")
            .run();
        outcome.exits(TESTS_FAILED);
        assert_eq!(outcome.report.names(failed), OF_DOCKER, "{value}");
    }
}

#[test]
fn a_requirement_may_have_another_name_than_its_tier() {
    let by_tier = nextest("live_docker", "sample-tiers").run();
    assert_eq!(by_tier.report.names(failed), ["live_docker_runs"]);
    let by_name = nextest("all", "sample-tiers").env("SHAKEDOWN_REQUIRE", "mysql");
    assert_eq!(by_name.run().report.names(failed), ["live_docker_runs"]);
}

#[test]
fn running_ignored_tests_fails_instead_of_passing_with_nothing_run() {
    for which in ["all", "only"] {
        let outcome = nextest("all", "sample-tiers")
            .args(["--run-ignored", which])
            .run();
        outcome.exits(TESTS_FAILED);
        assert_eq!(
            outcome.report.names(failed),
            [
                "docker_fails",
                "docker_runs",
                "lens::sees",
                "live_docker_runs"
            ],
            "{which}"
        );
    }
}

#[test]
fn met_tests_run_also_when_ignored_ones_are_asked_for() {
    for which in ["default", "all"] {
        let outcome = nextest("docker", "sample-tiers")
            .env("SAMPLE_DOCKER", "up")
            .args(["--run-ignored", which])
            .run();
        assert_eq!(outcome.report.names(failed), ["docker_fails"], "{which}");
        let fails = outcome.report.case("docker_fails");
        assert!(fails.stderr.contains("the body ran"), "{}", fails.stderr);
        assert_eq!(outcome.report.case("docker_runs").ended, Ended::Passed);
    }
}

#[test]
fn a_test_listed_as_ignored_still_runs_when_the_requirement_is_met_by_then() {
    // nextest passes `--ignored` for them, and libtest would run nothing.
    let listed = nextest("all", "sample-tiers")
        .args(["--run-ignored", "only"])
        .env("SAMPLE_DOCKER_FROM_RUN", "up")
        .run();
    let fails = listed.report.case("docker_fails");
    assert!(fails.stderr.contains("the body ran"), "{listed:#?}");
    assert_eq!(listed.report.case("docker_runs").ended, Ended::Passed);
}

#[test]
fn plain_cargo_test_says_what_it_did_not_run() {
    let outcome = cargo_test()
        .env("SHAKEDOWN_TIERS", "all")
        .args(["--test", "docker"])
        .run();
    outcome
        .exits(0)
        .says(&format!(
            "requirement `docker` is not met, 0 tests run: {REASON}"
        ))
        .does_not_say("... ok");
}

#[test]
fn plain_cargo_test_fails_when_it_was_asked_for_by_name() {
    let by_tier = cargo_test().env("SHAKEDOWN_TIERS", "docker");
    let by_name = cargo_test()
        .env("SHAKEDOWN_TIERS", "all")
        .env("SHAKEDOWN_REQUIRE", "docker");
    for nested in [by_tier, by_name] {
        let outcome = nested.args(["--test", "docker"]).run();
        outcome
            .says("error: requirement `docker` is not met")
            .does_not_say("... ok");
        assert!(!outcome.status.success(), "{outcome:#?}");
    }
    let button = cargo_test().args(["--test", "docker", "--", "docker_runs", "--exact"]);
    let outcome = button.run();
    outcome.says("asked for by `--exact`");
    assert!(!outcome.status.success(), "{outcome:#?}");
}

#[test]
fn a_listing_records_requirements_where_it_is_told_to() {
    let scratch = tempfile::tempdir().unwrap();
    let record = scratch.path().join("requirements");
    let listing = cargo_test()
        .env("SHAKEDOWN_REQUIREMENTS", &record)
        .env("SAMPLE_MYSQL", "up");
    let outcome = listing
        .args(["--test", "docker", "--test", "live_docker", "--"])
        .args(["--list", "--format", "terse"])
        .run();
    outcome.exits(0).says("docker_runs: test");
    let recorded = std::fs::read_to_string(&record).unwrap();
    let mut lines: Vec<_> = recorded.lines().collect();
    lines.sort_unstable();
    assert_eq!(
        lines,
        [&*format!("docker\tunmet\t{REASON}"), "mysql\tmet\t"]
    );
}

#[test]
fn under_nextest_each_requirement_is_recorded_once() {
    let scratch = tempfile::tempdir().unwrap();
    let record = scratch.path().join("requirements");
    nextest_command("list", "all", "sample-tiers")
        .env("SHAKEDOWN_REQUIREMENTS", &record)
        .run()
        .exits(0);
    let recorded = std::fs::read_to_string(&record).unwrap();
    assert_eq!(recorded.lines().count(), 3, "{recorded}");
}

const NO_CAMERA: &str = "requirement `camera` is not met: no camera at `sample.usb`";

#[test]
fn a_module_is_skipped_alone_and_its_neighbours_run() {
    let outcome = nextest("all", "sample-tiers").run();
    outcome.exits(0).says(NO_CAMERA);
    assert_eq!(outcome.report.case("lens::sees").ended, Ended::Skipped);
    assert_eq!(outcome.report.case("live_runs").ended, Ended::Passed);
}

#[test]
fn a_module_fails_where_its_tier_was_asked_for() {
    let outcome = nextest("live", "sample-tiers").run();
    outcome.exits(TESTS_FAILED);
    assert_eq!(outcome.report.names(failed), ["lens::sees"]);
    assert!(outcome.report.case("lens::sees").stderr.contains(NO_CAMERA));
    assert_eq!(outcome.report.case("live_runs").ended, Ended::Passed);
}

#[test]
fn an_unmet_module_is_never_passed_with_nothing_run() {
    let outcome = nextest("all", "sample-tiers")
        .args(["--run-ignored", "all"])
        .run();
    assert!(failed(&outcome.report.case("lens::sees").ended));
    assert_eq!(outcome.report.case("live_runs").ended, Ended::Passed);
}

#[test]
fn cargo_test_says_which_module_it_leaves_out() {
    let outcome = cargo_test()
        .args(["--test", "live"])
        .env("SHAKEDOWN_TIERS", "stress")
        .run();
    outcome.exits(0).does_not_say(NO_CAMERA);
    let outcome = cargo_test()
        .args(["--test", "live"])
        .env("SHAKEDOWN_TIERS", "live")
        .run();
    outcome.says(NO_CAMERA);
}
