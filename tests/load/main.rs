//! The stress runner and Locust's files, in the fast suite: small loads against
//! servers of the test's own, a second or two each.
#![expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

#[path = "../service/conftest.rs"]
mod conftest;

mod archive;
mod counts;
mod ending;
mod failures;
mod golden;
mod open_loop;
mod pinning;
mod progress;
mod seed;
mod server;
mod settings;
mod traced;
mod verdict;
