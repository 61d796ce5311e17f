//! What a Rust service goes through before every merge and every release: tiers,
//! fixtures, load tests and a performance story, on top of `cargo nextest`.
//!
//! Tests stay stock `#[test]`, `#[tokio::test]` or `#[rstest]`, run by stock
//! libtest under stock nextest. Everything added goes through fixtures, a few
//! macros and start-up hooks.
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "cli")]
pub mod cli;
pub mod conftest;
#[cfg(feature = "container")]
pub mod container;
pub mod db;
mod failure;
pub mod fixtures;
#[cfg(feature = "inspect")]
pub mod inspect;
#[cfg(any(feature = "profile", feature = "workbook"))]
mod interrupt;
#[cfg(feature = "lens")]
pub use shakedown_lens as lens;
#[cfg(feature = "locust")]
pub mod locust;
#[cfg(any(feature = "stress", feature = "workbook"))]
mod measure;
#[cfg(feature = "otlp")]
pub mod otlp;
pub mod process;
#[cfg(feature = "profile")]
pub mod profile;
pub mod session;
#[doc(hidden)]
pub mod startup;
#[cfg(any(feature = "stress", feature = "story"))]
mod steady;
#[cfg(feature = "story")]
pub mod story;
#[cfg(feature = "stress")]
pub mod stress;
pub mod tier;
mod whole_file;
#[cfg(feature = "workbook")]
pub mod workbook;

// The unit tests are a test binary like any other.
#[cfg(test)]
crate::conftest! { scrub: ["STRESS_*"] }

pub use failure::{Failure, Result};
