//! Tests of the `live` tier.

shakedown::tier!(live);
shakedown::requires!(capture, sniffer::can_capture, in sniffer);
shakedown::requires!(embedded_capture, embedded::can_capture, in embedded);
shakedown::requires!(promtool, prometheus::promtool_here, in prometheus);
shakedown::requires!(clients, client::all_here, in decoys);

#[path = "../service/conftest.rs"]
mod conftest;
#[path = "../service/server.rs"]
mod server;

mod client;
mod decoys;
mod deploy;
mod durability;
mod embedded;
mod leftovers;
mod prometheus;
mod sniffer;
mod tracing;
mod trap;
