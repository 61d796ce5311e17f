//! Two builds whose phases can be run in turn.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::gate::root;
use super::listing::Listing;
use super::phase_run::unmet;
use super::{Error, Output};
use crate::workbook::{
    Artifact, INTO, LIMIT, Measurement, Missing, Phase, RunKind, SAMPLES, SETTINGS, Settings, Side,
    WorkbookError, measure, run_limited,
};

/// A build of the bench tier: where the test of each phase is.
#[derive(Debug, Clone)]
pub(crate) struct Build {
    settings: Settings,
    /// Where today's phases stand, for both builds.
    phases: PathBuf,
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
        Self::at(settings, &settings.path, output)
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
            // By force, since a directory that was deleted is still registered.
            let place = directory.to_string_lossy().into_owned();
            git(
                &root,
                &["worktree", "add", "--force", "--detach", &place, &commit],
            )?;
        }
        // What an earlier one did not finish checking out, or left behind.
        git(&directory, &["reset", "--quiet", "--hard", &commit])?;
        output.talk(&format!("base: {commit} in {}", directory.display()));
        // The phases are those of today, what they run is that of the base.
        let mut own = settings.clone();
        own.path = directory.join(crate::workbook::SETTINGS_FILE);
        Self::at(&own, &settings.path, output)
    }

    fn at(settings: &Settings, phases: &Path, output: &mut Output) -> Result<Self, Error> {
        if let Some((program, arguments)) = settings.page.build.split_first() {
            output.talk(&format!("building: {}", settings.page.build.join(" ")));
            let mut build = Command::new(program);
            build.args(arguments).current_dir(root(settings));
            let ended = run_limited(&mut build, 3 * LIMIT).map_err(|source| Error::Spawn {
                program: program.clone(),
                source,
            })?;
            if !ended.output.status.success() {
                return Err(Error::Workbook(WorkbookError::Phase {
                    phase: "build".to_owned(),
                    reason: format!(
                        "`{}` {} in {}\n{}",
                        settings.page.build.join(" "),
                        ended.how(3 * LIMIT),
                        root(settings).display(),
                        ended.tail(12)
                    ),
                }));
            }
        }
        let mut tests = BTreeMap::new();
        let functions = |phase: &Phase| phase.run == RunKind::Function;
        if settings.phases.iter().any(functions) {
            let built = &settings.page.cargo_profile;
            let listing = Listing::of_bench_tier(&root(settings), built, output)?;
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
            phases: phases.canonicalize().unwrap_or_else(|_| phases.to_owned()),
            tests,
        })
    }

    /// Runs a phase once: the 95th percentile of that run, in milliseconds.
    fn run(&self, phase: &Phase, samples: u64) -> Result<f64, NotRun> {
        let measurement = if phase.run == RunKind::Function {
            self.run_test(phase, samples)?
        } else {
            measure(&self.settings, phase, samples, None).map_err(Error::from)?
        };
        Ok(measurement.summary.p95_ms.max(0.001))
    }

    fn run_test(&self, phase: &Phase, samples: u64) -> Result<Measurement, NotRun> {
        let failed = |reason: String| {
            NotRun::Failed(Error::Workbook(WorkbookError::Phase {
                phase: phase.name.clone(),
                reason,
            }))
        };
        let test = self.tests.get(&phase.name).ok_or_else(|| {
            failed(format!(
                "the bench tier of `{}` has no test of its name",
                self.settings.root().display()
            ))
        })?;
        let into = tempfile::tempdir().map_err(|source| Error::Write { source })?;
        let mut command = Command::new(&test.binary);
        command
            .args(["--exact", &test.name])
            .current_dir(&test.directory)
            .env("CARGO_MANIFEST_DIR", &test.directory)
            .env(INTO, into.path())
            .env(SETTINGS, &self.phases)
            .env(SAMPLES, samples.to_string());
        let ended = run_limited(&mut command, LIMIT).map_err(|source| Error::Spawn {
            program: test.binary.display().to_string(),
            source,
        })?;
        let result = into.path().join(format!("{}.json", phase.name));
        match std::fs::read(&result) {
            Ok(text) if ended.output.status.success() => {
                serde_json::from_slice(&text).map_err(|error| failed(error.to_string()))
            }
            _ => Err(match unmet(&ended.tail(usize::MAX)) {
                Some(reason) => NotRun::Missing(reason),
                None => failed(format!("its test {}\n{}", ended.how(LIMIT), ended.tail(30))),
            }),
        }
    }
}

/// Why a phase was not run.
#[derive(Debug)]
pub(crate) enum NotRun {
    /// What it needs is not here.
    Missing(String),
    /// It failed.
    Failed(Error),
}

impl From<Error> for NotRun {
    fn from(error: Error) -> Self {
        Self::Failed(error)
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

    /// Why `phase` cannot be run on both sides, where it cannot.
    pub(crate) fn refuses(&self, phase: &Phase) -> Option<Missing> {
        let missing = |reason: &str| Some(Missing::of(&phase.name, reason));
        match &phase.run {
            RunKind::Http { fixture: None, .. } => missing(
                "both sides would ask the same server: give it a `fixture`, which each side starts",
            ),
            RunKind::Function if !self.base.tests.contains_key(&phase.name) => {
                missing("the base has no such phase")
            }
            RunKind::Function if !self.new.tests.contains_key(&phase.name) => {
                missing("the bench tier has no test of its name")
            }
            _ => None,
        }
    }

    pub(crate) fn run(&mut self, side: Side, phase: &Phase, samples: u64) -> Result<f64, NotRun> {
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
