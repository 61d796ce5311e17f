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
    INTO, Measurement, Missing, Phase, RunKind, SAMPLES, Settings, WorkbookError, measure,
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
}

/// Measures `asked` in the workspace at `root`.
pub(crate) fn measure_all(
    settings: &Settings,
    root: &Path,
    asked: &[Asked<'_>],
    output: &mut Output,
) -> Result<Measured, Error> {
    let functions: Vec<&Asked<'_>> = asked
        .iter()
        .filter(|asked| asked.phase.run == RunKind::Function)
        .collect();
    let mut tests = BTreeMap::new();
    if !functions.is_empty() {
        tests = tests_of(&Listing::of_bench_tier(root, output)?);
    }
    let mut measured = Measured::default();
    for asked in asked {
        if asked.phase.run == RunKind::Function {
            match one_test(root, asked, &tests, output)? {
                Ok(measurement) => measured.phases.push(measurement),
                Err(missing) => measured.missing.push(missing),
            }
        } else {
            output.talk(&format!("{}: {} samples", asked.phase.name, asked.samples));
            let own = measure(settings, asked.phase, asked.samples, None)?;
            measured.phases.push(own);
        }
    }
    Ok(measured)
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

/// Runs the test of a phase under nextest, which builds what it needs, keeps
/// the machine free for it and ends it when it hangs.
fn one_test(
    root: &Path,
    asked: &Asked<'_>,
    tests: &BTreeMap<String, String>,
    output: &mut Output,
) -> Result<Result<Measurement, Missing>, Error> {
    let name = &asked.phase.name;
    let test = tests.get(name).ok_or_else(|| WorkbookError::Phase {
        phase: name.clone(),
        reason: format!(
            "the bench tier has no test of its name; register a function with \
             `shakedown::phase!({name} = function)`"
        ),
    })?;
    let directory = tempfile::tempdir().map_err(|source| Error::Write { source })?;
    let log = directory.path().join("log");
    let file = fs::File::create(&log).map_err(|source| Error::Write { source })?;
    let both = file.try_clone().map_err(|source| Error::Write { source })?;
    output.talk(&format!("{name}: {} samples", asked.samples));
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut child = Command::new(cargo)
        .args([
            "nextest",
            "run",
            "--profile",
            "bench",
            "--no-tests=pass",
            BENCH[0],
            BENCH[1],
            "-E",
        ])
        .arg(format!("test(={test})"))
        .current_dir(root)
        .env(INTO, directory.path())
        .env(SAMPLES, asked.samples.to_string())
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
        let measurement = serde_json::from_slice(&text).map_err(|source| Error::Listing {
            origin: format!("the test of phase `{name}`"),
            source,
        })?;
        return Ok(Ok(measurement));
    }
    let log = fs::read_to_string(&log).unwrap_or_default();
    if let Some(reason) = unmet(&log) {
        output.talk(&format!("{name}: not measured: {reason}"));
        return Ok(Err(Missing::of(name, &reason)));
    }
    let tail: Vec<&str> = log.lines().rev().take(30).collect();
    let tail: Vec<&str> = tail.into_iter().rev().collect();
    Err(Error::Workbook(WorkbookError::Phase {
        phase: name.clone(),
        reason: format!("its test failed ({status})\n{}", tail.join("\n")),
    }))
}

/// The requirement that the test itself found unmet: what `requires!` prints
/// when a test that was asked for by name cannot run.
fn unmet(log: &str) -> Option<String> {
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
    /// The tests of the bench tier of the workspace at `root`.
    pub(crate) fn of_bench_tier(root: &Path, output: &mut Output) -> Result<Self, Error> {
        let manifest: PathBuf = root.join("Cargo.toml");
        Self::of_profile("bench", &BENCH, Some(&manifest), output)
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
