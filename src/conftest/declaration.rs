//! The macro `conftest!` and the hook it registers.

use super::{environment, listing};
use crate::startup::{self, Invocation};

/// Pins and scrubs the environment of a test binary before `main`, and keeps
/// its tests from hanging silently. See [the module](mod@crate::conftest).
///
/// # Example
///
/// ```standalone_crate
/// shakedown::conftest! {
///     env: { "SERVICE_DB": "sqlite" },
///     scrub: ["SERVICE_*"],
/// }
/// # assert_eq!(std::env::var("SERVICE_DB").as_deref(), Ok("sqlite"));
/// ```
#[macro_export]
macro_rules! conftest {
    (
        $(env: { $($key:literal : $value:literal),* $(,)? } $(,)?)?
        $(scrub: [ $($pattern:literal),* $(,)? ] $(,)?)?
        $(list_timeout: $seconds:literal $(,)?)?
    ) => {
        $($(const _: () = assert!(
            $crate::conftest::pin_is_valid($key, $value),
            concat!("conftest: `", $key, "` cannot be the name of an environment variable"),
        );)*)?
        $($(const _: () = assert!(
            $crate::conftest::pattern_is_valid($pattern),
            concat!(
                "conftest: scrub pattern `", $pattern,
                "` is not a name or a prefix followed by one `*`",
            ),
        );)*)?
        $crate::__on_start!(environment, $crate::conftest::install(
            &$crate::conftest::Conftest {
                pins: &[$($(($key, $value)),*)?],
                scrub: &[$($($pattern),*)?],
                list_timeout: [$($seconds,)? 60][0],
                file: file!(),
                line: line!(),
            },
        ));
    };
}

/// What `conftest!` was given.
#[derive(Debug)]
pub struct Conftest {
    /// Variables and the values they get.
    pub pins: &'static [(&'static str, &'static str)],
    /// Names and prefixes of variables to remove.
    pub scrub: &'static [&'static str],
    /// Seconds a listing may take.
    pub list_timeout: u32,
    /// Where the macro stands.
    pub file: &'static str,
    /// Where the macro stands.
    pub line: u32,
}

/// The hook. Called before `main`, while the process has one thread.
pub fn install(conftest: &Conftest) {
    if !startup::mark_installed() {
        startup::refuse(
            &format!(
                "error: a second `conftest!` in this test binary, at {}:{}\n\
                 help: keep one per binary",
                conftest.file, conftest.line
            ),
            startup::USAGE,
        );
    }
    environment::apply(conftest.pins, conftest.scrub);
    if Invocation::current().lists() {
        listing::limit(conftest.list_timeout);
    } else {
        #[cfg(unix)]
        super::stacks::print_on_termination();
    }
}
