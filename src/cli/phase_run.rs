//! Has phases measured: Rust functions as tests of the bench tier, in one
//! `cargo nextest run`; the rest in this process.

use std::collections::BTreeMap;
use std::fs;
use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::listing::Listing;
use super::{Error, Output};
use crate::workbook::{
    INTO, Measurement, Micro, Missing, Phase, RunKind, SAMPLES, Settings, WorkbookError, measure,
};

/// The one binary that phases are in; no other is built for them.
const BENCH: [&str; 2] = ["--test", "bench"];

/// A phase, and how many samples of it.
pub(crate) struct Asked<'a> {
    pub(crate) phase: &'a Phase,
    pub(crate) samples: u64,
}

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Measured {
    pub(crate) phases: Vec<Measurement>,
    pub(crate) missing: Vec<Missing>,
    pub(crate) micro: Vec<Micro>,
    /// Why some of the missing are missing: they failed.
    pub(crate) failed: Vec<Error>,
}

/// Which micro-benchmarks.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Micros<'a> {
    None,
    All,
    Named(&'a [String]),
}

impl Micros<'_> {
    /// All of them where `wanted`, in a workspace that has a bench tier.
    pub(crate) fn of_all(wanted: bool, root: &Path) -> Self {
        let tier = ["tests/bench.rs", "tests/bench/main.rs"];
        if wanted && tier.iter().any(|file| root.join(file).is_file()) {
            Self::All
        } else {
            Self::None
        }
    }

    /// The names and tests of those that are among `tests`.
    fn choose(&self, tests: &BTreeMap<String, String>) -> Result<Vec<(String, String)>, Error> {
        let is_micro = |test: &str| test.starts_with("micro::") || test.contains("::micro::");
        let all = tests.iter().filter(|(_, test)| is_micro(test));
        let all = all.map(|(name, test)| (name.clone(), test.clone()));
        match self {
            Self::None => Ok(Vec::new()),
            Self::All => Ok(all.collect()),
            Self::Named(names) => {
                let all: BTreeMap<String, String> = all.collect();
                let one = |name: &String| {
                    let test = all.get(name).ok_or_else(|| {
                        let known: Vec<&str> = all.keys().map(String::as_str).collect();
                        WorkbookError::Phase {
                            phase: name.clone(),
                            reason: format!(
                                "there is no such micro-benchmark; there are: {}",
                                known.join(", ")
                            ),
                        }
                    })?;
                    Ok((name.clone(), test.clone()))
                };
                names.iter().map(one).collect()
            }
        }
    }
}

/// What is to be measured, built and found.
pub(crate) struct Plan<'a> {
    settings: &'a Settings,
    asked: &'a [Asked<'a>],
    tests: BTreeMap<String, String>,
    micros: Vec<(String, String)>,
}

