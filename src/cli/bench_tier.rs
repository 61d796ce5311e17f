//! The bench tier of a workspace, built: which test of which binary is which phase
//! or micro-benchmark, and how one is run.
//!
//! A test is run from a copy of the binary that was built, not by another `cargo nextest
//! run`: that would build what was edited since, as would any build beside the
//! measurement, and what is measured would not be what an artifact says. nextest builds
//! and lists; its setup scripts do not run, so what
//! phases start besides is built by `build` of `[workbook]`.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;
use tempfile::TempDir;

use super::listing::Listing;
use super::{Error, Output};
use crate::interrupt::end_with_this_process;
use crate::workbook::{
    CONTEST, INTO, LIMIT, RunKind, SAMPLES, SETTINGS, Settings, WorkbookError, run_limited,
    run_telling,
};

/// The built tests of a workspace.
#[derive(Debug, Clone)]
pub(crate) struct BenchTier {
    settings: Settings,
    /// Where the phases stand: of a base, those of today.
    phases: PathBuf,
    tests: BTreeMap<String, Test>,
    micros: BTreeMap<String, Test>,
    /// Where the copies are, each beside what it is a copy of; removed with the last
    /// of the tiers that know it.
    copies: Vec<Arc<TempDir>>,
}

#[derive(Debug, Clone)]
struct Test {
    /// As it was built.
    binary: PathBuf,
    /// A copy, which no later build replaces.
    copy: PathBuf,
    name: String,
    directory: PathBuf,
}

/// What a test is run for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run<'a> {
    /// The phase or micro-benchmark.
    pub(crate) name: &'a str,
    /// How many samples, of a phase.
    pub(crate) samples: Option<u64>,
    /// Whether two builds are compared.
    pub(crate) contest: bool,
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

impl BenchTier {
    /// Nothing built.
    pub(crate) fn none(settings: &Settings) -> Self {
        Self {
            settings: settings.clone(),
            phases: settings.path.clone(),
            tests: BTreeMap::new(),
            micros: BTreeMap::new(),
            copies: Vec::new(),
        }
    }

    /// A tier in which `name` is a test of `binary`.
    #[cfg(test)]
    pub(crate) fn of_one(settings: &Settings, name: &str, binary: &Path) -> Self {
        let mut tier = Self::none(settings);
        let test = Test {
            binary: binary.to_owned(),
            copy: binary.to_owned(),
            name: name.to_owned(),
            directory: PathBuf::new(),
        };
        tier.tests.insert(name.to_owned(), test);
        tier
    }

    /// Builds and lists the tests of the workspace of `settings`; their phases stand
    /// in the file `phases`.
    pub(crate) fn build(
        settings: &Settings,
        phases: &Path,
        output: &mut Output,
    ) -> Result<Self, Error> {
        let root = settings.root();
        let listing = Listing::of_profile("bench", output, |command| {
            command
                .args(["--test", "bench", "--cargo-profile"])
                .arg(&settings.page.cargo_profile)
                .current_dir(root)
                .envs(&settings.environment);
        })?;
        let mut tier = Self::none(settings);
        tier.phases = phases.canonicalize().unwrap_or_else(|_| phases.to_owned());
        for suite in listing.suites.values() {
            let (directory, copy) =
                copied(&suite.binary_path).map_err(|source| Error::Write { source })?;
            tier.copies.push(Arc::new(directory));
            for name in suite.testcases.keys() {
                let test = Test {
                    binary: suite.binary_path.clone(),
                    copy: copy.clone(),
                    name: name.clone(),
                    directory: suite.cwd.clone(),
                };
                tier.add(test)?;
            }
        }
        Ok(tier)
    }

    /// Adds a test, whose name is that of a phase or micro-benchmark where one has it.
    /// Two of one name are an error there: only one of them could be measured.
    fn add(&mut self, test: Test) -> Result<(), Error> {
        let path = test.name.clone();
        let last = path.rsplit("::").next().unwrap_or(&path).to_owned();
        let of_micro = path.starts_with("micro::") || path.contains("::micro::");
        let mut phases = self.settings.phases.iter();
        let of_phase = phases.any(|phase| phase.name == last && is_function(&phase.run));
        let tests = if of_micro {
            &mut self.micros
        } else {
            &mut self.tests
        };
        match tests.insert(last.clone(), test) {
            Some(other) if of_micro || of_phase => {
                let reason = format!(
                    "the bench tier has two tests of its name, `{}` and `{path}`: rename one",
                    other.name
                );
                let phase = last;
                Err(Error::Workbook(WorkbookError::Phase { phase, reason }))
            }
            _ => Ok(()),
        }
    }

