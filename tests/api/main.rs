//! Tests of the `api` tier.
