//! A run of the sample workspace in a world of its own: temporary directory,
//! notes of the tests, fake `docker`.
#![expect(
    clippy::unwrap_used,
    reason = "test code: clippy exempts the bodies of test functions, but not what they call"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use shakedown::fixtures::poll::Poll;
use shakedown::session::Host;

/// The sample workspace, built.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Sample {
    root: PathBuf,
    target: PathBuf,
    /// Metadata that lets nextest run without asking cargo.
    binaries: PathBuf,
    cargo: PathBuf,
    /// Paths of the test binaries, by name.
    paths: BTreeMap<String, PathBuf>,
}

// Built once for all tests of this file, by what it tests.
shakedown::session!(SAMPLE: Sample = build, start_timeout: Duration::from_secs(280));

fn build(host: &mut Host) -> shakedown::Result<Sample> {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = package.join("fixtures/session-sample");
    let target = package.join("target/session-sample");
    let listed = printed(
        scrubbed("cargo")
            .args(["nextest", "list", "--list-type", "binaries-only"])
            .args(["--message-format", "json", "--target-dir"])
            .arg(&target)
            .current_dir(&root),
    )?;
    let listing: serde_json::Value = serde_json::from_slice(&listed)?;
    let host_platform = &listing["rust-build-meta"]["platforms"]["host"]["platform"]["triple"];
    let host_platform = host_platform.as_str().expect("nextest tells the platform");
    // Only what this platform needs was downloaded.
    let described = printed(
        scrubbed("cargo")
            .args(["metadata", "--format-version", "1"])
            .args(["--filter-platform", host_platform])
            .env("CARGO_TARGET_DIR", &target)
            .current_dir(&root),
    )?;
    let binaries = host.dir().join("binaries.json");
    let cargo = host.dir().join("cargo.json");
    fs::write(&binaries, &listed)?;
    fs::write(&cargo, &described)?;
    let paths = listing["rust-binaries"]
        .as_object()
        .expect("nextest lists binaries by id")
        .values()
        .filter_map(|binary| {
            let name = binary["binary-name"].as_str()?.to_owned();
            Some((name, binary["binary-path"].as_str()?.into()))
        })
        .collect();
    Ok(Sample {
        root,
        target,
        binaries,
        cargo,
        paths,
    })
}

fn printed(command: &mut Command) -> shakedown::Result<Vec<u8>> {
    let output = command.stderr(Stdio::inherit()).output()?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(shakedown::Failure::new(format!(
            "`{command:?}`: {}",
            output.status
        )))
    }
}

/// A command without what the outer run put into the environment.
fn scrubbed(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let ours = ["NEXTEST", "CARGO", "RUST", "SHAKEDOWN", "__CARGO"];
        let kept = ["CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN"];
        if ours.iter().any(|prefix| text.starts_with(prefix)) && !kept.contains(&&*text) {
            command.env_remove(&name);
        }
    }
    command
        .env("CARGO_TERM_COLOR", "never")
        .env("CARGO_NET_OFFLINE", "true");
    command
}

/// A run, and the directory in which its tests leave notes.
#[derive(Debug)]
pub(crate) struct Scenario {
    sample: &'static Sample,
    out: tempfile::TempDir,
}

impl Scenario {
    pub(crate) fn new() -> Self {
        let sample = SAMPLE.get();
        let out = tempfile::tempdir().unwrap();
        fs::create_dir(out.path().join("tmp")).unwrap();
        Self { sample, out }
    }

    /// `cargo nextest run`, of the tests that match `filter`.
    pub(crate) fn nextest(&self, filter: &str) -> Command {
        let mut command = self.command("cargo-nextest");
        command
            .args(["nextest", "run", "--binaries-metadata"])
            .arg(&self.sample.binaries)
            .arg("--cargo-metadata")
            .arg(&self.sample.cargo)
            .args(["--no-fail-fast", "--show-progress", "none", "-E", filter]);
        command
    }

