//! Tests of this binary, run once more by a nextest of their own, to see what
//! their run shows and leaves.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use shakedown::fixtures::poll::Poll;
use shakedown::{Failure, Result};

/// The directory for notes; set in nested runs and nowhere else.
const NOTES: &str = "SHAKEDOWN_TEST_NOTES";

/// Whether this process is a test of a nested run.
pub(crate) fn is() -> bool {
    std::env::var_os(NOTES).is_some()
}

/// Adds a line to the notes `file` of a nested run.
pub(crate) fn note(file: &str, line: &str) {
    let Some(directory) = std::env::var_os(NOTES) else {
        return;
    };
    let path = PathBuf::from(directory).join(file);
    let mut file = fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(path)
        .unwrap();
    file.write_all(format!("{line}\n").as_bytes()).unwrap();
}

/// A run about to be started.
#[derive(Debug)]
pub(crate) struct Nested {
    filter: String,
    profile: &'static str,
    environment: Vec<(&'static str, String)>,
    directory: tempfile::TempDir,
}

/// One that has ended.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) status: ExitStatus,
    pub(crate) text: String,
}

impl Nested {
    /// A run of the tests that match `filter`.
    pub(crate) fn new(filter: &str) -> Result<Self> {
        Ok(Self {
            filter: filter.to_owned(),
            profile: "docker",
            environment: Vec::new(),
            directory: tempfile::tempdir()?,
        })
    }

    pub(crate) fn profile(mut self, profile: &'static str) -> Self {
        self.profile = profile;
        self
    }

    pub(crate) fn env(mut self, name: &'static str, value: &str) -> Self {
        self.environment.push((name, value.to_owned()));
        self
    }

    /// Runs it to its end.
    pub(crate) fn finish(&self) -> Result<Finished> {
        let log = self.directory.path().join("log");
        let status = self.command()?.status()?;
        Ok(Finished {
            status,
            text: fs::read_to_string(log)?,
        })
    }

    /// Starts it; the process is nextest itself.
    pub(crate) fn start(&self) -> Result<Child> {
        Ok(self.command()?.spawn()?)
    }

    /// What its tests noted.
    pub(crate) fn notes(&self, file: &str) -> Vec<String> {
        let text = fs::read_to_string(self.directory.path().join(file)).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// Waits for the first note.
    pub(crate) fn first_note(&self, file: &str) -> Result<String> {
        let noted = Poll::new()
            .describe(format!("the nested run noted something in `{file}`"))
            .within(Duration::from_secs(90))
            .try_until(|| self.notes(file).first().cloned());
        noted.map_err(|error| {
            let log = fs::read_to_string(self.directory.path().join("log"));
            Failure::new(format!("{error}\n{}", log.unwrap_or_default()))
        })
    }

    fn command(&self) -> Result<Command> {
        // For appending, or the tests' own words to the runner's stderr get lost.
        let log = self.directory.path().join("log");
        let log = fs::OpenOptions::new().append(true).create(true).open(log)?;
        // `cargo nextest` becomes `cargo-nextest`, so the process is nextest.
        let mut command = Command::new("cargo");
        command
            .args([
                "nextest",
                "run",
                "--locked",
                "--test",
                "docker",
                "--no-fail-fast",
            ])
            .args(["--profile", self.profile, "--show-progress", "none"])
            .args(["-E", &self.filter])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .env("CARGO_TERM_COLOR", "never")
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            // Build scripts look at cargo's variables: with those of this test
            // in its environment, cargo would build half of all crates again.
            let of_this_run = ["NEXTEST", "SHAKEDOWN_", "CARGO_PKG_", "CARGO_BIN_"];
            if of_this_run.iter().any(|prefix| text.starts_with(prefix))
                || ["CARGO", "CARGO_MANIFEST_DIR", "CARGO_MANIFEST_PATH"].contains(&&*text)
            {
                command.env_remove(&name);
            }
        }
        command
            .env(NOTES, self.directory.path())
            .env("IMAGES_MADE", "1");
        for (name, value) in &self.environment {
            command.env(name, value);
        }
        Ok(command)
    }
}
