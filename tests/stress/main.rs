//! The stress tier: decnet under the load of its dashboard and of its sensors,
//! and what the stress runner makes of servers that fail.

shakedown::tier!(stress);
shakedown::requires!(soak, soak::is_wanted, in soak, opt_in);
shakedown::requires!(matrix, matrix::is_wanted, in matrix, opt_in);
shakedown::requires!(matrix, matrix::is_wanted, in matrix_mysql, opt_in);
shakedown::requires!(lenses, lens_costs::are_wanted, in lens_costs, opt_in);
shakedown::requires!(mysql, shakedown::db::mysql::available, in matrix_mysql, opt_in);
shakedown::requires!(wrk, accuracy::has_wrk, in accuracy);
shakedown::requires!(own_server, transport::starts_its_own, in transport, opt_in);
shakedown::requires!(locust, locust_peer::is_installed, in locust_peer, opt_in);
shakedown::requires!(peers, peers::are_wanted, in peers, opt_in);

/// A request of the generator is some fifty allocations, among them its answer.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[path = "../service/conftest.rs"]
mod conftest;

#[expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]
mod accuracy;
mod baseline;
#[path = "../cost_report/mod.rs"]
mod cost_report;
#[path = "../service/server.rs"]
mod decnet_server;
mod deployment;
#[expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]
mod failures;
#[expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]
mod gauges;
mod known;
mod lens_cases;
mod lens_costs;
#[expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]
mod locust_peer;
mod matrix;
mod matrix_mysql;
mod memory;
#[expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]
mod mixes;
#[expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]
mod peers;
mod phase;
mod scenarios;
#[expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]
#[path = "../load/server.rs"]
mod server;
mod soak;
mod spike;
#[expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]
mod stall;
mod sustained;
mod target;
mod transport;
