//! The rules that ship, one file each, in one sorted table.

mod assertion_free_test;
mod capture_loop_in_test;
mod concrete_repository;
mod conventions;
mod env_mutation;
mod feature_without_test;
mod fixed_port;
mod ignored_without_reason;
mod layering;
mod marker_mismatch;
mod missing_conftest;
mod nextest_config;
mod nextest_keys;
mod public_items;
mod serial_without_effect;
mod sleep_in_test;
mod stray_test_target;
mod unbounded_wait;
mod unguarded_spawn;
mod untested_module;

use super::rule::Rule;

/// Every shipped rule, sorted by name.
pub(super) static RULES: [Rule; 17] = [
    assertion_free_test::RULE,
    capture_loop_in_test::RULE,
    concrete_repository::RULE,
    env_mutation::RULE,
    feature_without_test::RULE,
    fixed_port::RULE,
    ignored_without_reason::RULE,
    layering::RULE,
    marker_mismatch::RULE,
    missing_conftest::RULE,
    nextest_config::RULE,
    serial_without_effect::RULE,
    sleep_in_test::RULE,
    stray_test_target::RULE,
    unbounded_wait::RULE,
    unguarded_spawn::RULE,
    untested_module::RULE,
];
