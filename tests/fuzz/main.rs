//! Tests of the `fuzz` tier.

mod locust_csv;
mod percentile;
