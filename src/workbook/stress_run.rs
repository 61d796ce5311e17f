//! A test of the stress tier as a phase: its archived record has the times.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use super::limited::{self, LIMIT};
use super::{Histogram, Settings, Span};
use crate::interrupt::end_with_this_process;

/// Names the directory that a stress run is archived in; `Run::archive` heeds it.
const ARCHIVE: &str = "STRESS_ARCHIVE";

/// Prefixes of what the shell, or a nextest that this runs in, may have set: it is
/// neither for the run nor for the cargo below it, which would build again what
/// depends on it.
const NOT_FOR_THE_RUN: [&str; 7] = [
    "STRESS_",
    "NEXTEST",
    "CARGO_PKG_",
    "CARGO_MANIFEST_",
    "CARGO_BIN_EXE_",
    "CARGO_CRATE_",
    "CARGO_PRIMARY_",
];

/// Runs the test called `test` with `users` for `duration`, and returns the
/// times of its measured window from the record it left.
pub(super) fn run(
    settings: &Settings,
    test: &str,
    users: u32,
    duration: Span,
) -> Result<Histogram, String> {
    // A phase's run is a sample, not a profile that the story is told of.
    let profiles = tempfile::tempdir().map_err(|error| format!("no scratch directory: {error}"))?;
    let shell = std::env::vars_os().map(|(name, _)| name);
    let mut command = command(settings, test, users, duration, shell);
    command.env(ARCHIVE, profiles.path());
    // nextest has a limit for the test; this one is for a build that waits for a lock.
    let limit = LIMIT * 2 + Duration::from_micros(duration.microseconds());
    end_with_this_process(&mut command);
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

/// nextest, without what `shell` has set for other runs.
fn command(
    settings: &Settings,
    test: &str,
    users: u32,
    duration: Span,
    shell: impl Iterator<Item = OsString>,
) -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    let of_others = |name: &OsStr| {
        let name = name.to_string_lossy();
        NOT_FOR_THE_RUN
            .iter()
            .any(|prefix| name.starts_with(prefix))
    };
    for name in shell.filter(|name| of_others(name)) {
        command.env_remove(name);
    }
    command
        .args(["nextest", "run", "--profile", "stress", "-E"])
        .arg(format!("test(={test})"))
        .env("STRESS_USERS", users.to_string())
        .env("STRESS_DURATION", format!("{}ms", duration.milliseconds()))
        .envs(&settings.environment)
        .current_dir(settings.root());
    command
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn what_the_shell_exports_for_other_runs_does_not_reach_a_phase() {
        let settings = Settings::parse(Path::new("w/.config/shakedown.toml"), "").unwrap();
        let exported = [
            "STRESS_USERS",
            "STRESS_HOST",
            "STRESS_TRANSPORT",
            "NEXTEST",
            "NEXTEST_PROFILE",
            "CARGO_PKG_NAME",
            "CARGO_HOME",
            "CARGO_TARGET_DIR",
            "PATH",
        ];
        let duration = "5 s".parse().unwrap();
        let shell = exported.iter().map(OsString::from);
        let command = command(&settings, "a::b", 100, duration, shell);
        let changed: BTreeMap<&str, Option<&str>> = command
            .get_envs()
            .map(|(name, value)| (name.to_str().unwrap(), value.and_then(OsStr::to_str)))
            .collect();
        let expected = [
            ("STRESS_USERS", Some("100")),
            ("STRESS_DURATION", Some("5000ms")),
            ("STRESS_HOST", None),
            ("STRESS_TRANSPORT", None),
            ("NEXTEST", None),
            ("NEXTEST_PROFILE", None),
            ("CARGO_PKG_NAME", None),
        ];
        assert_eq!(changed, BTreeMap::from(expected));
    }
}
