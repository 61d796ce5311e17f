//! Has phases measured: Rust functions as tests of the bench tier, each in a process
//! of its own; the rest in this one.

use std::fs;
use std::panic::resume_unwind;
use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use super::bench_tier::{BenchTier, NotRun, Run, build_programs, is_function};
use super::{Error, Output};
use crate::interrupt;
use crate::workbook::{Measurement, Micro, Missing, Phase, Settings, WorkbookError, measure};

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
    /// All of them where `wanted`, in a workspace that has a bench tier: at its root, or
    /// in the package of one of the `phases`.
    pub(crate) fn of_all(wanted: bool, root: &Path, phases: &[Phase]) -> Self {
        let tier = ["tests/bench.rs", "tests/bench/main.rs"];
        let at_the_root = tier.iter().any(|file| root.join(file).is_file());
        if wanted && (at_the_root || phases.iter().any(|phase| is_function(&phase.run))) {
            Self::All
        } else {
            Self::None
        }
    }

    /// The names of those that are in `tier`.
    fn choose(&self, tier: &BenchTier) -> Result<Vec<String>, Error> {
        match self {
            Self::None => Ok(Vec::new()),
            Self::All => Ok(tier.micros().map(str::to_owned).collect()),
            Self::Named(names) => {
                if let Some(name) = names
                    .iter()
                    .find(|name| !tier.micros().any(|it| it == *name))
                {
                    let known: Vec<&str> = tier.micros().collect();
                    let known = if known.is_empty() {
                        "none".to_owned()
                    } else {
                        known.join(", ")
                    };
                    let name = name.clone();
                    return Err(Error::Workbook(WorkbookError::NoMicro { name, known }));
                }
                Ok(names.to_vec())
            }
        }
    }
}

/// What is to be measured, built and found.
pub(crate) struct Plan<'a> {
    settings: &'a Settings,
    asked: &'a [Asked<'a>],
    tier: BenchTier,
    micros: Vec<String>,
}

impl<'a> Plan<'a> {
    /// Builds what `asked` and `micros` need; an error where something is not there.
    pub(crate) fn new(
        settings: &'a Settings,
        asked: &'a [Asked<'a>],
        micros: &Micros<'_>,
        output: &mut Output,
    ) -> Result<Self, Error> {
        if !asked.is_empty() {
            build_programs(settings, output)?;
        }
        let functions = || asked.iter().filter(|asked| is_function(&asked.phase.run));
        let tier = if functions().next().is_some() || !matches!(micros, Micros::None) {
            BenchTier::build(settings, &settings.path, output)?
        } else {
            BenchTier::none(settings)
        };
        for Asked { phase, .. } in functions() {
            let name = &phase.name;
            if tier.binary(name).is_none() {
                return Err(Error::Workbook(WorkbookError::Phase {
                    phase: name.clone(),
                    reason: format!(
                        "the bench tier has no test of its name; register a function with \
                         `shakedown::phase!({name} = function)`"
                    ),
                }));
            }
        }
        let micros = micros.choose(&tier)?;
        Ok(Self {
            settings,
            asked,
            tier,
            micros,
        })
    }

    /// Measures all of it. What fails does not keep the rest from being measured;
    /// Ctrl-C does, and takes back nothing.
    pub(crate) fn measure(&self, output: &mut Output) -> Measured {
        let mut measured = Measured::default();
        let all = self.asked.len();
        for (index, Asked { phase, samples }) in self.asked.iter().enumerate() {
            let name = &phase.name;
            if interrupt::asked() {
                return measured;
            }
            let place = format!("phase {} of {all}", index + 1);
            output.talk(&format!("{place}: {name}, {samples} samples"));
            let draw = |told: &str| {
                if let Some(bar) = bar(told) {
                    output.progress(&format!("{place}: {bar}"));
                }
            };
            let outcome = if is_function(&phase.run) {
                let run = Run {
                    name,
                    samples: Some(*samples),
                    contest: false,
                };
                self.tier.run(run, draw)
            } else {
                in_process(self.settings, phase, *samples, draw)
            };
            let kept = measured.unless_missing(name, outcome, output);
            measured.phases.extend(kept);
        }
        let all = self.micros.len();
        for (index, name) in self.micros.iter().enumerate() {
            if interrupt::asked() {
                return measured;
            }
            output.talk(&format!("micro-benchmark {} of {all}: {name}", index + 1));
            let run = Run {
                name,
                samples: None,
                contest: false,
            };
            let outcome = self.tier.run(run, |_| {});
            let kept = measured.unless_missing(name, outcome, output);
            measured.micro.extend(kept);
        }
        measured
    }
}

