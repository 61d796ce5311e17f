//! Tests of the `live` tier.