impl<'a> Plan<'a> {
    /// Builds what `asked` and `micros` need; an error where something is not there.
    pub(crate) fn new(
        settings: &'a Settings,
        asked: &'a [Asked<'a>],
        micros: &Micros<'_>,
        output: &mut Output,
    ) -> Result<Self, Error> {
        let functions: Vec<&str> = asked
            .iter()
            .filter(|asked| asked.phase.run == RunKind::Function)
            .map(|asked| asked.phase.name.as_str())
            .collect();
        let mut tests = BTreeMap::new();
        if !functions.is_empty() || !matches!(micros, Micros::None) {
            let built = &settings.page.cargo_profile;
            tests = tests_of(&Listing::of_bench_tier(settings.root(), built, output)?);
        }
        for name in functions {
            if !tests.contains_key(name) {
                return Err(Error::Workbook(WorkbookError::Phase {
                    phase: name.to_owned(),
                    reason: format!(
                        "the bench tier has no test of its name; register a function with \
                         `shakedown::phase!({name} = function)`"
                    ),
                }));
            }
        }
        let micros = micros.choose(&tests)?;
        Ok(Self {
            settings,
            asked,
            tests,
            micros,
        })
    }

    /// Measures all of it. What fails does not keep the rest from being measured.
    pub(crate) fn measure(&self, output: &mut Output) -> Result<Measured, Error> {
        let mut measured = Measured::default();
        for asked in self.asked {
            let name = &asked.phase.name;
            output.talk(&format!("{name}: {} samples", asked.samples));
            let outcome = if asked.phase.run == RunKind::Function {
                self.one_test(name, Some(asked.samples), output)
            } else {
                measure(self.settings, asked.phase, asked.samples, None)
                    .map(Ok)
                    .map_err(Error::from)
            };
            let Measured {
                phases,
                missing,
                failed,
                ..
            } = &mut measured;
            keep(name, outcome, phases, missing, failed)?;
        }
        for (name, _) in &self.micros {
            output.talk(&format!("{name}: micro-benchmark"));
            let outcome = self.one_test(name, None, output);
            let Measured {
                micro,
                missing,
                failed,
                ..
            } = &mut measured;
            keep(name, outcome, micro, missing, failed)?;
        }
        Ok(measured)
    }

    fn one_test<T: serde::de::DeserializeOwned>(
        &self,
        name: &str,
        samples: Option<u64>,
        output: &mut Output,
    ) -> Result<Result<T, Missing>, Error> {
        one_test(self.settings, name, &self.tests[name], samples, output)
    }
}

/// Puts what was measured of `name` where it belongs: a phase that fails is
/// missing from the artifact, with its reason.
fn keep<T>(
    name: &str,
    outcome: Result<Result<T, Missing>, Error>,
    measured: &mut Vec<T>,
    missing: &mut Vec<Missing>,
    failed: &mut Vec<Error>,
) -> Result<(), Error> {
    match outcome {
        Ok(Ok(one)) => measured.push(one),
        Ok(Err(one)) => missing.push(one),
        Err(Error::Workbook(WorkbookError::Phase { phase, reason })) => {
            let first = reason.lines().next().unwrap_or_default();
            missing.push(Missing::of(name, &format!("it failed: {first}")));
            failed.push(Error::Workbook(WorkbookError::Phase { phase, reason }));
        }
        Err(error) => return Err(error),
    }
    Ok(())
}

/// The full name of the test of each phase: the last part of its name is the
/// phase's.
fn tests_of(listing: &Listing) -> BTreeMap<String, String> {
    let suites = listing.suites.values();
    suites
        .flat_map(|suite| suite.testcases.keys())
        .filter_map(|test| Some((test.rsplit("::").next()?.to_owned(), test.clone())))
        .collect()
}

/// Runs the test of a phase or a micro-benchmark under nextest, which builds what
/// it needs, keeps the machine free for it and ends it when it hangs.
fn one_test<T: serde::de::DeserializeOwned>(
    settings: &Settings,
    name: &str,
    test: &str,
    samples: Option<u64>,
    output: &mut Output,
) -> Result<Result<T, Missing>, Error> {
    let directory = tempfile::tempdir().map_err(|source| Error::Write { source })?;
    let log = directory.path().join("log");
    let file = fs::File::create(&log).map_err(|source| Error::Write { source })?;
    let both = file.try_clone().map_err(|source| Error::Write { source })?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    if let Some(samples) = samples {
        command.env(SAMPLES, samples.to_string());
    }
    let mut child = command
        .args([
            "nextest",
            "run",
            "--profile",
            "bench",
            "--no-tests=pass",
            BENCH[0],
            BENCH[1],
            "--cargo-profile",
            &settings.page.cargo_profile,
            "-E",
        ])
        .arg(format!("test(={test})"))
        .current_dir(settings.root())
        .env(INTO, directory.path())
        .stdin(Stdio::null())
        .stdout(file)
        .stderr(both)
        .spawn()
        .map_err(|source| Error::Spawn {
            program: "cargo nextest run".to_owned(),
            source,
        })?;
    let status = wait(&mut child, &directory.path().join("progress"))
        .map_err(|source| Error::Write { source })?;
    let result = directory.path().join(format!("{name}.json"));
    if let Ok(text) = fs::read(&result)
        && status.success()
    {
        let measured = serde_json::from_slice(&text).map_err(|source| Error::Listing {
            origin: format!("the test of `{name}`"),
            source,
        })?;
        return Ok(Ok(measured));
    }
    let log = fs::read_to_string(&log).unwrap_or_default();
    if let Some(reason) = unmet(&log) {
        output.talk(&format!("{name}: not measured: {reason}"));
        return Ok(Err(Missing::of(name, &reason)));
    }
    let tail: Vec<&str> = log.lines().rev().take(30).collect();
    let tail: Vec<&str> = tail.into_iter().rev().collect();
    Err(Error::Workbook(WorkbookError::Phase {
        phase: name.to_owned(),
        reason: format!("its test failed ({status})\n{}", tail.join("\n")),
    }))
}

