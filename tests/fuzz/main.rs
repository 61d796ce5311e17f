//! Tests of the `fuzz` tier.

mod sniffer;
