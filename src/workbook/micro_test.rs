//! `micro!`: Rust functions as micro-benchmarks, and as tests of the bench tier.

use std::path::PathBuf;
use std::time::Duration;

use super::instructions::{Told, Uncounted, per_call};
use super::micro::Aim;
use super::phase_test::{whole, write};
use super::{Bench, INTO, Micro, micros};
use crate::Failure;

/// Registers functions as micro-benchmarks.
///
/// ```text
/// shakedown::micro! {
///     NAME = function,
///     ..
/// }
/// ```
///
/// Each `function` is the path of a `fn(&mut Bench) -> shakedown::Result`. The macro stands
/// once in `tests/bench/main.rs` or in a module of it, and makes a test of each
/// name in a module `micro` there, so that `cargo nextest run --profile bench`
/// runs and prints it. `cargo shakedown bench` runs the same tests, and archives
/// what they measured beside the phases. Where valgrind is on the path, the
/// instructions of a call are counted too.
///
/// # Example
///
/// ```
/// use shakedown::workbook::Bench;
///
/// fn parse_number(bench: &mut Bench) -> shakedown::Result {
///     bench.each(|| "1234567".parse::<u64>());
///     Ok(())
/// }
///
/// shakedown::micro! { parse_number = parse_number }
/// ```
#[macro_export]
macro_rules! micro {
    ($($name:ident = $($function:ident)::+),+ $(,)?) => {
        mod micro {
            $(
                #[test]
                fn $name() -> $crate::Result {
                    let report = $crate::workbook::micro_test(
                        ::core::stringify!($name),
                        ::core::concat!(::core::module_path!(), "::", ::core::stringify!($name)),
                        super::$($function)::+,
                    )?;
                    ::std::println!("{report}");
                    Ok(())
                }
            )+
        }
    };
}

/// The number of calls under valgrind; what it is set in is not timed.
const CALLS: &str = "SHAKEDOWN_MICRO_CALLS";

/// The number of inputs that are prepared there; without it, one for each call.
const INPUTS: &str = "SHAKEDOWN_MICRO_INPUTS";

/// How long a benchmark is timed.
const BUDGET: Duration = Duration::from_secs(1);

/// What calls may take under valgrind, by how long they take without: it is
/// some fifty times slower.
const COUNTED_NS: f64 = 10e6;

/// What a micro-benchmark's test does: times, counts, prints or writes.
///
/// # Errors
/// The function fails, or nothing was timed.
#[doc(hidden)]
pub fn micro_test(
    name: &str,
    path: &str,
    function: impl Fn(&mut Bench) -> Result<(), Failure>,
) -> Result<String, Failure> {
    if let Some(calls) = whole(CALLS)? {
        let inputs = whole(INPUTS)?.unwrap_or(calls);
        function(&mut Bench::new(Aim::Calls { calls, inputs }))?;
        return Ok(String::new());
    }
    let mut bench = Bench::new(Aim::Time(BUDGET));
    function(&mut bench)?;
    let mut micro = bench.finish(name).ok_or_else(|| {
        Failure::new(format!(
            "the micro-benchmark `{name}` timed nothing: call `Bench::each`"
        ))
    })?;
    match count(&micro, path) {
        Ok(instructions) => micro.instructions = Some(instructions),
        Err(why) => micro.uncounted = why.to_string(),
    }
    let report = micros(std::slice::from_ref(&micro));
    if let Some(into) = std::env::var_os(INTO).map(PathBuf::from) {
        write(&into, name, &micro)?;
    }
    Ok(report)
}

/// Counts the instructions of this test's calls, in a process of their own.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a number of calls, clamped"
)]
fn count(micro: &Micro, path: &str) -> Result<u64, Uncounted> {
    let program = std::env::current_exe().map_err(|error| Uncounted::Failed(error.to_string()))?;
    // libtest's names begin below the crate.
    let test = path.split_once("::").map_or(path, |(_, below)| below);
    let calls = (COUNTED_NS / micro.median_ns.max(1.0)).clamp(2.0, 10_000.0) as u64;
    let told = Told {
        calls: CALLS,
        inputs: INPUTS,
    };
    per_call(&program, &["--exact", test], told, calls)
}
