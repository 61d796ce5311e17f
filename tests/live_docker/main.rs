//! Tests of the `live_docker` tier.
