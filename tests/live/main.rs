//! Tests of the `live` tier.

shakedown::tier!(live);

#[path = "../service/conftest.rs"]
mod conftest;
