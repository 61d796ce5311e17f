//! Tests of the `stress` tier.

shakedown::tier!(stress);

#[path = "../service/conftest.rs"]
mod conftest;
