//! Runs cargo on the sample workspace, apart from the run that this test is in.

use crate::junit::Report;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::Duration;
use tempfile::TempDir;

/// After which a run counts as hung. Far above what any takes, a first build of
/// the sample included, and below the limit of the test itself.
pub(crate) const WATCHDOG: Duration = Duration::from_secs(150);

/// Where rustup and cargo keep their own things: the only variables of theirs
/// that a nested run gets.
const TOOLCHAIN: [&str; 3] = ["CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN"];

/// A run to be started.
pub(crate) struct Nested {
    command: Command,
    profile: String,
    scratch: TempDir,
}

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) report: Report,
}

/// `fixtures/sample`.
pub(crate) fn sample() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/sample")
}

/// The target directory of this run.
pub(crate) fn target() -> PathBuf {
    // cargo's directory for integration tests is directly below it.
    let temporary = Path::new(env!("CARGO_TARGET_TMPDIR"));
    temporary.parent().unwrap().into()
}

/// cargo, with an environment as if no cargo and no nextest had started us.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    detach(&mut command);
    command
        .current_dir(sample())
        .env("CARGO_TARGET_DIR", target().join("sample"));
    command
}

/// Removes what the run that we are in has put into the environment.
pub(crate) fn detach(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let of_a_run = ["NEXTEST", "CARGO", "RUST", "SHAKEDOWN", "SAMPLE"];
        if of_a_run.iter().any(|prefix| text.starts_with(prefix))
            && !TOOLCHAIN.contains(&text.as_ref())
        {
            command.env_remove(&name);
        }
    }
}

/// `cargo nextest run --profile <profile> -p <package>`.
pub(crate) fn nextest(profile: &str, package: &str) -> Nested {
    nextest_command("run", profile, package)
}

/// `cargo nextest <command> --profile <profile> -p <package>`, with a report
/// that no other run writes to.
pub(crate) fn nextest_command(subcommand: &str, profile: &str, package: &str) -> Nested {
    let scratch = TempDir::new().unwrap();
    let shipped = std::fs::read_to_string(sample().join(".config/nextest.toml")).unwrap();
    let configuration = scratch.path().join("nextest.toml");
    let store = format!("{shipped}\n[store]\ndir = {:?}\n", scratch.path());
    std::fs::write(&configuration, store).unwrap();
    let mut command = cargo();
    command
        .args(["nextest", subcommand, "--offline", "--locked"])
        .args(["--color", "never"])
        .args(["--profile", profile, "-p", package, "--config-file"])
        .arg(configuration);
    Nested {
        command,
        profile: profile.into(),
        scratch,
    }
}

/// `cargo test -p sample-tiers`.
pub(crate) fn cargo_test() -> Nested {
    let mut command = cargo();
    command.args([
        "test",
        "--offline",
        "--color",
        "never",
        "-p",
        "sample-tiers",
    ]);
    other(command)
}

/// Any command.
pub(crate) fn other(command: Command) -> Nested {
    Nested {
        command,
        profile: String::new(),
        scratch: TempDir::new().unwrap(),
    }
}

impl Nested {
    pub(crate) fn args<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.command.args(arguments);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Runs it to its end.
    ///
    /// # Panics
    ///
    /// If it does not end by itself.
    #[track_caller]
    pub(crate) fn run(mut self) -> Outcome {
        // In our own process group: if this test is ended, so is the run.
        self.command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let child = self.command.spawn().unwrap();
        let id = i32::try_from(child.id()).unwrap();
        let (ended, end) = mpsc::channel();
        std::thread::spawn(move || ended.send(child.wait_with_output()));
        let Ok(output) = end.recv_timeout(WATCHDOG) else {
            // SAFETY: plain numbers; the child has not been waited for, so the
            // number is still its own.
            unsafe { libc::kill(id, libc::SIGTERM) };
            panic!("did not end by itself: {:?}", self.command);
        };
        let output = output.unwrap();
        Outcome {
            status: output.status,
            stdout: String::from_utf8_lossy(&output.stdout).into(),
            stderr: String::from_utf8_lossy(&output.stderr).into(),
            report: Report::read(&self.scratch.path().join(&self.profile).join("junit.xml")),
        }
    }
}

impl Outcome {
    /// Fails unless stdout and stderr together contain `text`.
    #[track_caller]
    pub(crate) fn says(&self, text: &str) -> &Self {
        assert!(
            self.stdout.contains(text) || self.stderr.contains(text),
            "expected `{text}` in\n{self:#?}"
        );
        self
    }

    /// Fails if stdout or stderr contains `text`.
    #[track_caller]
    pub(crate) fn does_not_say(&self, text: &str) -> &Self {
        assert!(
            !self.stdout.contains(text) && !self.stderr.contains(text),
            "expected no `{text}` in\n{self:#?}"
        );
        self
    }

    /// The test binary that cargo built last, from its JSON messages.
    #[track_caller]
    pub(crate) fn executable(&self) -> String {
        self.exits(0);
        let built = self.stdout.lines().rev().find_map(|line| {
            let message: serde_json::Value = serde_json::from_str(line).ok()?;
            Some(message["executable"].as_str()?.to_owned())
        });
        built.expect("cargo names what it built")
    }

    /// Fails unless the exit code is `code`.
    #[track_caller]
    pub(crate) fn exits(&self, code: i32) -> &Self {
        assert_eq!(self.status.code(), Some(code), "{self:#?}");
        self
    }
}

/// nextest's exit code when tests failed.
pub(crate) const TESTS_FAILED: i32 = 100;
