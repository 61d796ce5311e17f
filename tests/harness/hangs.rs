//! No run hangs: each way to hang ends within its bound, with evidence.

use crate::junit::{Case, Ended};
use crate::nested::{Nested, Outcome, TESTS_FAILED, cargo, nextest, nextest_command, other};
use std::io::{BufRead as _, BufReader};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

const TIMEOUT: &str = "test timeout";

/// Kills what a test left behind, also if the test here fails.
struct Leftovers(tempfile::TempDir);

impl Leftovers {
    fn of(nested: Nested) -> (Self, Outcome) {
        let leftovers = Self(tempfile::tempdir().unwrap());
        let outcome = nested.env("SAMPLE_PIDS", leftovers.0.path()).run();
        (leftovers, outcome)
    }

    fn id(&self, name: &str) -> i32 {
        let id = std::fs::read_to_string(self.0.path().join(name)).unwrap();
        id.parse().unwrap()
    }
}

impl Drop for Leftovers {
    fn drop(&mut self) {
        for entry in std::fs::read_dir(self.0.path()).unwrap().flatten() {
            let id = std::fs::read_to_string(entry.path()).unwrap();
            let id = id.parse().unwrap();
            if sleeps(id) {
                // SAFETY: plain numbers; the process is one of ours.
                unsafe { libc::kill(id, libc::SIGKILL) };
            }
        }
    }
}

/// Whether this process lives and is a `sleep` of ours, not one that got the
/// same number later.
fn sleeps(id: i32) -> bool {
    let about = Path::new("/proc").join(id.to_string());
    let status = std::fs::read_to_string(about.join("status")).unwrap_or_default();
    status.starts_with("Name:\tsleep\n") && !status.contains("State:\tZ")
}

#[track_caller]
fn ended(case: &Case, how: &str) {
    assert_eq!(case.ended, Ended::Failed(how.into()), "{case:#?}");
}

#[track_caller]
fn shows(case: &Case, lines: &[&str]) {
    let mut rest = case.stderr.as_str();
    for line in lines {
        match rest.split_once(line) {
            Some((_, after)) => rest = after,
            None => panic!("expected `{line}`, in this order, in\n{}", case.stderr),
        }
    }
}

/// All of them in one run, because each only waits for its limit.
#[test]
fn every_test_that_hangs_or_leaves_a_child_is_ended_and_reported() {
    let (left, outcome) = Leftovers::of(nextest("hang", "sample-hangs"));
    outcome.exits(TESTS_FAILED);
    let report = &outcome.report;
    for (name, evidence) in STACKS {
        let case = report.case(name);
        ended(case, TIMEOUT);
        shows(case, evidence);
    }
    outcome.says("accepts_for_ever\n            at hangs/tests/hang/main.rs:");

    let deaf = report.case("ignores_sigterm");
    ended(deaf, TIMEOUT);
    assert!(!deaf.stderr.contains("stacks"), "{deaf:#?}");

    ended(report.case("hangs_with_a_child_in_its_group"), TIMEOUT);
    assert!(!sleeps(left.id("group")), "nextest kills the whole group");

    ended(
        report.case("leaves_a_child_with_its_stdout"),
        "test exited with code 0, but leaked handles so was marked failed",
    );
    assert!(
        sleeps(left.id("inherited")),
        "nextest kills no leaked child"
    );

    // What nextest cannot see: the reason to start children through `process`.
    let unseen = report.case("leaves_a_child_without_stdio");
    assert_eq!(unseen.ended, Ended::Passed);
    assert!(sleeps(left.id("null")), "nextest kills no leaked child");
}

