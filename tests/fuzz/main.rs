//! Tests of the `fuzz` tier.

mod locust_read;
