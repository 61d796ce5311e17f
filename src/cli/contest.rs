//! Two builds whose phases can be run in turn.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::gate::root;
use super::listing::Listing;
use super::{Error, Output};
use crate::workbook::{
    Artifact, INTO, Measurement, Phase, RunKind, SAMPLES, Settings, Side, WorkbookError, measure,
};

/// A build of the bench tier: where the test of each phase is.
#[derive(Debug, Clone)]
pub(crate) struct Build {
    settings: Settings,
    tests: BTreeMap<String, Test>,
}

#[derive(Debug, Clone)]
struct Test {
    binary: PathBuf,
    name: String,
    directory: PathBuf,
}

impl Build {
    /// The build of the working tree.
    pub(crate) fn here(settings: &Settings, output: &mut Output) -> Result<Self, Error> {
        Self::at(settings, output)
    }

    /// The build of `base`: a revision, or the commit of an artifact. It is
    /// checked out and built under `target/shakedown/base/`, and kept there.
    pub(crate) fn of_base(
        settings: &Settings,
        base: &str,
        output: &mut Output,
    ) -> Result<Self, Error> {
        let revision = if Path::new(base).is_file() {
            Artifact::read(Path::new(base))?.revision.commit
        } else {
            base.to_owned()
        };
        let root = root(settings);
        let commit = git(
            &root,
            &["rev-parse", "--verify", &format!("{revision}^{{commit}}")],
        )?;
        let directory = root
            .join("target/shakedown/base")
            .join(&commit[..12.min(commit.len())]);
        if !directory.join(".git").is_file() {
            git(&root, &["worktree", "prune"])?;
            let place = directory.to_string_lossy().into_owned();
            git(&root, &["worktree", "add", "--detach", &place, &commit])?;
        }
        output.talk(&format!("base: {commit} in {}", directory.display()));
        // The phases are those of today, what they run is that of the base.
        let mut own = settings.clone();
        own.path = directory.join(crate::workbook::SETTINGS_FILE);
        Self::at(&own, output)
    }

    fn at(settings: &Settings, output: &mut Output) -> Result<Self, Error> {
        let mut tests = BTreeMap::new();
        let functions = |phase: &Phase| phase.run == RunKind::Function;
        if settings.phases.iter().any(functions) {
            let listing = Listing::of_bench_tier(&root(settings), output)?;
            for suite in listing.suites.values() {
                for test in suite.testcases.keys() {
                    let phase = test.rsplit("::").next().unwrap_or(test);
                    tests.insert(
                        phase.to_owned(),
                        Test {
                            binary: suite.binary_path.clone(),
                            name: test.clone(),
                            directory: suite.cwd.clone(),
                        },
                    );
                }
            }
        }
        Ok(Self {
            settings: settings.clone(),
            tests,
        })
    }

    /// Runs a phase once: the 95th percentile of that run, in milliseconds.
    fn run(&self, phase: &Phase, samples: u64) -> Result<f64, Error> {
        let measurement = if phase.run == RunKind::Function {
            self.run_test(phase, samples)?
        } else {
            measure(&self.settings, phase, samples, None)?
        };
        Ok(measurement.summary.p95_ms.max(0.001))
    }

    fn run_test(&self, phase: &Phase, samples: u64) -> Result<Measurement, Error> {
        let failed = |reason: String| {
            Error::Workbook(WorkbookError::Phase {
                phase: phase.name.clone(),
                reason,
            })
        };
        let test = self.tests.get(&phase.name).ok_or_else(|| {
            failed(format!(
                "the bench tier of `{}` has no test of its name",
                self.settings.root().display()
            ))
        })?;
        let into = tempfile::tempdir().map_err(|source| Error::Write { source })?;
        let output = Command::new(&test.binary)
            .args(["--exact", &test.name])
            .current_dir(&test.directory)
            .env("CARGO_MANIFEST_DIR", &test.directory)
            .env(INTO, into.path())
            .env(SAMPLES, samples.to_string())
            .stdin(Stdio::null())
            .output()
            .map_err(|source| Error::Spawn {
                program: test.binary.display().to_string(),
                source,
            })?;
        let result = into.path().join(format!("{}.json", phase.name));
        match std::fs::read(&result) {
            Ok(text) if output.status.success() => {
                serde_json::from_slice(&text).map_err(|error| failed(error.to_string()))
            }
            _ => Err(failed(format!(
                "its test failed ({})\n{}",
                output.status,
                String::from_utf8_lossy(&output.stdout)
            ))),
        }
    }
}

/// Two builds.
#[derive(Debug)]
pub(crate) struct Contest {
    base: Build,
    new: Build,
}

impl Contest {
    pub(crate) fn new(base: Build, new: Build) -> Self {
        Self { base, new }
    }

    pub(crate) fn run(&mut self, side: Side, phase: &Phase, samples: u64) -> Result<f64, Error> {
        match side {
            Side::Base => self.base.run(phase, samples),
            Side::New => self.new.run(phase, samples),
        }
    }
}

/// What `git` printed in `directory`.
fn git(directory: &Path, arguments: &[&str]) -> Result<String, Error> {
    let output = Command::new("git")
        .args(arguments)
        .current_dir(directory)
        .output()
        .map_err(|source| Error::Spawn {
            program: "git".to_owned(),
            source,
        })?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    Err(Error::Workbook(WorkbookError::Git {
        command: format!("git {}", arguments.join(" ")),
        message: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
    }))
}