/// Tests that hang, and what their stderr shows, in this order.
const STACKS: [(&str, &[&str]); 5] = [
    (
        "joins_a_thread_that_never_ends",
        &[
            "--- thread `joins_a_thread_`",
            "::join",
            "at hangs/tests/hang/main.rs:",
            "joins_a_thread_that_never_ends\n        at hangs/tests/hang/main.rs:",
            "--- thread `server`",
            "accepts_for_ever\n        at hangs/tests/hang/main.rs:",
            "--- thread `main`",
            "waits in libtest for the tests",
            "=== end of stacks ===",
        ],
    ),
    ("spins", &["spins\n        at hangs/tests/hang/main.rs:"]),
    // 64 of a hundred, the one of the test and the main thread.
    (
        "parks_a_hundred_threads",
        &[
            "accepts_for_ever",
            "--- and 38 more threads",
            "=== end of stacks ===",
        ],
    ),
    (
        "holds_the_lock_of_the_loader",
        &["stacks of all threads", "=== no more stacks"],
    ),
    (
        "blocks_all_signals",
        &["did not answer", "=== end of stacks ==="],
    ),
];

#[test]
fn the_limit_of_the_whole_run_ends_a_test_that_ignores_sigterm() {
    let outcome = nextest("hang-global", "sample-hangs").run();
    outcome
        .exits(TESTS_FAILED)
        .says("Cancelling due to global timeout");
    ended(outcome.report.case("ignores_sigterm"), "test abort");
}

#[test]
fn a_setup_script_that_never_ends_fails_the_run() {
    let outcome = nextest("hang-script", "sample-hangs").run();
    outcome.exits(105).says("setup script failed");
    ended(outcome.report.case("never-ends"), "script timeout");
}

#[test]
fn a_binary_that_hangs_while_it_lists_its_tests_names_the_place() {
    let listing = nextest_command("list", "default", "sample-hangs");
    let outcome = listing.env("SAMPLE_LIST_HANGS", "1").run();
    assert!(!outcome.status.success(), "{outcome:#?}");
    outcome
        .says("aborted with signal 14 (SIGALRM)")
        .says("a static initialiser or a start-up hook hangs")
        .says("at hangs/tests/list_hang/main.rs:");
}

#[test]
fn stacks_are_printed_without_nextest_too_and_sigterm_is_what_ends_the_process() {
    let mut build = cargo();
    build.args([
        "test",
        "--no-run",
        "--offline",
        "--locked",
        "-p",
        "sample-hangs",
    ]);
    build.args(["--test", "hang", "--message-format", "json"]);
    let program = other(build).run().executable();
    let mut bare = Command::new(program);
    bare.args(["--exact", "spins", "--nocapture"]);
    let mut child = bare
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let begun = lines.any(|line| line.unwrap().contains("running 1 test"));
    // SAFETY: plain numbers; the child has not been waited for.
    unsafe { libc::kill(i32::try_from(child.id()).unwrap(), libc::SIGTERM) };
    let output = child.wait_with_output().unwrap();
    assert!(begun);
    assert_eq!(output.status.signal(), Some(libc::SIGTERM));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("=== end of stacks ==="), "{stderr}");
}

#[test]
fn a_fork_without_exec_is_ended_by_sigterm_as_if_there_were_no_handler() {
    assert!(shakedown::startup::installed());
    // SAFETY: the child calls only async-signal-safe functions.
    let child = unsafe { libc::fork() };
    if child == 0 {
        loop {
            // SAFETY: as above; the alarm ends the child should SIGTERM not.
            unsafe {
                libc::alarm(20);
                libc::pause();
            }
        }
    }
    assert!(child > 0, "cannot fork");
    let mut status = 0;
    // SAFETY: the child has not been waited for, so the number is its own.
    unsafe {
        libc::kill(child, libc::SIGTERM);
        libc::waitpid(child, &raw mut status, 0);
    }
    assert!(libc::WIFSIGNALED(status));
    assert_eq!(libc::WTERMSIG(status), libc::SIGTERM);
}

#[test]
fn the_watchdog_of_these_tests_is_longer_than_every_limit_they_test() {
    let text = std::fs::read_to_string(crate::nested::sample().join(".config/nextest.toml"));
    let text = text.unwrap();
    let configuration: toml::Table = toml::from_str(&text).unwrap();
    let global = &configuration["profile"]["default"]["global-timeout"];
    assert_eq!(global.as_str(), Some("60s"));
    assert!(crate::nested::WATCHDOG > Duration::from_secs(60));
}
