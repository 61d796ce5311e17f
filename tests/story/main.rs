//! The performance story, and the tables of Locust's that it is told from.
#![expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

mod archives;
mod command;
mod comparisons;
#[path = "../service/conftest.rs"]
mod conftest;
mod judged;
mod locust_tables;
mod pages;
mod published;
mod repeated;