    /// The names of the micro-benchmarks.
    pub(crate) fn micros(&self) -> impl Iterator<Item = &str> {
        self.micros.keys().map(String::as_str)
    }

    /// The binary that the phase `name` is in.
    pub(crate) fn binary(&self, name: &str) -> Option<&Path> {
        self.tests.get(name).map(|test| test.binary.as_path())
    }

    /// Runs a test to its end and reads what it measured. `still` gets what it tells
    /// of its progress meanwhile.
    pub(crate) fn run<T: DeserializeOwned>(
        &self,
        run: Run<'_>,
        mut still: impl FnMut(&str),
    ) -> Result<T, NotRun> {
        let name = run.name;
        let failed = |reason: String| {
            NotRun::Failed(Error::Workbook(WorkbookError::Phase {
                phase: name.to_owned(),
                reason,
            }))
        };
        let tests = if run.samples.is_some() {
            &self.tests
        } else {
            &self.micros
        };
        let test = tests.get(name).ok_or_else(|| {
            failed(format!(
                "the bench tier of `{}` has no test of its name",
                self.settings.root().display()
            ))
        })?;
        let into = tempfile::tempdir().map_err(|source| Error::Write { source })?;
        let mut command = self.command(test, run, into.path());
        let progress = into.path().join("progress");
        end_with_this_process(&mut command);
        // However many samples there are: the limit is one of the time between two.
        let of_phase = run.samples.is_some();
        let mut phases = self.settings.phases.iter();
        let phase = phases.find(|phase| of_phase && phase.name == name);
        let slowest = phase.map_or(0, |phase| phase.limit().microseconds());
        let limit = LIMIT + Duration::from_micros(slowest);
        let mut before = String::new();
        let ended = run_telling(&mut command, limit, || {
            let told = fs::read_to_string(&progress).unwrap_or_default();
            still(&told);
            let moved = told != before;
            before = told;
            moved
        });
        let ended = ended.map_err(|source| Error::Spawn {
            program: test.binary.display().to_string(),
            source,
        })?;
        match fs::read(into.path().join(format!("{name}.json"))) {
            Ok(text) if ended.output.status.success() => {
                serde_json::from_slice(&text).map_err(|error| failed(error.to_string()))
            }
            _ => Err(match unmet(&ended.tail(usize::MAX)) {
                Some(reason) => NotRun::Missing(reason),
                None if ended.too_long && of_phase => failed(format!(
                    "its test took no sample for {} s and was ended\n{}",
                    limit.as_secs(),
                    ended.tail(30)
                )),
                None => failed(format!("its test {}\n{}", ended.how(limit), ended.tail(30))),
            }),
        }
    }

    /// A test on its own, as no nextest and no cargo had started this program.
    fn command(&self, test: &Test, run: Run<'_>, into: &Path) -> Command {
        let mut command = Command::new(&test.copy);
        for (variable, _) in std::env::vars_os() {
            if variable.to_string_lossy().starts_with("NEXTEST") {
                command.env_remove(variable);
            }
        }
        command
            .args(["--exact", &test.name])
            .current_dir(&test.directory)
            .env("CARGO_MANIFEST_DIR", &test.directory)
            .env(INTO, into)
            .env(SETTINGS, &self.phases)
            .envs(&self.settings.environment);
        if let Some(samples) = run.samples {
            command.env(SAMPLES, samples.to_string());
        }
        if run.contest {
            command.env(CONTEST, "1");
        }
        command
    }
}

