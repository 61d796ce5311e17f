//! `conftest!` against a shell that exports the worst.

use crate::junit::Ended;
use crate::nested::{Nested, cargo, cargo_test, nextest, other};
use std::process::Command;

/// What somebody's shell might export.
fn hostile(nested: Nested) -> Nested {
    nested
        .env("DECNET_DEVELOPER_TRACING", "true")
        .env("DECNET_DB_TYPE", "mysql")
        .env("DECNET_DB_URL", "mysql://root@production/decnet")
        .env("CUCKOO", "1")
}

const TESTS: [&str; 4] = [
    "pins_beat_the_shell",
    "the_environment_is_ready_before_main",
    "variables_of_the_run_stay",
    "what_is_not_pinned_is_gone",
];

#[test]
fn pins_hold_under_nextest_when_it_lists_and_when_it_runs() {
    let scratch = tempfile::tempdir().unwrap();
    let seen = scratch.path().join("seen");
    let outcome = hostile(nextest("default", "sample-tiers"))
        .env("SAMPLE_SEEN", &seen)
        .run();
    outcome.exits(0);
    for test in TESTS {
        assert_eq!(outcome.report.case(test).ended, Ended::Passed);
    }
    let listed = std::fs::read_to_string(seen).unwrap();
    let mut listed: Vec<_> = listed.lines().collect();
    listed.sort_unstable();
    assert_eq!(
        listed,
        [
            "DECNET_DB_TYPE=sqlite",
            "DECNET_DEVELOPER=true",
            "DECNET_DEVELOPER_TRACING=false",
        ]
    );
}

#[test]
fn pins_hold_under_cargo_test() {
    let outcome = hostile(cargo_test()).args(["--test", "fast"]).run();
    outcome.exits(0).says("4 passed");
}

#[test]
fn pins_hold_in_the_bare_binary() {
    let mut build = cargo();
    build.args([
        "test",
        "--no-run",
        "--offline",
        "--locked",
        "-p",
        "sample-tiers",
    ]);
    build.args(["--test", "fast", "--message-format", "json"]);
    let mut bare = Command::new(other(build).run().executable());
    bare.env_clear();
    let outcome = hostile(other(bare)).env("SAMPLE_BARE", "1").run();
    outcome.exits(0).says("4 passed");
}
