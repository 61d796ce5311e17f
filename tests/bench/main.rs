//! Tests of the `bench` tier.