/// A copy of `binary` in a directory beside it, from where a program finds its target
/// directory as from its own place.
fn copied(binary: &Path) -> io::Result<(TempDir, PathBuf)> {
    let beside = binary.parent().unwrap_or(Path::new("."));
    let directory = tempfile::Builder::new()
        .prefix("shakedown-")
        .tempdir_in(beside)?;
    let copy = directory
        .path()
        .join(binary.file_name().unwrap_or_default());
    fs::copy(binary, &copy)?;
    Ok((directory, copy))
}

/// Whether a phase is a function of a test binary.
pub(crate) fn is_function(run: &RunKind) -> bool {
    *run == RunKind::Function
}

/// Builds what phases start, with `build` of `[workbook]`.
pub(crate) fn build_programs(settings: &Settings, output: &mut Output) -> Result<(), Error> {
    let words = &settings.page.build;
    let Some((program, arguments)) = words.split_first() else {
        return Ok(());
    };
    output.talk(&format!("building: {}", words.join(" ")));
    let mut build = Command::new(program);
    build
        .args(arguments)
        .current_dir(settings.root())
        .envs(&settings.environment);
    end_with_this_process(&mut build);
    let limit = 3 * LIMIT;
    let ended = run_limited(&mut build, limit).map_err(|source| Error::Spawn {
        program: program.clone(),
        source,
    })?;
    if ended.output.status.success() {
        return Ok(());
    }
    Err(Error::Workbook(WorkbookError::Phase {
        phase: "build".to_owned(),
        reason: format!(
            "`{}` {} in {}\n{}",
            words.join(" "),
            ended.how(limit),
            settings.root().display(),
            ended.tail(12)
        ),
    }))
}

/// The requirement that the test itself found unmet: what `requires!` prints
/// when a test that was asked for by name cannot run.
fn unmet(log: &str) -> Option<String> {
    let mut lines = log.lines().map(str::trim);
    let line = lines.find_map(|line| line.strip_prefix("error: requirement "))?;
    line.contains("is not met").then(|| line.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{BenchTier, Test, copied, unmet};
    use crate::workbook::Settings;
    use std::path::{Path, PathBuf};

    #[test]
    fn two_tests_of_the_name_of_one_phase_or_micro_benchmark_are_an_error() {
        let text = "[phase.SUM]\ntarget = \"1 s\"\ngate = \"hard\"\nsamples = 1\n";
        let settings = Settings::parse(Path::new("shakedown.toml"), text).unwrap();
        let added = |names: [&str; 2]| {
            let mut tier = BenchTier::none(&settings);
            let test = |name: &str| Test {
                binary: PathBuf::new(),
                copy: PathBuf::new(),
                name: name.to_owned(),
                directory: PathBuf::new(),
            };
            tier.add(test(names[0])).unwrap();
            tier.add(test(names[1])).map_err(|error| error.to_string())
        };
        assert_eq!(
            added(["one::SUM", "two::SUM"]),
            Err(
                "phase `SUM`: the bench tier has two tests of its name, `one::SUM` and \
                 `two::SUM`: rename one"
                    .to_owned()
            )
        );
        assert!(added(["one::micro::add", "two::micro::add"]).is_err());
        // A micro-benchmark is kept apart from phases, and nobody asks for the others.
        for names in [["SUM", "micro::SUM"], ["one::works", "two::works"]] {
            assert_eq!(added(names), Ok(()), "{names:?}");
        }
    }

    #[test]
    fn only_the_tests_own_requirement_excuses_it() {
        let own = "x\n    error: requirement `image` is not met: no engine\nhelp: ..\n";
        assert_eq!(unmet(own).unwrap(), "`image` is not met: no engine");
        let others =
            "shakedown: skips the tests of `mysql`: requirement `database` is not met: none";
        assert_eq!(unmet(others), None);
    }

    #[test]
    fn a_build_beside_a_measurement_does_not_change_what_is_measured() {
        let place = tempfile::tempdir().unwrap();
        let binary = place.path().join("bench-0123");
        std::fs::write(&binary, "as it was built").unwrap();
        let (directory, copy) = copied(&binary).unwrap();
        std::fs::write(&binary, "built again").unwrap();
        assert_eq!(std::fs::read_to_string(&copy).unwrap(), "as it was built");
        assert!(copy.starts_with(place.path()) && copy.ends_with("bench-0123"));
        drop(directory);
        assert!(!copy.exists());
    }
}
