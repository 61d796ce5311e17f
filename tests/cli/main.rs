//! The subcommand as a user sees it: help, success and failure output.

#[path = "../service/conftest.rs"]
mod conftest;

mod invocation;
mod overview;
mod tiers;
