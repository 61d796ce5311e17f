//! Tests of the `bench` tier.

shakedown::tier!(bench);

#[path = "../service/conftest.rs"]
mod conftest;

mod session;
mod sqlite_template;
