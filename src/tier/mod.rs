//! Tiers: which tests run when, and what they need.
//!
//! A tier is what pytest calls a marker. `cargo nextest run` runs the unmarked,
//! fast tests; each other tier has a profile of its own name.
//!
//! | pytest | here |
//! |---|---|
//! | `@pytest.mark.stress` | `tests/stress/main.rs`, with [`tier!`](crate::tier!)`(stress);` as its first line |
//! | `@pytest.mark.stress` on one test of a fast file | a module `m_stress` around it |
//! | `-m "not stress"` in `addopts` | the default profile |
//! | `-m stress` | `cargo nextest run --profile stress` |
//! | `-m "stress or live"` | `cargo nextest run --profile all -E 'binary(=stress) \| binary(=live)'` |
//! | `--strict-markers` | an unknown tier does not compile |
//! | `skipif(not docker)` | [`requires!`](crate::requires!)`(docker, check);` |
//! | `--markers` | `cargo shakedown tiers` |
//!
//! # `cargo test`
//!
//! cargo runs every test binary; `tier!` makes those of a tier say that they
//! are not selected and run nothing. `SHAKEDOWN_TIERS=stress,live` or `=all`
//! selects them, a test named with `--exact` always runs, and a listing is
//! always complete. `m_<tier>` modules are a matter of nextest's filters:
//! **plain `cargo test` runs them**, so a test that must not run by accident
//! belongs into a tier's own binary.
//!
//! # rust-analyzer
//!
//! The run button of one test names it with `--exact` and works. "Run Tests" on
//! a module does not, so there the tier counts as not selected; set
//! `"rust-analyzer.runnables.extraEnv": { "SHAKEDOWN_TIERS": "all" }`. Where
//! the run command is overridden with `cargo nextest run`, add
//! `--ignore-default-filter`: without it the default profile's filter leaves
//! "no tests to run".
//!
//! # Requirements
//!
//! When what [`requires!`](crate::requires!) asks for is missing, the tests of
//! the binary are **skipped** under nextest (JUnit: `<skipped>`), and the reason
//! appears on the terminal before the run and in
//! `<target>/nextest/shakedown/skipped/<binary>.<requirement>.txt`. When it was asked for by name they
//! **fail** with the reason. Never do they pass without having run.
//!
//! Asked for by name means: the profile, an entry of `SHAKEDOWN_TIERS` or of
//! `SHAKEDOWN_REQUIRE` is the name of the requirement or of the binary,
//! `SHAKEDOWN_REQUIRE=all`, or a test was named with `--exact` outside nextest.
//!
//! `SHAKEDOWN_REQUIREMENTS=<file>` makes every listing append a line
//! `name<TAB>met|unmet<TAB>reason` per requirement to that file.

mod announcement;
mod gate;
mod marker;
mod requirement;

#[doc(hidden)]
pub use gate::{gate, same_text};
pub use marker::{TIERS, Tier};
pub use requirement::asked_for;
#[doc(hidden)]
pub use requirement::{Binary, require};
