//! Tests of decnet's sniffer that need no interface: dissectors, fingerprints against what
//! other programs say of the same captures, reassembly, limits, capture files, output.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends here")]

#[path = "../service/conftest.rs"]
mod conftest;

mod captures;
mod crafted;
mod dissectors;
mod files;
mod oracles;
mod output;
mod streams;
mod systems;
