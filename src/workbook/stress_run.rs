//! A test of the stress tier as a phase: its archived record has the times.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use super::limited::{self, LIMIT};
use super::{Histogram, Span};

/// Names the directory that a stress run is archived in; `Run::archive` heeds it.
const ARCHIVE: &str = "STRESS_ARCHIVE";

/// Runs the test called `test` with `users` for `duration`, and returns the
/// times of its measured window from the record it left.
pub(super) fn run(
    root: &Path,
    test: &str,
    users: u32,
    duration: Span,
) -> Result<Histogram, String> {
    // A phase's run is a sample, not a profile that the story is told of.
    let profiles = tempfile::tempdir().map_err(|error| format!("no scratch directory: {error}"))?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .args(["nextest", "run", "--profile", "stress", "-E"])
        .arg(format!("test(={test})"))
        .env("STRESS_USERS", users.to_string())
        .env("STRESS_DURATION", format!("{}ms", duration.milliseconds()))
        .env(ARCHIVE, profiles.path())
        .current_dir(root);
    // nextest has a limit for the test; this one is for a build that waits for a lock.
    let limit = LIMIT * 2 + Duration::from_micros(duration.microseconds());
    let ended = limited::run(&mut command, limit)
        .map_err(|error| format!("cargo nextest does not start: {error}"))?;
    if !ended.output.status.success() {
        return Err(format!(
            "`{test}`: nextest {}\n{}",
            ended.how(limit),
            ended.tail(12)
        ));
    }
    match records(profiles.path()).as_slice() {
        [record] => times(record),
        [] => Err(format!(
            "`{test}` left no record where `{ARCHIVE}` says: it must call `Run::archive`"
        )),
        several => Err(format!(
            "`{test}` left {} records; a phase is one",
            several.len()
        )),
    }
}

fn records(profiles: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(profiles).into_iter().flatten();
    entries
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .collect()
}

/// The measured window's times of a record.
pub(super) fn times(record: &Path) -> Result<Histogram, String> {
    let shown = record.display();
    let text = fs::read(record).map_err(|error| format!("cannot read `{shown}`: {error}"))?;
    let mut value: Value =
        serde_json::from_slice(&text).map_err(|error| format!("`{shown}`: {error}"))?;
    let failures = value["measured"]["failures"].as_u64();
    if failures != Some(0) {
        return Err(format!("`{shown}` counts failed requests: {failures:?}"));
    }
    serde_json::from_value(value["measured"]["histogram"].take())
        .map_err(|error| format!("`{shown}` has no histogram: {error}"))
}
