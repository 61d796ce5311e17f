//! Processes of a resource that are killed in the middle of a run.

use crate::scenario::{Finished, Scenario, finish};

/// Runs one after the other: a test that kills `victim`, and two that ask for
/// the resource afterwards.
fn killed(scenario: &Scenario, victim: &str) -> Finished {
    finish(
        scenario
            .nextest("test(/^death::/)")
            .args(["--test-threads", "1"])
            .env("SAMPLE_KILL", victim),
    )
}

#[test]
fn a_killed_worker_is_an_error_for_who_asks_afterwards() {
    let scenario = Scenario::new();
    killed(&scenario, "worker")
        .failed()
        .says("1 passed, 2 failed")
        .says("session resource `SERVER` (tests/service/mod.rs:")
        .says("died during the run: its host process")
        .says("| server is up on 127.0.0.1:")
        .says_nothing_of("LEAK");
    assert_eq!(scenario.notes("starts"), ["server"]);
    scenario.leaves_nothing_behind();
}

#[test]
fn a_killed_keeper_is_replaced_by_the_worker() {
    let scenario = Scenario::new();
    killed(&scenario, "keeper")
        .succeeded()
        .says("3 passed")
        .says_nothing_of("LEAK");
    assert_eq!(scenario.notes("starts"), ["server"]);
    scenario.leaves_nothing_behind();
    assert_eq!(scenario.notes("teardown"), ["server"]);
}

#[test]
fn what_both_leave_is_removed_at_once_but_for_the_directory() {
    let scenario = Scenario::new();
    killed(&scenario, "both")
        .failed()
        .says("1 passed, 2 failed")
        .says("died during the run: its host process");
    // Whoever asked next has ended what was left.
    assert_eq!(scenario.processes(), Vec::<String>::new());
    let containers = std::fs::read_dir(scenario.out().join("containers")).unwrap();
    assert_eq!(containers.count(), 0);
    assert_eq!(scenario.notes("starts"), ["server"]);
    // The next run sweeps the directory.
    finish(&mut scenario.nextest("binary(a) & test(/^shared::a::/)")).succeeded();
    scenario.leaves_nothing_behind();
}

#[test]
fn what_both_leave_is_swept_by_the_next_run() {
    let scenario = Scenario::new();
    let run = finish(
        scenario
            .nextest("test(=death::a_kills)")
            .env("SAMPLE_KILL", "both"),
    );
    run.succeeded();
    // Nobody asked afterwards: the daemon, the container and the directory of
    // the killed host are still there.
    assert!(!scenario.processes().is_empty());
    finish(&mut scenario.nextest("test(/^driven::/)")).succeeded();
    scenario.leaves_nothing_behind();
}

#[test]
fn a_child_that_ends_by_itself_takes_the_resource_along() {
    let scenario = Scenario::new();
    finish(
        scenario
            .nextest("test(/^crash::/)")
            .args(["--test-threads", "1"]),
    )
    .failed()
    .says("1 passed, 1 failed")
    .says("died during the run: its child `sh` ended with exit status 3");
    scenario.leaves_nothing_behind();
}

#[test]
fn a_keeper_killed_during_the_start_is_a_failed_start() {
    let scenario = Scenario::new();
    finish(&mut scenario.nextest("test(/^orphaned::/)"))
        .failed()
        .says("2 failed")
        .says("failed to start: its keeper was killed while it started");
    assert_eq!(scenario.notes("starts"), ["orphaned"]);
    scenario.leaves_nothing_behind();
}
