//! Tests of the `stress` tier.
