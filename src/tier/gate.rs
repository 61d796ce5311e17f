//! `tier!`: files a test binary under a tier, and keeps plain `cargo test` from
//! running it unasked.

use super::{TIERS, Tier};
use crate::startup::{self, Invocation};
use std::io::Write as _;

/// Declares that this test binary belongs to a tier. The first line of
/// `tests/<tier>/main.rs`.
///
/// An unknown tier does not compile, nor does one in a binary of another name.
/// Plain `cargo test` says that the tier is not selected and runs nothing; see
/// [the module](mod@crate::tier).
///
/// # Example
///
/// ```text
/// //! Load tests: `tests/stress/main.rs`.
/// shakedown::tier!(stress);
/// ```
#[macro_export]
macro_rules! tier {
    (fuzz) => { $crate::__tier!("fuzz", Fuzz); };
    (live) => { $crate::__tier!("live", Live); };
    (live_docker) => { $crate::__tier!("live_docker", LiveDocker); };
    (stress) => { $crate::__tier!("stress", Stress); };
    (bench) => { $crate::__tier!("bench", Bench); };
    (docker) => { $crate::__tier!("docker", Docker); };
    ($($other:tt)*) => {
        ::core::compile_error!(::core::concat!(
            "unknown tier `", ::core::stringify!($($other)*),
            "`; the tiers are fuzz, live, live_docker, stress, bench, docker"
        ));
    };
}

/// The part of `tier!` that knows the tier.
#[doc(hidden)]
#[macro_export]
macro_rules! __tier {
    ($name:literal, $tier:ident) => {
        const _: () = assert!(
            $crate::tier::same_text($name, $crate::tier::Tier::$tier.name()),
            "`tier!` and the table of tiers disagree"
        );
        const _: () = assert!(
            $crate::tier::same_text(env!("CARGO_CRATE_NAME"), $name),
            concat!(
                "mis-filed tier: `tier!(",
                $name,
                ")` belongs into tests/",
                $name,
                "/main.rs, the test binary `",
                $name,
                "`"
            )
        );
        $crate::__on_start!(gate, $crate::tier::gate($crate::tier::Tier::$tier));
    };
}

/// Equality of two texts at compile time.
#[must_use]
pub const fn same_text(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut index = 0;
    while index < a.len() {
        if a[index] != b[index] {
            return false;
        }
        index += 1;
    }
    true
}

/// The hook: ends the process before `main` unless the tier is selected.
pub fn gate(tier: Tier) {
    let selected = match selected() {
        Ok(selected) => selected,
        Err(message) => startup::refuse(&message, startup::USAGE),
    };
    if !lets_run(tier, &Invocation::current(), &selected) {
        // A closed stdout takes nothing away: nothing runs either way.
        let _ = std::io::stdout().write_all(not_selected(tier).as_bytes());
        startup::leave(0);
    }
}

fn lets_run(tier: Tier, invocation: &Invocation, selected: &[Tier]) -> bool {
    invocation.under_nextest()
        || invocation.lists()
        || invocation.names_a_test()
        || invocation.asks_for_help()
        || selected.contains(&tier)
}

fn not_selected(tier: Tier) -> String {
    format!(
        "\ntier `{tier}` not selected; {}\n\
         (or SHAKEDOWN_TIERS={tier} cargo test --test {tier})\n\n",
        tier.command()
    )
}

/// The tiers that `SHAKEDOWN_TIERS` selects.
fn selected() -> Result<Vec<Tier>, String> {
    match std::env::var_os("SHAKEDOWN_TIERS") {
        Some(text) => parse(&text.to_string_lossy()),
        None => Ok(Vec::new()),
    }
}

fn parse(text: &str) -> Result<Vec<Tier>, String> {
    let mut selected = Vec::new();
    for name in text
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
    {
        match Tier::from_name(name) {
            Some(tier) => selected.push(tier),
            None if name == "all" => selected.extend(TIERS),
            None => {
                let known: Vec<_> = TIERS.iter().map(|tier| tier.name()).collect();
                return Err(format!(
                    "error: unknown tier `{name}` in SHAKEDOWN_TIERS\n\
                     help: the tiers are {}; `all` selects every one",
                    known.join(", ")
                ));
            }
        }
    }
    Ok(selected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(arguments: &[&str], nextest: bool, selected: &[Tier], runs: bool) {
        let invocation = Invocation::of(arguments, nextest);
        assert_eq!(
            lets_run(Tier::Stress, &invocation, selected),
            runs,
            "{invocation:?}, {selected:?}"
        );
    }

    #[test]
    fn plain_cargo_test_runs_a_tier_only_when_selected() {
        check(&[], false, &[], false);
        check(&["holds_the_baseline"], false, &[], false);
        check(&[], false, &[Tier::Live], false);
        check(&[], false, &[Tier::Stress], true);
    }

    #[test]
    fn nextest_listings_and_run_buttons_pass_the_gate() {
        check(&[], true, &[], true);
        check(&["--list"], false, &[], true);
        check(&["a::b", "--exact"], false, &[], true);
        check(&["--help"], false, &[], true);
    }

    #[test]
    fn the_selection_is_a_list_or_all() {
        assert_eq!(
            parse("stress, live_docker").unwrap(),
            [Tier::Stress, Tier::LiveDocker]
        );
        assert_eq!(parse("all").unwrap(), TIERS);
        assert_eq!(parse("").unwrap(), []);
    }

    #[test]
    fn an_unknown_tier_in_the_selection_is_an_error_that_names_it() {
        assert_eq!(
            parse("stress,strees").unwrap_err(),
            "error: unknown tier `strees` in SHAKEDOWN_TIERS\n\
             help: the tiers are fuzz, live, live_docker, stress, bench, docker; \
             `all` selects every one"
        );
    }
}
