//! What the tiers, `conftest!` and the time limits do under the real
//! `cargo nextest` and `cargo test`, run on the workspace in `fixtures/sample`.
//!
//! Each test here runs cargo in a process of its own; a watchdog ends it where
//! the limit under test did not, and fails the test.

#![expect(
    clippy::unwrap_used,
    reason = "all of it is tests; clippy exempts only functions with #[test]"
)]

#[path = "../service/conftest.rs"]
mod conftest;

mod compile_fail;
mod configuration;
mod environment;
mod hangs;
mod junit;
mod nested;
mod otel_compose;
mod phases;
mod requirements;
mod tiers;
