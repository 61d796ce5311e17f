//! Tests of the `bench` tier.

mod dissectors;
