//! Tests of the `live` tier.

mod sniffer;
