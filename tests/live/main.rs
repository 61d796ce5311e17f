//! Tests of the `live` tier.

shakedown::tier!(live);

#[path = "../service/conftest.rs"]
mod conftest;
#[path = "../service/server.rs"]
mod server;

mod client;
mod decoys;
mod deploy;
mod durability;
mod trap;
