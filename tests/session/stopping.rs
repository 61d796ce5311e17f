//! Listing resources that are alive, and stopping them.

use crate::scenario::{Scenario, finish, signal, start};

#[test]
fn a_resource_in_use_is_listed_and_can_be_stopped() {
    let scenario = Scenario::new();
    let runner = start(&mut scenario.nextest("test(=holds)"));
    scenario.first_note("holding");
    let host = scenario.first_note("seen");
    finish(scenario.binary("a", "listing::lists").arg("--nocapture"))
        .succeeded()
        .says(&format!(
            "SERVER of nextest is ready, 1 attached, host Some({host}), handle Some(\"{{\\\"address\\\":"
        ));
    finish(&mut scenario.binary("a", "listing::stops")).succeeded();
    // Stopped in good order while the run goes on.
    assert_eq!(scenario.notes("teardown"), ["server"]);
    // The test that held it is left to find out by itself.
    signal(runner, libc::SIGTERM).failed();
    scenario.leaves_nothing_behind();
}

#[test]
fn what_a_killed_host_left_is_listed_and_can_be_stopped() {
    let scenario = Scenario::new();
    finish(
        scenario
            .nextest("test(=death::a_kills)")
            .env("SAMPLE_KILL", "both"),
    )
    .succeeded();
    finish(scenario.binary("a", "listing::lists").arg("--nocapture"))
        .succeeded()
        .says("SERVER of nextest is abandoned, 0 attached, host None, handle None");
    finish(&mut scenario.binary("a", "listing::stops")).succeeded();
    scenario.leaves_nothing_behind();
}
