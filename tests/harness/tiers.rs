//! `tier!`: what each profile and plain `cargo test` run.

use crate::junit::Ended;
use crate::nested::{Nested, cargo_test, nextest};
use rstest::rstest;
use shakedown::tier::TIERS;

/// The sample with everything it requires at hand.
fn equipped(nested: Nested) -> Nested {
    nested.env("SAMPLE_DOCKER", "up").env("SAMPLE_MYSQL", "up")
}

const FAST: [&str; 5] = [
    "pins_beat_the_shell",
    "tests::stress_is_just_a_word_here",
    "the_environment_is_ready_before_main",
    "variables_of_the_run_stay",
    "what_is_not_pinned_is_gone",
];

#[rstest]
#[case("default", &FAST)]
#[case("fuzz", &["fuzz_runs"])]
#[case("live", &["live_runs"])]
#[case("live_docker", &["live_docker_runs"])]
#[case("stress", &["stress_runs", "tests::m_stress::one_marked_test_in_a_fast_binary"])]
#[case("bench", &["bench_runs"])]
fn a_profile_runs_its_tier_and_nothing_else(#[case] profile: &str, #[case] tests: &[&str]) {
    let outcome = equipped(nextest(profile, "sample-tiers")).run();
    outcome.exits(0);
    assert_eq!(outcome.report.names(|ended| *ended == Ended::Passed), tests);
    assert_eq!(outcome.report.0.len(), tests.len(), "{}", outcome.report);
}

#[test]
fn plain_cargo_test_names_the_tiers_it_leaves_out_and_runs_none() {
    let outcome = equipped(cargo_test()).run();
    outcome.exits(0).says("test pins_beat_the_shell ... ok");
    for tier in TIERS {
        outcome
            .says(&format!("tier `{tier}` not selected; {}", tier.command()))
            .does_not_say(&format!("test {tier}_runs"));
    }
    // A module is a matter of nextest's filters only, as the docs say.
    outcome.says("test tests::m_stress::one_marked_test_in_a_fast_binary ... ok");
}

#[test]
fn the_variable_selects_a_tier_for_cargo_test() {
    let selected = equipped(cargo_test()).env("SHAKEDOWN_TIERS", "live,stress");
    let outcome = selected.args(["--test", "stress", "--test", "bench"]).run();
    outcome
        .exits(0)
        .says("test stress_runs ... ok")
        .says("tier `bench` not selected");
    let all = equipped(cargo_test()).env("SHAKEDOWN_TIERS", "all");
    let outcome = all.args(["--test", "stress", "--test", "bench"]).run();
    outcome
        .says("test stress_runs ... ok")
        .says("test bench_runs ... ok");
}

#[test]
fn a_run_button_and_a_listing_need_no_selection() {
    let button = cargo_test().args(["--test", "stress", "--", "stress_runs", "--exact"]);
    button.run().exits(0).says("test stress_runs ... ok");
    let listing = cargo_test().args(["--test", "stress", "--", "--list"]);
    listing.run().exits(0).says("stress_runs: test");
}

#[test]
fn an_unknown_tier_in_the_variable_is_an_error() {
    let misspelt = cargo_test().env("SHAKEDOWN_TIERS", "strees");
    let outcome = misspelt.args(["--test", "stress"]).run();
    outcome
        .says("error: unknown tier `strees` in SHAKEDOWN_TIERS")
        .says("help: the tiers are fuzz, live, live_docker, stress, bench, docker")
        .does_not_say("stress_runs");
    assert!(!outcome.status.success(), "{outcome:#?}");
}
