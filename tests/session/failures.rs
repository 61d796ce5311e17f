//! Starts that fail: one clear failure for all who need the resource.

use crate::scenario::{Scenario, finish};

#[test]
fn a_failed_start_is_tried_once_and_told_to_all() {
    let scenario = Scenario::new();
    let run = finish(&mut scenario.nextest("test(/^failing::/)"));
    run.failed()
        .says("3 tests run: 0 passed, 3 failed")
        .says("session resource `FAILING` (tests/service/mod.rs:")
        .says("failed to start: invalid digit found in string")
        .says("| a line in the log")
        .says_nothing_of("LEAK");
    let told = run.text.matches("failed to start: invalid digit").count();
    assert!(told >= 3, "{}", run.text);
    assert_eq!(scenario.notes("starts"), ["failing"]);
    scenario.leaves_nothing_behind();
}

#[test]
fn a_start_function_that_panics_is_quoted() {
    let scenario = Scenario::new();
    finish(&mut scenario.nextest("test(=panicking)"))
        .failed()
        .says("failed to start: it panicked: no server for 7")
        .says("tests/service/mod.rs:");
    scenario.leaves_nothing_behind();
}

#[test]
fn a_start_that_takes_too_long_is_ended() {
    let scenario = Scenario::new();
    finish(&mut scenario.nextest("test(/^slow::/)"))
        .failed()
        .says("2 failed")
        .says("session resource `SLOW`")
        .says("failed to start: it did not start within 300ms");
    assert_eq!(scenario.notes("starts"), ["slow"]);
    scenario.leaves_nothing_behind();
}

#[test]
fn a_circle_is_named() {
    let scenario = Scenario::new();
    finish(&mut scenario.nextest("test(=circle)"))
        .failed()
        .says("session resources need each other in a circle: ")
        .says(":LEFT -> ")
        .says(":RIGHT -> ");
    scenario.leaves_nothing_behind();
}

#[test]
fn a_handle_of_another_type_is_named() {
    let scenario = Scenario::new();
    finish(&mut scenario.nextest("test(=typed)"))
        .failed()
        .says("1 passed, 1 failed")
        .says("the handle of session resource `TYPED` is of another type here");
    scenario.leaves_nothing_behind();
}
