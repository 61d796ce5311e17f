//! `phase!`: a Rust function as a phase, and as a test of the bench tier.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::{
    Measurement, Phase, RunKind, Sampler, Settings, WorkbookError, bars, judge, measure, results,
    steps,
};
use crate::Failure;
use crate::whole_file;

/// Registers a function as the phase of a name, which `.config/shakedown.toml`
/// describes.
///
/// ```text
/// shakedown::phase!(NAME = function);
/// shakedown::phase!(NAME); // a request, a command or a stress run
/// ```
///
/// `function` is a `fn(&mut Sampler) -> shakedown::Result`. The macro stands in
/// `tests/bench/main.rs` or a module of it, and makes a test of the phase's name there, so
/// that `cargo nextest run --profile bench` runs it, with `quick-samples`, and
/// fails where the gate would. `cargo shakedown bench` runs the same test for
/// all samples, and archives what it measured.
///
/// Without a function the phase is what its `run` says. `cargo shakedown bench`
/// needs no macro for that; the macro makes nextest run it too.
///
/// # Example
///
/// ```
/// use shakedown::workbook::Sampler;
///
/// fn policy_eval(phase: &mut Sampler) -> shakedown::Result {
///     let rules: Vec<u32> = (0..28).collect(); // prepared, not timed
///     phase.each(|_| {
///         std::hint::black_box(rules.iter().sum::<u32>());
///         Ok(())
///     })
/// }
///
/// shakedown::phase!(POLICY_EVAL = policy_eval);
/// ```
#[macro_export]
macro_rules! phase {
    ($name:ident) => {
        $crate::phase!(@ $name, $crate::workbook::run_test);
    };
    ($name:ident = $function:expr) => {
        $crate::phase!(@ $name, |name, package| {
            $crate::workbook::phase_test(name, package, $function)
        });
    };
    (@ $name:ident, $test:expr) => {
        $crate::__on_start!(gate, $crate::workbook::register(::core::stringify!($name)));

        #[test]
        #[expect(
            non_snake_case,
            reason = "a phase is a test of the name that its table has"
        )]
        fn $name() -> $crate::Result {
            let test = $test;
            let report = test(::core::stringify!($name), ::core::env!("CARGO_MANIFEST_DIR"))?;
            ::std::println!("{report}");
            Ok(())
        }
    };
}

/// Names the directory that a phase's measurement is written to, as
/// `<phase>.json`; without it, a phase prints and judges.
pub const INTO: &str = "SHAKEDOWN_PHASE_INTO";

/// The number of samples; without it, the phase's `quick-samples`.
pub const SAMPLES: &str = "SHAKEDOWN_PHASE_SAMPLES";

/// The file that phases are read from; without it, the workspace's own.
pub const SETTINGS: &str = "SHAKEDOWN_PHASE_SETTINGS";

/// Set where two builds are compared, whose phases need not have the same steps.
pub const CONTEST: &str = "SHAKEDOWN_PHASE_CONTEST";

static REGISTERED: Mutex<Vec<&'static str>> = Mutex::new(Vec::new());

/// Remembers a phase of this binary, before `main`.
#[doc(hidden)]
pub fn register(name: &'static str) {
    REGISTERED
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(name);
}

/// The phases that [`phase!`](crate::phase) registered in this binary.
#[must_use]
pub fn registered() -> Vec<&'static str> {
    let mut names = REGISTERED
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    names.sort_unstable();
    names
}

/// What the test of a phase does that is a function.
///
/// # Errors
/// The phase is not configured, is no function, cannot be measured, or breaks its
/// gate; in the last case the error is the report.
#[doc(hidden)]
pub fn phase_test(
    name: &str,
    package: &str,
    function: impl FnOnce(&mut Sampler) -> Result<(), Failure>,
) -> Result<String, Failure> {
    let asked = Asked::read(name, package)?;
    if asked.phase.run != RunKind::Function {
        return Err(Failure::new(format!(
            "phase `{name}` has a `run` and a function: `shakedown::phase!({name})` runs the former"
        )));
    }
    let mut sampler = Sampler::new(&asked.phase, asked.samples, asked.progress());
    if std::env::var_os(CONTEST).is_some() {
        sampler = sampler.with_any_steps();
    }
    function(&mut sampler)?;
    let mut measurement = sampler.finish()?;
    measurement.build = build().to_owned();
    asked.end(&measurement)
}

/// What the test of a phase does that is a request, a command or a stress run.
///
/// # Errors
/// As [`phase_test`]; the phase is a function.
#[doc(hidden)]
pub fn run_test(name: &str, package: &str) -> Result<String, Failure> {
    let asked = Asked::read(name, package)?;
    if asked.phase.run == RunKind::Function {
        return Err(Failure::new(format!(
            "phase `{name}` has neither a `run` nor a function: `shakedown::phase!({name} = function)`"
        )));
    }
    let progress = asked.progress();
    let measurement = measure(&asked.settings, &asked.phase, asked.samples, progress)?;
    asked.end(&measurement)
}

/// What a test is to measure, by the settings and its environment.
struct Asked {
    settings: Settings,
    phase: Phase,
    samples: u64,
    into: Option<PathBuf>,
}

impl Asked {
    fn read(name: &str, package: &str) -> Result<Self, WorkbookError> {
        let settings = match std::env::var_os(SETTINGS) {
            Some(file) => Settings::read(Path::new(&file))?,
            None => Settings::above(Path::new(package))?,
        };
        let phase = settings.phase(name)?.clone();
        Ok(Self {
            samples: whole(SAMPLES)?.unwrap_or(phase.quick_samples),
            into: std::env::var_os(INTO).map(PathBuf::from),
            settings,
            phase,
        })
    }

    fn progress(&self) -> Option<PathBuf> {
        self.into.as_ref().map(|into| into.join("progress"))
    }

    /// Leaves the measurement to who asked for it, or judges it.
    fn end(&self, measurement: &Measurement) -> Result<String, Failure> {
        let report = report(measurement);
        if let Some(into) = &self.into {
            write(into, &measurement.phase, measurement)?;
        } else if judge(measurement).fails() {
            return Err(Failure::new(report));
        }
        Ok(report)
    }
}

/// How the code was built that runs in this process.
pub(super) fn build() -> &'static str {
    if cfg!(debug_assertions) {
        "dev"
    } else {
        "release"
    }
}

fn report(of: &Measurement) -> String {
    let mut text = results(std::slice::from_ref(of), &[]);
    let steps = steps(of);
    if !steps.is_empty() {
        let _ = write!(text, "\n{steps}");
    }
    let _ = write!(
        text,
        "\n{}{}: {}",
        bars(of),
        of.phase,
        judge(of).sentence(of)
    );
    text
}

/// What the variable `variable` holds, a whole number above zero.
pub(super) fn whole(variable: &'static str) -> Result<Option<u64>, WorkbookError> {
    let Ok(value) = std::env::var(variable) else {
        return Ok(None);
    };
    match value.parse() {
        Ok(number) if number > 0 => Ok(Some(number)),
        _ => Err(WorkbookError::Variable { variable, value }),
    }
}

/// Leaves what was measured of `name` for who asked for it.
pub(super) fn write(
    into: &Path,
    name: &str,
    measured: &impl serde::Serialize,
) -> Result<(), WorkbookError> {
    let path = into.join(format!("{name}.json"));
    let failed = |source| WorkbookError::Write {
        path: path.clone(),
        source,
    };
    let json = serde_json::to_vec(measured).map_err(|error| failed(error.into()))?;
    whole_file::replace(&path, json).map_err(failed)
}