    /// `cargo test` of everything, or of one test.
    pub(crate) fn cargo_test(&self, filter: &str) -> Command {
        let mut command = self.command("cargo");
        command
            .args(["test", "--no-fail-fast", "--tests", "--target-dir"])
            .arg(&self.sample.target)
            .args(["--", filter]);
        command
    }

    /// A test binary, run by itself.
    pub(crate) fn binary(&self, name: &str, filter: &str) -> Command {
        let mut command = self.command(&self.sample.paths[name]);
        command.arg(filter);
        command
    }

    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = scrubbed(program);
        let bin = self.sample.root.join("bin");
        let path = std::env::var("PATH").unwrap_or_default();
        command
            .current_dir(&self.sample.root)
            .env("PATH", format!("{}:{path}", bin.display()))
            .env("TMPDIR", self.tmp())
            .env("SAMPLE_OUT", self.out.path())
            // What `conftest!` of the sample must keep from start functions.
            .env("SAMPLE_PINNED", "no")
            .env("SAMPLE_STRAY", "from the shell")
            // nextest starts each test through itself to survive Ctrl-Z;
            // nobody presses it here.
            .env("NEXTEST_DOUBLE_SPAWN", "0")
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn root(&self) -> &Path {
        &self.sample.root
    }

    pub(crate) fn out(&self) -> &Path {
        self.out.path()
    }

    pub(crate) fn tmp(&self) -> PathBuf {
        self.out.path().join("tmp")
    }

    /// Lines that tests and start functions wrote.
    pub(crate) fn notes(&self, file: &str) -> Vec<String> {
        let text = fs::read_to_string(self.out.path().join(file)).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// How many instances of the server the tests have seen.
    pub(crate) fn instances_seen(&self) -> usize {
        let mut seen = self.notes("seen");
        seen.sort();
        seen.dedup();
        seen.len()
    }

    /// Waits for the first note in `file`.
    pub(crate) fn first_note(&self, file: &str) -> String {
        Poll::new()
            .describe(format!("there is a note in `{file}`"))
            .every(Duration::from_millis(5))
            .until(|| self.notes(file).into_iter().next())
    }
}

/// A finished run.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) code: Option<i32>,
    pub(crate) text: String,
}

impl Finished {
    #[track_caller]
    pub(crate) fn succeeded(&self) -> &Self {
        assert_eq!(self.code, Some(0), "{}", self.text);
        self
    }

    /// nextest's code for tests that failed.
    #[track_caller]
    pub(crate) fn failed(&self) -> &Self {
        assert_eq!(self.code, Some(100), "{}", self.text);
        self
    }

    #[track_caller]
    pub(crate) fn says(&self, needle: &str) -> &Self {
        assert!(
            self.text.contains(needle),
            "no `{needle}` in:\n{}",
            self.text
        );
        self
    }

    #[track_caller]
    pub(crate) fn says_nothing_of(&self, needle: &str) -> &Self {
        assert!(!self.text.contains(needle), "`{needle}` in:\n{}", self.text);
        self
    }
}

impl From<Output> for Finished {
    fn from(output: Output) -> Self {
        let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.push_str(&String::from_utf8_lossy(&output.stderr));
        Self {
            code: output.status.code(),
            text,
        }
    }
}

/// Runs it to its end.
#[track_caller]
pub(crate) fn finish(command: &mut Command) -> Finished {
    command.output().unwrap().into()
}

/// Starts it, to be ended by [`signal`].
#[track_caller]
pub(crate) fn start(command: &mut Command) -> Child {
    command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Sends `signal` and waits for the end.
#[track_caller]
pub(crate) fn signal(child: Child, signal: i32) -> Finished {
    send(child.id(), signal);
    child.wait_with_output().unwrap().into()
}

pub(crate) fn send(id: u32, signal: i32) {
    // SAFETY: plain system call; the process was started by the scenario.
    unsafe { libc::kill(i32::try_from(id).unwrap(), signal) };
}
