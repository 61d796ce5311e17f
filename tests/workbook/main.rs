//! Phases, their artifacts, their gates, and what is made of them.
#![expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

mod archive;
#[path = "../service/conftest.rs"]
mod conftest;
mod contests;
mod duel_reports;
mod duels;
mod exports;
mod gates;
mod interrupted;
mod newest;
mod published;
mod settings;
mod subcommand;
mod trends;
