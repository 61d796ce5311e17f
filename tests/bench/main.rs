//! Tests of the `bench` tier.

shakedown::tier!(bench);

#[path = "../service/conftest.rs"]
mod conftest;

mod dissectors;
mod inspection;
mod session;
mod sqlite_template;
