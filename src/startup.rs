//! Functions that run before `main`, and what they can know about the run.
//!
//! [`__on_start!`](crate::__on_start) puts a pointer into the section that the
//! C runtime walks before it calls `main`: `.init_array` (Linux, BSD),
//! `__DATA,__mod_init_func` (Apple), `.CRT$XC?` (Windows). The macro expands
//! in the test binary itself, so the linker cannot drop it, which it does with
//! a hook in a library that nobody names.
//!
//! Hooks run in stages: `keeper` (`session!`, while there is one thread),
//! `environment` (`conftest!`), `worker` (`session!`), `gate` (`tier!`),
//! `requirement` (`requires!`). Linux and Windows order the sections by name;
//! Apple's linker keeps link order, so there no stage may rely on the one
//! before it, and none does for more than speed.
//!
//! No hook may panic: there is nobody to unwind to. A hook that cannot go on
//! writes why to stderr and ends the process with `refuse`.

use std::ffi::OsString;
use std::io::Write as _;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

/// Runs an expression before `main`, in one of the stages `keeper`,
/// `environment`, `worker`, `gate` and `requirement`.
#[doc(hidden)]
#[macro_export]
macro_rules! __on_start {
    (keeper, $call:expr) => {
        $crate::__on_start!(@ ".init_array.00150", ".CRT$XCT", $call);
    };
    (environment, $call:expr) => {
        $crate::__on_start!(@ ".init_array.00200", ".CRT$XCU", $call);
    };
    (worker, $call:expr) => {
        $crate::__on_start!(@ ".init_array.00250", ".CRT$XCUA", $call);
    };
    (gate, $call:expr) => {
        $crate::__on_start!(@ ".init_array.00300", ".CRT$XCV", $call);
    };
    (requirement, $call:expr) => {
        $crate::__on_start!(@ ".init_array.00400", ".CRT$XCW", $call);
    };
    (@ $elf:literal, $coff:literal, $call:expr) => {
        const _: () = {
            extern "C" fn on_start() {
                $call;
            }
            #[used]
            #[cfg_attr(
                not(any(windows, target_vendor = "apple")),
                unsafe(link_section = $elf)
            )]
            #[cfg_attr(
                target_vendor = "apple",
                unsafe(link_section = "__DATA,__mod_init_func")
            )]
            #[cfg_attr(windows, unsafe(link_section = $coff))]
            static ON_START: extern "C" fn() = on_start;
        };
    };
}

static INSTALLED: AtomicBool = AtomicBool::new(false);

/// Whether `conftest!` ran in this process.
#[must_use]
pub fn installed() -> bool {
    INSTALLED.load(Ordering::Acquire)
}

/// Records that `conftest!` ran. `false` if it had run before.
pub(crate) fn mark_installed() -> bool {
    !INSTALLED.swap(true, Ordering::AcqRel)
}

/// What the test process was started for, read from its arguments and from the
/// variables that nextest sets.
#[derive(Clone, Debug)]
pub(crate) struct Invocation {
    arguments: Vec<OsString>,
    nextest: bool,
}

impl Invocation {
    pub(crate) fn current() -> Self {
        Self {
            arguments: arguments(),
            nextest: std::env::var_os("NEXTEST").is_some(),
        }
    }

    /// Whether a nextest started this process.
    pub(crate) fn under_nextest(&self) -> bool {
        self.nextest
    }

    /// Whether the tests are only to be listed.
    pub(crate) fn lists(&self) -> bool {
        self.has("--list")
    }

    /// Whether one test was named in full, as nextest and run buttons do.
    pub(crate) fn names_a_test(&self) -> bool {
        self.has("--exact")
    }

    /// The test that was named in full, where one was: what follows `--exact`,
    /// or stands before it.
    pub(crate) fn named_test(&self) -> Option<String> {
        if !self.names_a_test() {
            return None;
        }
        let named = self
            .arguments
            .iter()
            .map(|argument| argument.to_string_lossy());
        let mut names = named.filter(|argument| !argument.starts_with('-'));
        names.next().map(std::borrow::Cow::into_owned)
    }

    /// Whether [`skipping`](Self::skipping) has been done.
    pub(crate) fn skips(&self, scope: &str) -> bool {
        let mut pairs = self.arguments.windows(2);
        pairs.any(|pair| pair[0] == "--skip" && pair[1] == scope)
    }

    /// The arguments, with the tests whose names contain `scope` left out.
    pub(crate) fn skipping(&self, scope: &str) -> Vec<OsString> {
        let mut arguments = self.arguments.clone();
        arguments.extend(["--skip".into(), scope.into()]);
        arguments
    }

    /// Whether libtest will only explain itself.
    pub(crate) fn asks_for_help(&self) -> bool {
        self.has("--help") || self.has("-h")
    }

    /// Whether libtest was told to take only `#[ignore]`d tests.
    pub(crate) fn only_ignored(&self) -> bool {
        self.has("--ignored")
    }

