//! Placeholder of the `locust` module.

pub mod read;
