//! Tests of the `live_docker` tier.

shakedown::tier!(live_docker);

#[path = "../service/conftest.rs"]
mod conftest;