    fn has(&self, flag: &str) -> bool {
        self.arguments.iter().any(|argument| argument == flag)
    }

    /// The arguments without `flag`, or with `replacement` in its place.
    pub(crate) fn replacing(&self, flag: &str, replacement: Option<&str>) -> Vec<OsString> {
        let replaced = |argument: &OsString| {
            if argument == flag {
                replacement.map(OsString::from)
            } else {
                Some(argument.clone())
            }
        };
        self.arguments.iter().filter_map(replaced).collect()
    }

    #[cfg(test)]
    pub(crate) fn of(arguments: &[&str], nextest: bool) -> Self {
        Self {
            arguments: arguments.iter().map(OsString::from).collect(),
            nextest,
        }
    }
}

/// The arguments of this process, without its name. musl hands none to
/// functions that run before `main`, so there the kernel is asked.
fn arguments() -> Vec<OsString> {
    let mut own = std::env::args_os();
    if own.next().is_some() {
        return own.collect();
    }
    let Ok(raw) = std::fs::read("/proc/self/cmdline") else {
        return Vec::new();
    };
    raw.split(|byte| *byte == 0)
        .skip(1)
        .filter(|argument| !argument.is_empty())
        .map(|argument| String::from_utf8_lossy(argument).into_owned().into())
        .collect()
}

/// The exit code of a test process that cannot run as it was asked to: bad
/// usage, as in the subcommand.
pub(crate) const USAGE: i32 = 2;

/// The exit code libtest itself uses for failed tests.
pub(crate) const FAILED: i32 = 101;

/// Ends the process before `main` with a message on stderr.
pub(crate) fn refuse(message: &str, code: i32) -> ! {
    // Nothing can be done about a closed stderr; the exit code still tells.
    let _ = std::io::stderr().write_all(format!("{message}\n").as_bytes());
    leave(code)
}

/// Ends the process before `main`.
#[expect(
    clippy::disallowed_methods,
    reason = "a start-up hook has no caller to return an exit code to"
)]
pub(crate) fn leave(code: i32) -> ! {
    std::process::exit(code)
}

/// Starts this binary again with other arguments, in this process where the
/// system can do that, otherwise as a child whose exit code is passed on.
/// `marker` is a variable that tells the second start from the first.
pub(crate) fn relaunch(arguments: &[OsString], marker: Option<&str>) -> ! {
    let program = match std::env::current_exe() {
        Ok(program) => program,
        Err(error) => refuse(
            &format!("error: cannot find the test binary to start it again: {error}"),
            FAILED,
        ),
    };
    let mut command = Command::new(program);
    command.args(arguments).envs(marker.map(|name| (name, "1")));
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt as _;
        let error = command.exec();
        refuse(
            &format!("error: cannot start the test binary again: {error}"),
            FAILED,
        )
    }
    #[cfg(not(unix))]
    match command.status() {
        Ok(status) => leave(status.code().unwrap_or(FAILED)),
        Err(error) => refuse(
            &format!("error: cannot start the test binary again: {error}"),
            FAILED,
        ),
    }
}

/// What this binary prints when it is started with other arguments.
pub(crate) fn output_of_self(arguments: &[OsString], marker: &str) -> std::io::Result<String> {
    let output = Command::new(std::env::current_exe()?)
        .args(arguments)
        .env(marker, "1")
        .output()?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(std::io::Error::other(errors));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_named_test_is_known_wherever_it_stands() {
        let named = |arguments| Invocation::of(arguments, true).named_test();
        assert_eq!(
            named(&["--exact", "a::b", "--nocapture"]).as_deref(),
            Some("a::b")
        );
        assert_eq!(named(&["a::b", "--exact"]).as_deref(), Some("a::b"));
        assert_eq!(named(&["a::b"]), None);
    }

    #[test]
    fn a_module_is_skipped_once() {
        let all = Invocation::of(&["--nocapture"], false);
        assert!(!all.skips("sniffer::"));
        assert_eq!(
            all.skipping("sniffer::"),
            ["--nocapture", "--skip", "sniffer::"]
        );
        assert!(Invocation::of(&["--skip", "sniffer::"], false).skips("sniffer::"));
    }

    #[test]
    fn a_listing_is_told_from_a_run() {
        assert!(Invocation::of(&["--list", "--format", "terse"], true).lists());
        assert!(!Invocation::of(&["--exact", "a::b", "--nocapture"], true).lists());
        assert!(Invocation::of(&["a::b", "--exact"], false).names_a_test());
    }

    #[test]
    fn an_argument_is_dropped_or_replaced_in_place() {
        let listing = Invocation::of(&["--list", "--ignored", "x"], true);
        assert_eq!(listing.replacing("--ignored", None), ["--list", "x"]);
        assert_eq!(
            listing.replacing("--ignored", Some("--include-ignored")),
            ["--list", "--include-ignored", "x"]
        );
    }
}
