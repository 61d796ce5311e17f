//! `SHAKEDOWN_SESSION=process`, which is also what systems other than Linux
//! have: a resource per process.

use crate::scenario::{Scenario, finish};

#[test]
fn each_process_starts_its_own_and_says_so_once() {
    let scenario = Scenario::new();
    let run = finish(
        scenario
            .nextest("binary(a) & (test(/^shared::a::/) | test(/^driven::/))")
            .args(["--success-output", "immediate"])
            .env("SHAKEDOWN_SESSION", "process"),
    );
    run.succeeded().says("12 passed").says_nothing_of("LEAK");
    let notes = run
        .text
        .matches("note: each test process starts its own session resources")
        .count();
    assert_eq!(notes, 12, "{}", run.text);
    assert_eq!(scenario.instances_seen(), 10);
    scenario.leaves_nothing_behind();
    let torn_down = scenario.notes("teardown");
    assert_eq!(torn_down.len(), 12, "{torn_down:?}");
}

#[test]
fn tests_of_one_process_still_share() {
    let scenario = Scenario::new();
    let run = finish(
        scenario
            .binary("a", "shared::")
            .env("SHAKEDOWN_SESSION", "process"),
    );
    run.succeeded();
    assert_eq!(scenario.instances_seen(), 1);
    scenario.leaves_nothing_behind();
}

#[test]
fn a_failed_start_is_told_here_too() {
    let scenario = Scenario::new();
    finish(
        scenario
            .nextest("test(=failing::one) | test(=panicking) | test(=slow::one)")
            .env("SHAKEDOWN_SESSION", "process"),
    )
    .failed()
    .says("failed to start: invalid digit found in string")
    .says("failed to start: it panicked: no server for 7")
    .says("failed to start: it did not start within 300ms");
    scenario.leaves_nothing_behind();
}
