//! `phase!`: a Rust function as a phase, and as a test of the bench tier.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::{Measurement, Sampler, Settings, WorkbookError, bars, judge, results, steps};
use crate::Failure;
use crate::whole_file;

/// Registers a function as the phase of a name, which `.config/shakedown.toml`
/// describes.
///
/// ```text
/// shakedown::phase!(NAME = function);
/// ```
///
/// `function` is a `fn(&mut Sampler) -> shakedown::Result`. The macro stands in
/// `tests/bench/main.rs` or a module of it, and makes a test of the phase's name there, so
/// that `cargo nextest run --profile bench` runs it, with `quick-samples`, and
/// fails where the gate would. `cargo shakedown bench` runs the same test for
/// all samples, and archives what it measured.
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
    ($name:ident = $function:expr) => {
        $crate::__on_start!(gate, $crate::workbook::register(::core::stringify!($name)));

        #[test]
        #[expect(
            non_snake_case,
            reason = "a phase is a test of the name that its table has"
        )]
        fn $name() -> $crate::Result {
            let report = $crate::workbook::phase_test(
                ::core::stringify!($name),
                ::core::env!("CARGO_MANIFEST_DIR"),
                $function,
            )?;
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

/// What a phase's test does.
///
/// # Errors
/// The phase is not configured, cannot be measured, or breaks its gate; in the
/// last case the error is the report.
#[doc(hidden)]
pub fn phase_test(
    name: &str,
    package: &str,
    function: impl FnOnce(&mut Sampler) -> Result<(), Failure>,
) -> Result<String, Failure> {
    let settings = match std::env::var_os(SETTINGS) {
        Some(file) => Settings::read(Path::new(&file))?,
        None => Settings::above(Path::new(package))?,
    };
    let phase = settings.phase(name)?;
    let into = std::env::var_os(INTO).map(PathBuf::from);
    let samples = whole(SAMPLES)?.unwrap_or(phase.quick_samples);
    let progress = into.as_ref().map(|into| into.join("progress"));
    let mut sampler = Sampler::new(phase, samples, progress);
    function(&mut sampler)?;
    let mut measurement = sampler.finish()?;
    measurement.build = build().to_owned();
    if let Some(into) = into {
        write(&into, &measurement.phase, &measurement)?;
        return Ok(report(&measurement));
    }
    let report = report(&measurement);
    if judge(&measurement).fails() {
        return Err(Failure::new(report));
    }
    Ok(report)
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
