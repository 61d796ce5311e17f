//! Tests of static inspection: rules against their fixtures, the model, the
//! fluent API, settings, baseline, fixes and formats.

#![expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

#[path = "../service/conftest.rs"]
mod conftest;

mod baseline;
mod cases;
mod command;
mod false_alarms;
mod fluent;
mod formats;
mod resolution;
mod restrictions;
mod rules;
mod settings;
mod since;
mod sniffer;
mod workspace;
