//! Mistakes that must not compile, and what the compiler says about them.

use crate::nested::{cargo, other};

#[test]
fn mistakes_in_tiers_and_conftest_do_not_compile() {
    let mut command = cargo();
    command
        .args(["build", "--keep-going", "--offline", "--locked"])
        .args(["-p", "sample-tiers"])
        .args(["--features", "compile_fail", "--color", "never"])
        .args(["--test", "unknown_tier", "--test", "misfiled_tier"])
        .args(["--test", "greedy_scrub"]);
    let outcome = other(command).run();
    outcome
        .exits(101)
        .says(
            "error: unknown tier `strees`; \
             the tiers are fuzz, live, live_docker, stress, bench, docker",
        )
        .says("--> tiers/compile_fail/unknown_tier.rs:2:1")
        .says(
            "mis-filed tier: `tier!(live)` belongs into tests/live/main.rs, \
             the test binary `live`",
        )
        .says("--> tiers/compile_fail/misfiled_tier.rs:2:1")
        .says("scrub pattern `*` is not a name or a prefix followed by one `*`")
        .says("--> tiers/compile_fail/greedy_scrub.rs:2:1");
    for target in ["unknown_tier", "misfiled_tier", "greedy_scrub"] {
        outcome.says(&format!(
            "could not compile `sample-tiers` (test \"{target}\") due to 1 previous error"
        ));
    }
}
