//! `requires!`: what the tests of a binary need before any of them can run.
//!
//! libtest has no way to skip a test at run time, but nextest asks each binary
//! twice for its tests: for all, and, with `--ignored`, for the ignored ones.
//! Where a requirement is unmet, the second question is answered with all of
//! them: the binary starts itself again without `--ignored`.

use super::{Tier, announcement};
use crate::startup::{self, Invocation};
use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Declares what the tests of this binary need. Called once per requirement, at
/// the top of the binary's `main.rs`; the name is free, the check a function
/// without arguments whose error says what is missing.
///
/// With `, in module`, only the tests of that module of the binary need it:
/// `requires!(raw_sockets, check, in sniffer);`.
///
/// With `, opt_in` behind that, the tests are wanted only where `name` itself
/// is asked for: the profile of their tier does not ask for them, so that there
/// they are skipped aloud. For tests that take hours, or a variable to size them.
///
/// Unmet, the tests are skipped aloud, or fail if they were asked for by name;
/// see [the module](mod@crate::tier). The check runs before `main` in each
/// test process, so it should be quick and must not hang. Its answer should not
/// change during a run: a test that was listed because the requirement was met
/// fails when it no longer is. What comes and goes, such as the load of the
/// machine, a test waits for itself ([`Poll`](crate::fixtures::poll::Poll)).
///
/// # Example
///
/// ```standalone_crate
/// fn has_a_path() -> Result<(), String> {
///     match std::env::var_os("PATH") {
///         Some(_) => Ok(()),
///         None => Err("`PATH` is not set".into()),
///     }
/// }
/// shakedown::requires!(path, has_a_path);
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! requires {
    ($name:ident, $check:expr $(,)?) => {
        $crate::requires!(@ $name, $check, "", true);
    };
    ($name:ident, $check:expr, in $module:ident, opt_in $(,)?) => {
        $crate::requires!(@ $name, $check, ::core::concat!(::core::stringify!($module), "::"), false);
    };
    ($name:ident, $check:expr, in $module:ident $(,)?) => {
        $crate::requires!(@ $name, $check, ::core::concat!(::core::stringify!($module), "::"), true);
    };
    (@ $name:ident, $check:expr, $scope:expr, $asks:literal) => {
        $crate::__on_start!(
            requirement,
            $crate::tier::require(
                ::core::stringify!($name),
                $crate::tier::Binary {
                    name: ::core::env!("CARGO_CRATE_NAME"),
                    asks: $asks,
                },
                $scope,
                $check,
            )
        );
    };
}

/// Set on the second start of a listing.
const RELISTING: &str = "SHAKEDOWN_RELISTING";

/// The binary that has a requirement.
#[derive(Clone, Copy, Debug)]
pub struct Binary {
    /// Its crate name.
    pub name: &'static str,
    /// Whether asking for the binary asks for what it requires.
    pub asks: bool,
}

/// The hook: decides what a process does whose requirement is met or not. The
/// tests that need it begin with `scope`.
pub fn require<E: Display>(
    name: &str,
    of: Binary,
    scope: &str,
    check: impl FnOnce() -> Result<(), E>,
) {
    let binary = of.name;
    let invocation = Invocation::current();
    let relisting = std::env::var_os(RELISTING).is_some();
    let elsewhere = invocation
        .named_test()
        .is_some_and(|test| !test.starts_with(scope));
    let skipped = !scope.is_empty() && invocation.skips(scope);
    if relisting || elsewhere || skipped || invocation.asks_for_help() || !matters(&invocation) {
        return;
    }
    let unmet = reason(check);
    if invocation.lists() {
        announcement::record(name, unmet.as_deref());
    }
    let asked = if of.asks { binary } else { name };
    let named = how_asked_for(name, asked, &invocation, |variable| {
        std::env::var(variable).ok()
    });
    match (decide(&invocation, unmet.is_some(), named.is_some()), unmet) {
        (Step::ListAsIgnored, Some(reason)) => {
            let profile = std::env::var("NEXTEST_PROFILE").unwrap_or_default();
            if !of_another_tier(binary, &profile) {
                announcement::skipped(name, binary, &reason);
            }
            let everything = invocation.replacing("--ignored", None);
            if scope.is_empty() {
                startup::relaunch(&everything, Some(RELISTING));
            }
            list_as_ignored(scope, &everything);
        }
        (Step::SkipAll, Some(reason)) if scope.is_empty() => {
            announcement::skip_all(name, &reason);
        }
        (Step::SkipAll, Some(reason)) => {
            announcement::skip_module(name, scope, &reason);
            let others = invocation.skipping(scope);
            startup::relaunch(&others, None);
        }
        (Step::Fail, Some(reason)) => {
            let as_ignored = invocation.only_ignored();
            let message = announcement::failure(name, &reason, named.as_deref(), as_ignored);
            startup::refuse(&message, startup::FAILED);
        }
        (Step::RunIgnoredToo, _) => {
            let arguments = invocation.replacing("--ignored", Some("--include-ignored"));
            startup::relaunch(&arguments, None);
        }
        (_, None) if invocation.lists() => announcement::not_skipped(name, binary),
        _ => {}
    }
}

