//! decnet's HTTP contract, driven in the test's own process.

#[path = "../service/conftest.rs"]
mod conftest;

mod account;
#[expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]
mod artifacts;
mod attackers;
mod bounty;
mod busy;
#[path = "../cost_report/mod.rs"]
mod cost_report;
mod dashboard;
mod developer;
mod feeds;
mod filters;
#[path = "../service/in_process.rs"]
mod in_process;
mod ingest;
mod last_spans;
#[path = "../service/model.rs"]
mod model;
mod openapi;
mod profiles;
mod quota;
mod refusals;
#[expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]
mod rules;
mod sniff;
mod stop;
mod stream;
mod tracing;

use serde_json::{Value, json};

/// A log that is accepted as it is.
fn log(service: &str, ip: &str) -> Value {
    json!({ "decky": "web-1", "service": service, "event_type": "probe", "attacker_ip": ip })
}
