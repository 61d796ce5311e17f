//! A test of the stress tier as a phase: its archived record has the times.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::{Histogram, Span};

/// Where the stress tier archives its runs, under the workspace's root.
const PROFILES: &str = "development/profiles";

/// Runs the test called `test` with `users` for `duration`, and returns the
/// times of its measured window from the record it left.
pub(super) fn run(
    root: &Path,
    test: &str,
    users: u32,
    duration: Span,
) -> Result<Histogram, String> {
    let profiles = root.join(PROFILES);
    let before = records(&profiles);
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["nextest", "run", "--profile", "stress", "-E"])
        .arg(format!("test(={test})"))
        .env("STRESS_USERS", users.to_string())
        .env("STRESS_DURATION", format!("{}ms", duration.milliseconds()))
        .current_dir(root)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("cargo nextest does not start: {error}"))?;
    if !output.status.success() {
        let log = String::from_utf8_lossy(&output.stderr);
        let tail: Vec<&str> = log.lines().rev().take(12).collect();
        let tail: Vec<&str> = tail.into_iter().rev().collect();
        return Err(format!("`{test}` failed\n{}", tail.join("\n")));
    }
    let new: Vec<PathBuf> = records(&profiles).difference(&before).cloned().collect();
    match new.as_slice() {
        [record] => times(record),
        [] => Err(format!("`{test}` left no record in `{PROFILES}`")),
        several => Err(format!(
            "`{test}` left {} records in `{PROFILES}`; a phase is one",
            several.len()
        )),
    }
}

fn records(profiles: &Path) -> BTreeSet<PathBuf> {
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