impl Measured {
    /// What was measured of `name`; one that fails is missing from the artifact,
    /// with its reason. One that was interrupted did not fail.
    fn unless_missing<T>(
        &mut self,
        name: &str,
        outcome: Result<T, NotRun>,
        output: &mut Output,
    ) -> Option<T> {
        match outcome {
            Ok(one) => Some(one),
            Err(NotRun::Missing(reason)) => {
                output.talk(&format!("{name}: not measured: {reason}"));
                self.missing.push(Missing::of(name, &reason));
                None
            }
            Err(NotRun::Failed(_)) if interrupt::asked() => None,
            Err(NotRun::Failed(error)) => {
                let told = match &error {
                    Error::Workbook(WorkbookError::Phase { reason, .. }) => reason.clone(),
                    other => other.to_string(),
                };
                let first = told.lines().next().unwrap_or_default();
                let told = format!("it failed: {first}");
                self.missing.push(Missing::of(name, &told));
                self.failed.push(error);
                None
            }
        }
    }
}

/// How often progress is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Measures a phase that is no function, and hands what it tells of its progress to
/// `still` meanwhile.
fn in_process(
    settings: &Settings,
    phase: &Phase,
    samples: u64,
    mut still: impl FnMut(&str),
) -> Result<Measurement, NotRun> {
    let directory = tempfile::tempdir().map_err(|source| Error::Write { source })?;
    let progress = directory.path().join("progress");
    let measured = thread::scope(|scope| {
        let (over, ended) = mpsc::channel::<()>();
        let told = progress.clone();
        let work = scope.spawn(move || {
            let measured = measure(settings, phase, samples, Some(told));
            drop(over);
            measured
        });
        while ended.recv_timeout(LOOK_EVERY) == Err(RecvTimeoutError::Timeout) {
            still(&fs::read_to_string(&progress).unwrap_or_default());
        }
        work.join().unwrap_or_else(|panic| resume_unwind(panic))
    });
    Ok(measured.map_err(Error::from)?)
}

/// How wide a bar is.
const BAR: usize = 30;

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

#[cfg(test)]
mod tests {
    use super::{Measured, NotRun, bar, in_process};
    use crate::cli::{Error, Output};
    use crate::workbook::{Settings, WorkbookError};
    use std::io;
    use std::path::Path;

    #[test]
    fn whatever_a_phase_fails_of_the_rest_is_kept() {
        let mut measured = Measured::default();
        let mut output = Output::new(io::sink(), io::sink());
        let errors = [
            Error::Spawn {
                program: "bench-0123".to_owned(),
                source: io::ErrorKind::NotFound.into(),
            },
            Error::Write {
                source: io::ErrorKind::StorageFull.into(),
            },
            Error::Workbook(WorkbookError::Phase {
                phase: "A".to_owned(),
                reason: "its test ended\nand said more".to_owned(),
            }),
        ];
        for error in errors {
            let outcome: Result<u8, NotRun> = Err(NotRun::Failed(error));
            assert_eq!(measured.unless_missing("A", outcome, &mut output), None);
        }
        assert_eq!(measured.unless_missing("B", Ok(7), &mut output), Some(7));
        let reasons: Vec<&str> = measured
            .missing
            .iter()
            .map(|of| of.reason.as_str())
            .collect();
        assert_eq!(
            reasons,
            [
                "it failed: cannot run `bench-0123`",
                "it failed: cannot write the output",
                "it failed: its test ended"
            ]
        );
        assert_eq!(measured.failed.len(), 3);
    }

    #[test]
    fn the_bar_shows_the_last_line() {
        let text = bar("A 1 10\nA 5 10\n").unwrap();
        assert_eq!(
            text,
            format!("A [{}{}] 5/10", "#".repeat(15), "-".repeat(15))
        );
        assert_eq!(bar(""), None);
        assert_eq!(bar("A x 10"), None);
        assert_eq!(bar("A 0 0"), None);
    }

    #[test]
    fn a_command_tells_how_far_it_is() {
        let text = "[phase.NAP]\ntarget = \"9 s\"\ngate = \"soft\"\nsamples = 3\n\
                    run = { command = [\"sleep\", \"0.3\"] }\n";
        let settings = Settings::parse(Path::new("./.config/shakedown.toml"), text).unwrap();
        let mut bars = Vec::new();
        let of = in_process(&settings, &settings.phases[0], 3, |told| {
            bars.extend(bar(told));
        });
        assert_eq!(of.unwrap().summary.samples, 3);
        let seen = bars
            .iter()
            .any(|bar| bar.ends_with("] 1/3") || bar.ends_with("] 2/3"));
        assert!(seen, "{bars:?}");
    }
}