/// Lists the tests of `scope` in the answer to the question for ignored tests;
/// libtest adds those that are ignored anyway.
fn list_as_ignored(scope: &str, everything: &[std::ffi::OsString]) {
    match startup::output_of_self(everything, RELISTING) {
        Ok(listing) => {
            let lines: String = listing
                .lines()
                .filter(|line| line.starts_with(scope))
                .map(|line| format!("{line}\n"))
                .collect();
            announcement::answer(&lines);
        }
        Err(error) => startup::refuse(&format!("cannot list the tests: {error}"), startup::FAILED),
    }
}

/// Whether this process does anything with the answer: nextest's first listing
/// does not.
fn matters(invocation: &Invocation) -> bool {
    let recorded = std::env::var_os(announcement::RECORD).is_some();
    !invocation.lists()
        || (invocation.under_nextest() && invocation.only_ignored())
        || (!invocation.under_nextest() && recorded)
}

/// Whether nextest lists this binary only because another tier's filter makes
/// it look into every binary. Nobody wants its tests, so nobody misses them.
fn of_another_tier(binary: &str, profile: &str) -> bool {
    Tier::from_name(profile).is_some() && profile != binary
}

/// Why the requirement is not met.
fn reason<E: Display>(check: impl FnOnce() -> Result<(), E>) -> Option<String> {
    match catch_unwind(AssertUnwindSafe(check)) {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(error.to_string().replace(['\n', '\t'], " ")),
        Err(_) => Some("its check panicked".into()),
    }
}

/// What a process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// What it was started for.
    Go,
    /// List all tests as ignored.
    ListAsIgnored,
    /// Run nothing, and say why.
    SkipAll,
    /// Fail, and say why.
    Fail,
    /// Run the named test whether or not it has `#[ignore]`. nextest passes
    /// `--ignored` for tests that were listed so; libtest would then run
    /// nothing, exit with 0, and the test would count as passed.
    RunIgnoredToo,
}

fn decide(invocation: &Invocation, unmet: bool, named: bool) -> Step {
    let nextest = invocation.under_nextest();
    if invocation.lists() {
        let skip = nextest && invocation.only_ignored() && unmet && !named;
        return if skip { Step::ListAsIgnored } else { Step::Go };
    }
    match (unmet, nextest) {
        // Ignored tests were asked for, or the requirement went away since the
        // tests were listed.
        (true, true) => Step::Fail,
        (true, false) if named => Step::Fail,
        (true, false) => Step::SkipAll,
        (false, true) if invocation.only_ignored() => Step::RunIgnoredToo,
        (false, _) => Step::Go,
    }
}

/// Whether the tier `name` was asked for by name; see
/// [the module](mod@crate::tier). For checks of
/// [`requires!`](crate::requires!) that demand a consent unless it was.
///
/// # Example
///
/// ```
/// fn wanted() -> Result<(), String> {
///     let consent = std::env::var_os("APP_LIVE_DOCKER").is_some_and(|value| value == "1");
///     if consent || shakedown::tier::asked_for("live_docker") {
///         return Ok(());
///     }
///     Err("set APP_LIVE_DOCKER=1, or run `cargo nextest run --profile live_docker`".into())
/// }
/// # let _ = wanted();
/// ```
#[must_use]
pub fn asked_for(name: &str) -> bool {
    let variable = |variable: &str| std::env::var(variable).ok();
    how_asked_for(name, name, &Invocation::current(), variable).is_some()
}

