//! Tests of the `fuzz` tier.

mod decnet_filters;
mod decnet_openapi;
mod decnet_parsing;
#[path = "../service/in_process.rs"]
mod in_process;
#[path = "../service/model.rs"]
mod model;
mod openapi_requests;
