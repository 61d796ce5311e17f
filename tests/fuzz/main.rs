//! The fuzz tier: properties over generated input.

shakedown::tier!(fuzz);

#[path = "../service/conftest.rs"]
mod conftest;

mod locust_csv;
mod percentile;
