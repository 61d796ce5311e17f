//! The stress tier: decnet under the load of its dashboard and of its sensors,
//! and what the stress runner makes of servers that fail.

shakedown::tier!(stress);

#[path = "../service/conftest.rs"]
mod conftest;

mod baseline;
#[path = "../service/server.rs"]
mod decnet_server;
#[expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]
mod failures;
#[expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]
mod mixes;
mod scenarios;
#[expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]
#[path = "../load/server.rs"]
mod server;
