//! Tests of the `docker` tier.

shakedown::tier!(docker);

#[path = "../service/conftest.rs"]
mod conftest;
