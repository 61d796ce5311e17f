//! However a run ends, its resources end with it.

use crate::scenario::{Finished, Scenario, finish, send, signal, start};

#[test]
fn a_failing_test_quotes_the_log_of_what_it_used() {
    let scenario = Scenario::new();
    finish(&mut scenario.nextest("test(/^fails_by_/)"))
        .failed()
        .says("2 failed")
        .says("session resource `SERVER` was in use\n")
        .says("| server is up on 127.0.0.1:")
        .says_nothing_of("LEAK");
    scenario.leaves_nothing_behind();
    assert_eq!(scenario.notes("teardown"), ["server"]);
}

/// Starts a test that holds the server, sends the runner `ending`, and checks
/// that all is taken down in good order.
#[track_caller]
fn ends_by(ending: i32) -> Finished {
    let scenario = Scenario::new();
    let runner = start(&mut scenario.nextest("test(=holds)"));
    scenario.first_note("holding");
    // The test holds the runner's output open: only its end lets this return.
    let run = signal(runner, ending);
    scenario.leaves_nothing_behind();
    assert_eq!(scenario.notes("teardown"), ["server"]);
    run
}

#[test]
fn ctrl_c() {
    ends_by(libc::SIGINT)
        .failed()
        .says("Cancelling due to interrupt")
        .says_nothing_of("LEAK");
}

#[test]
fn sigterm_of_the_runner() {
    ends_by(libc::SIGTERM)
        .failed()
        .says("Cancelling due to signal")
        .says_nothing_of("LEAK");
}

#[test]
fn sigkill_of_the_runner_ends_its_tests_too() {
    assert_eq!(ends_by(libc::SIGKILL).code, None);
}

#[test]
fn sigkill_of_a_cargo_test_ends_its_tests_too() {
    let scenario = Scenario::new();
    let cargo = start(&mut scenario.cargo_test("holds"));
    scenario.first_note("holding");
    assert_eq!(signal(cargo, libc::SIGKILL).code, None);
    scenario.leaves_nothing_behind();
}

#[test]
fn sigkill_of_a_binary_run_by_itself() {
    let scenario = Scenario::new();
    let binary = start(&mut scenario.binary("a", "holds"));
    scenario.first_note("holding");
    assert_eq!(signal(binary, libc::SIGKILL).code, None);
    scenario.leaves_nothing_behind();
}

#[test]
fn sigkill_of_a_test() {
    let scenario = Scenario::new();
    let runner = start(&mut scenario.nextest("binary(a) & (test(=holds) | test(/^shared::a::/))"));
    let test = scenario.first_note("holding");
    send(test.parse().unwrap(), libc::SIGKILL);
    Finished::from(runner.wait_with_output().unwrap())
        .failed()
        .says("10 passed, 1 failed")
        .says_nothing_of("LEAK");
    assert_eq!(scenario.instances_seen(), 1);
    scenario.leaves_nothing_behind();
}

#[test]
fn a_test_killed_for_time() {
    let scenario = Scenario::new();
    finish(
        scenario
            .nextest("binary(a) & (test(=holds) | test(/^shared::a::/))")
            .args(["--profile", "short"]),
    )
    .failed()
    .says("1 timed out")
    .says_nothing_of("LEAK");
    assert_eq!(scenario.instances_seen(), 1);
    scenario.leaves_nothing_behind();
}

#[test]
fn the_first_test_is_killed_for_time_while_its_resource_starts() {
    let scenario = Scenario::new();
    // The start of `SLOW` gives up after 300 ms; nextest kills after 500 ms.
    // What is left of both must be gone.
    finish(
        scenario
            .nextest("test(/^slow::/)")
            .args(["--profile", "short"]),
    )
    .failed();
    scenario.leaves_nothing_behind();
}
