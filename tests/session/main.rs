//! Session-wide resources, run by the real `cargo nextest` and `cargo test` on
//! the workspace `fixtures/session-sample`, and ended in every way there is.

#[path = "../service/conftest.rs"]
mod conftest;

mod alone;
mod deaths;
mod endings;
mod failures;
mod leftovers;
mod places;
mod scenario;
mod sharing;
mod soak;
mod stopping;