/// The requirement that the test itself found unmet: what `requires!` prints
/// when a test that was asked for by name cannot run.
pub(super) fn unmet(log: &str) -> Option<String> {
    let mut lines = log.lines().map(str::trim);
    let line = lines.find_map(|line| line.strip_prefix("error: requirement "))?;
    line.contains("is not met").then(|| line.to_owned())
}

/// How often the bar is drawn.
const DRAW_EVERY: Duration = Duration::from_millis(200);
/// How wide it is.
const BAR: usize = 40;

/// Waits for the end of `child`, and draws how far it is where somebody looks.
#[expect(
    clippy::disallowed_methods,
    reason = "time itself is what a bar shows; the child's end is polled in between"
)]
fn wait(child: &mut Child, progress: &Path) -> std::io::Result<std::process::ExitStatus> {
    let mut terminal = std::io::stderr();
    let drawn = terminal.is_terminal();
    loop {
        if let Some(status) = child.try_wait()? {
            if drawn {
                drop(write!(terminal, "\r\x1b[K"));
            }
            return Ok(status);
        }
        if drawn && let Some(bar) = bar(&fs::read_to_string(progress).unwrap_or_default()) {
            drop(write!(terminal, "\r{bar}"));
            drop(terminal.flush());
        }
        std::thread::sleep(DRAW_EVERY);
    }
}

/// The last line `name done all` as a bar.
fn bar(progress: &str) -> Option<String> {
    let mut words = progress.lines().next_back()?.split(' ');
    let name = words.next()?;
    let done: usize = words.next()?.parse().ok()?;
    let all: usize = words.next()?.parse().ok().filter(|all| *all > 0)?;
    let full = (BAR * done.min(all)) / all;
    Some(format!(
        "{name} [{}{}] {done}/{all}",
        "#".repeat(full),
        "-".repeat(BAR - full)
    ))
}

impl Listing {
    /// The tests of the bench tier of the workspace at `root`, built in cargo's
    /// profile `built`.
    pub(crate) fn of_bench_tier(
        root: &Path,
        built: &str,
        output: &mut Output,
    ) -> Result<Self, Error> {
        let manifest: PathBuf = root.join("Cargo.toml");
        let [test, bench] = BENCH;
        let targets = [test, bench, "--cargo-profile", built];
        Self::of_profile("bench", &targets, Some(&manifest), output)
    }
}

#[cfg(test)]
mod tests {
    use super::{bar, unmet};

    #[test]
    fn the_bar_shows_the_last_line() {
        let text = bar("A 1 10\nA 5 10\n").unwrap();
        assert_eq!(
            text,
            format!("A [{}{}] 5/10", "#".repeat(20), "-".repeat(20))
        );
        assert_eq!(bar(""), None);
        assert_eq!(bar("A x 10"), None);
        assert_eq!(bar("A 0 0"), None);
    }

    #[test]
    fn only_the_tests_own_requirement_excuses_it() {
        let own = "x\n    error: requirement `image` is not met: no engine\nhelp: ..\n";
        assert_eq!(unmet(own).unwrap(), "`image` is not met: no engine");
        let others =
            "shakedown: skips the tests of `mysql`: requirement `database` is not met: none";
        assert_eq!(unmet(others), None);
    }
}