/// How the requirement, or the binary that has it, was asked for by name.
fn how_asked_for(
    name: &str,
    binary: &str,
    invocation: &Invocation,
    variable: impl Fn(&str) -> Option<String>,
) -> Option<String> {
    let is_it = |text: &str| text == name || text == binary;
    if invocation.under_nextest()
        && let Some(profile) = variable("NEXTEST_PROFILE")
        && is_it(&profile)
    {
        return Some(format!("--profile {profile}"));
    }
    for (list, all) in [("SHAKEDOWN_REQUIRE", true), ("SHAKEDOWN_TIERS", false)] {
        let value = variable(list).unwrap_or_default();
        let mut entries = value.split(',').map(str::trim);
        if entries.any(|entry| is_it(entry) || (all && entry == "all")) {
            return Some(format!("{list}={value}"));
        }
    }
    let button = !invocation.under_nextest() && invocation.names_a_test();
    button.then(|| "--exact".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND_LISTING: &[&str] = &["--list", "--format", "terse", "--ignored"];
    const RUN: &[&str] = &["--exact", "a::b", "--nocapture"];
    const RUN_IGNORED: &[&str] = &["--exact", "a::b", "--nocapture", "--ignored"];

    #[track_caller]
    fn check(arguments: &[&str], nextest: bool, unmet: bool, named: bool, step: Step) {
        let invocation = Invocation::of(arguments, nextest);
        assert_eq!(
            decide(&invocation, unmet, named),
            step,
            "{invocation:?}, unmet {unmet}, named {named}"
        );
    }

    #[test]
    fn nextest_hears_that_all_tests_are_ignored_unless_named() {
        check(SECOND_LISTING, true, true, false, Step::ListAsIgnored);
        check(SECOND_LISTING, true, true, true, Step::Go);
        check(SECOND_LISTING, true, false, false, Step::Go);
        check(&["--list"], true, true, false, Step::Go);
    }

    #[test]
    fn a_test_never_runs_without_what_it_requires() {
        check(RUN, true, true, true, Step::Fail);
        check(RUN, true, true, false, Step::Fail);
        check(RUN_IGNORED, true, true, false, Step::Fail);
        check(RUN, false, true, true, Step::Fail);
        check(&[], false, true, false, Step::SkipAll);
    }

    #[test]
    fn nextest_never_runs_zero_tests_and_passes() {
        check(RUN_IGNORED, true, false, false, Step::RunIgnoredToo);
        check(RUN, true, false, false, Step::Go);
    }

    #[test]
    fn a_skip_is_said_aloud_only_where_the_tests_were_wanted() {
        assert!(of_another_tier("docker", "stress"));
        assert!(!of_another_tier("docker", "docker"));
        assert!(!of_another_tier("docker", "all"));
        assert!(!of_another_tier("docker", "ci"));
    }

    #[track_caller]
    fn names(variables: &[(&str, &str)], arguments: &[&str], nextest: bool, how: Option<&str>) {
        let invocation = Invocation::of(arguments, nextest);
        let found = how_asked_for("docker", "live_docker", &invocation, |name| {
            let pair = variables.iter().find(|(key, _)| *key == name);
            pair.map(|(_, value)| (*value).to_owned())
        });
        assert_eq!(found.as_deref(), how, "{variables:?} {invocation:?}");
    }

    /// As `opt_in` asks: the binary counts for nothing.
    #[test]
    fn the_profile_of_a_tier_does_not_ask_for_what_is_opt_in() {
        for (variable, value, asked) in [
            ("NEXTEST_PROFILE", "stress", false),
            ("SHAKEDOWN_TIERS", "stress", false),
            ("SHAKEDOWN_REQUIRE", "stress", false),
            ("SHAKEDOWN_REQUIRE", "soak", true),
            ("SHAKEDOWN_REQUIRE", "all", true),
        ] {
            let invocation = Invocation::of(RUN, true);
            let found = how_asked_for("soak", "soak", &invocation, |name| {
                (name == variable).then(|| value.to_owned())
            });
            assert_eq!(found.is_some(), asked, "{variable}={value}");
        }
    }

    #[test]
    fn asked_for_by_profile_variable_or_run_button() {
        names(&[("NEXTEST_PROFILE", "all")], RUN, true, None);
        names(
            &[("NEXTEST_PROFILE", "docker")],
            RUN,
            true,
            Some("--profile docker"),
        );
        names(
            &[("NEXTEST_PROFILE", "live_docker")],
            RUN,
            true,
            Some("--profile live_docker"),
        );
        names(
            &[("SHAKEDOWN_REQUIRE", "mysql, docker")],
            RUN,
            true,
            Some("SHAKEDOWN_REQUIRE=mysql, docker"),
        );
        names(
            &[("SHAKEDOWN_REQUIRE", "all")],
            RUN,
            true,
            Some("SHAKEDOWN_REQUIRE=all"),
        );
        names(&[("SHAKEDOWN_TIERS", "all")], &[], false, None);
        names(
            &[("SHAKEDOWN_TIERS", "docker")],
            &[],
            false,
            Some("SHAKEDOWN_TIERS=docker"),
        );
        names(&[], RUN, true, None);
        names(&[], RUN, false, Some("--exact"));
    }
}
