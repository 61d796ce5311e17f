//! Tests of the `fuzz` tier.
