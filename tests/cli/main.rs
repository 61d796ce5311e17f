//! The subcommand as a user sees it: help, success and failure output.
#![expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

#[path = "../service/conftest.rs"]
mod conftest;

mod invocation;
mod overview;
mod profile;
mod tiers;
