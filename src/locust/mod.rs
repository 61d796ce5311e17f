//! Placeholder of the `locust` module.
