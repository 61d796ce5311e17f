//! Who shares an instance, and who does not.

use crate::scenario::{Scenario, finish, start};

const SHARED: &str = "test(/^shared::/)";

#[test]
fn two_hundred_tests_in_four_binaries_share_one_instance() {
    let scenario = Scenario::new();
    finish(&mut scenario.nextest(SHARED))
        .succeeded()
        .says("200 tests run: 200 passed")
        .says_nothing_of("LEAK");
    assert_eq!(scenario.notes("seen").len(), 200);
    assert_eq!(scenario.instances_seen(), 1);
    assert_eq!(scenario.notes("starts"), ["server"]);
    scenario.leaves_nothing_behind();
    assert_eq!(scenario.notes("teardown"), ["server"]);
}

#[test]
fn all_binaries_of_a_cargo_test_share_one_instance() {
    let scenario = Scenario::new();
    let run = finish(&mut scenario.cargo_test("shared::"));
    run.succeeded();
    assert_eq!(scenario.notes("seen").len(), 200);
    assert_eq!(scenario.instances_seen(), 1);
    scenario.leaves_nothing_behind();
}

#[test]
fn a_binary_run_by_itself_has_its_own_instance() {
    let scenario = Scenario::new();
    finish(&mut scenario.binary("b", "shared::")).succeeded();
    assert_eq!(scenario.notes("seen").len(), 50);
    assert_eq!(scenario.instances_seen(), 1);
    scenario.leaves_nothing_behind();
}

#[test]
fn two_runs_at_once_have_an_instance_each() {
    let scenario = Scenario::new();
    let crowd = || {
        let mut command = scenario.nextest("binary(a) & test(/^shared::[ab]::/)");
        command.args(["--test-threads", "16"]);
        command
    };
    let other = start(&mut crowd());
    finish(&mut crowd()).succeeded();
    assert!(other.wait_with_output().unwrap().status.success());
    assert_eq!(scenario.instances_seen(), 2);
    scenario.leaves_nothing_behind();
}

#[test]
fn a_wrapper_that_stays_between_runner_and_test_is_no_runner() {
    let scenario = Scenario::new();
    let wrapper = scenario.root().join("bin/wrapper");
    let runner = "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER"
        .replace("X86_64", &std::env::consts::ARCH.to_uppercase());
    finish(
        scenario
            .nextest("test(/^shared::a::/)")
            .env(runner, wrapper),
    )
    .succeeded()
    .says_nothing_of("LEAK");
    assert_eq!(scenario.notes("seen").len(), 40);
    assert_eq!(scenario.instances_seen(), 1);
    scenario.leaves_nothing_behind();
}

#[test]
fn without_capture_nothing_changes() {
    let scenario = Scenario::new();
    finish(
        scenario
            .nextest("binary(a) & test(/^shared::a::/)")
            .arg("--no-capture"),
    )
    .succeeded()
    .says_nothing_of("LEAK");
    assert_eq!(scenario.instances_seen(), 1);
    scenario.leaves_nothing_behind();
}

#[test]
fn a_resource_that_uses_another_goes_before_it() {
    let scenario = Scenario::new();
    finish(&mut scenario.nextest("test(=nested) | (binary(b) & test(/^shared::a::/))"))
        .succeeded()
        .says_nothing_of("LEAK");
    assert_eq!(scenario.instances_seen(), 1);
    scenario.leaves_nothing_behind();
    assert_eq!(
        scenario.notes("teardown"),
        ["front", "front asked", "server"]
    );
}

#[test]
fn a_resource_started_by_another_outlives_its_teardown() {
    let scenario = Scenario::new();
    finish(&mut scenario.nextest("test(=nested)"))
        .succeeded()
        .says_nothing_of("LEAK");
    scenario.leaves_nothing_behind();
    assert_eq!(
        scenario.notes("teardown"),
        ["front", "front asked", "server"]
    );
}

#[test]
fn a_service_of_the_process_fixture_can_be_kept() {
    let scenario = Scenario::new();
    finish(&mut scenario.nextest("test(/^process::/)"))
        .succeeded()
        .says("2 tests run: 2 passed")
        .says_nothing_of("LEAK");
    let seen = scenario.notes("process");
    assert_eq!(seen[0], seen[1]);
    scenario.leaves_nothing_behind();
}

#[test]
fn an_async_start_function_keeps_its_runtime() {
    let scenario = Scenario::new();
    finish(&mut scenario.nextest("test(/^driven::/)"))
        .succeeded()
        .says("2 tests run: 2 passed");
    scenario.leaves_nothing_behind();
    assert_eq!(scenario.notes("ports").len(), 1);
    assert_eq!(scenario.notes("teardown"), ["async"]);
}
