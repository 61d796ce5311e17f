//! Tests of the `fuzz` tier.

shakedown::tier!(fuzz);

#[path = "../service/conftest.rs"]
mod conftest;
