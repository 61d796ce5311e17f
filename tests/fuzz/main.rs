//! The fuzz tier: properties over generated input.

shakedown::tier!(fuzz);

#[path = "../service/conftest.rs"]
mod conftest;

mod decnet_artifacts;
mod decnet_filters;
mod decnet_openapi;
mod decnet_parsing;
#[path = "../service/in_process.rs"]
mod in_process;
mod locust_csv;
#[expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]
mod locust_read;
#[path = "../service/model.rs"]
mod model;
mod openapi_operations;
mod openapi_requests;
mod percentile;
mod sniffer;
#[expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]
mod story_read;
