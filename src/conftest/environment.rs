//! Which variables a test process keeps, loses and gets.

use std::ffi::{OsStr, OsString};
use std::sync::OnceLock;

/// Variables that configure the run itself; a pattern reaches them only by
/// spelling the prefix out.
const OF_THE_RUN: [&str; 3] = ["NEXTEST", "CARGO", "SHAKEDOWN"];

/// What was removed or pinned, with the value it had.
static CHANGED: OnceLock<Vec<(OsString, Option<OsString>)>> = OnceLock::new();

/// The value that the shell exported for `name`, whatever
/// [`conftest!`](crate::conftest!) scrubbed or pinned since.
///
/// For what decides whether tests run at all, such as a check of
/// [`requires!`](crate::requires!). A test that reads it would depend on the
/// shell, which is what scrubbing is there to prevent.
#[must_use]
pub fn exported(name: &str) -> Option<OsString> {
    let changed = CHANGED.get().map(Vec::as_slice).unwrap_or_default();
    match changed.iter().find(|(changed, _)| changed == name) {
        Some((_, value)) => value.clone(),
        None => std::env::var_os(name),
    }
}

/// Removes what matches `scrub`, then sets `pins`.
///
/// Only for start-up hooks: the process must have one thread.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place that the ban on changing the environment points to"
)]
pub(super) fn apply(pins: &[(&str, &str)], scrub: &[&str]) {
    let before = |(name, _): &(&str, &str)| (OsString::from(name), std::env::var_os(name));
    let mut changed: Vec<_> = pins.iter().map(before).collect();
    for (name, value) in std::env::vars_os() {
        if scrub.iter().any(|pattern| matches(pattern, &name)) {
            changed.push((name.clone(), Some(value)));
            // SAFETY: start-up hooks run before `main`, when no other thread
            // exists that could read the environment.
            unsafe { std::env::remove_var(&name) };
        }
    }
    // Only the first call, of the one `conftest!` of a binary, changes anything.
    let _ = CHANGED.set(changed);
    for (name, value) in pins {
        // SAFETY: as above.
        unsafe { std::env::set_var(name, value) };
    }
}

/// Whether `pattern` removes the variable `name`.
fn matches(pattern: &str, name: &OsStr) -> bool {
    let name = name.as_encoded_bytes();
    let Some(prefix) = pattern.strip_suffix('*') else {
        return same(pattern.as_bytes(), name);
    };
    let begins = |prefix: &str| {
        name.get(..prefix.len())
            .is_some_and(|start| same(start, prefix.as_bytes()))
    };
    let of_the_run = OF_THE_RUN
        .iter()
        .any(|reserved| begins(reserved) && !prefix.starts_with(reserved));
    begins(prefix) && !of_the_run
}

/// Equality of names: Windows does not tell upper from lower case.
fn same(a: &[u8], b: &[u8]) -> bool {
    if cfg!(windows) {
        a.eq_ignore_ascii_case(b)
    } else {
        a == b
    }
}

/// Whether `pattern` is a name, or a non-empty prefix and one trailing `*`.
#[must_use]
pub const fn pattern_is_valid(pattern: &str) -> bool {
    let bytes = pattern.as_bytes();
    let mut index = 0;
    while index < bytes.len() {
        let trailing = index + 1 == bytes.len() && index > 0;
        if bytes[index] == b'=' || bytes[index] == 0 || (bytes[index] == b'*' && !trailing) {
            return false;
        }
        index += 1;
    }
    !bytes.is_empty()
}

/// Whether the system takes `name` and `value` as an environment variable.
#[must_use]
pub const fn pin_is_valid(name: &str, value: &str) -> bool {
    !name.is_empty() && !contains(name, b'=') && !contains(name, 0) && !contains(value, 0)
}

const fn contains(text: &str, byte: u8) -> bool {
    let bytes = text.as_bytes();
    let mut index = 0;
    while index < bytes.len() {
        if bytes[index] == byte {
            return true;
        }
        index += 1;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, name: &str, removed: bool) {
        assert_eq!(
            matches(pattern, OsStr::new(name)),
            removed,
            "pattern `{pattern}`, variable `{name}`"
        );
    }

    #[test]
    fn a_trailing_star_matches_any_ending() {
        check("DECNET_*", "DECNET_DB_URL", true);
        check("DECNET_*", "DECNET_", true);
        check("DECNET_*", "DECNET", false);
        check("DECNET_*", "MY_DECNET_DB", false);
    }

    #[test]
    fn a_name_matches_only_itself() {
        check("DATABASE_URL", "DATABASE_URL", true);
        check("DATABASE_URL", "DATABASE_URL_RO", false);
    }

    #[test]
    fn variables_of_the_run_are_removed_only_by_their_own_prefix() {
        check("C*", "CARGO_HOME", false);
        check("C*", "COLUMNS", true);
        check("NEXT*", "NEXTEST_RUN_ID", false);
        check("NEXTEST_*", "NEXTEST_RUN_ID", true);
        check("S*", "SHAKEDOWN_TIERS", false);
        check("SHAKEDOWN_TIERS", "SHAKEDOWN_TIERS", true);
    }

    #[test]
    fn patterns_that_would_remove_everything_are_refused() {
        for bad in ["", "*", "*_URL", "A*B", "A**", "A=*"] {
            assert!(!pattern_is_valid(bad), "`{bad}`");
        }
        assert!(pattern_is_valid("A*") && pattern_is_valid("A"));
    }

    #[test]
    fn names_the_system_refuses_are_refused() {
        assert!(pin_is_valid("A", "b=c") && pin_is_valid("A", ""));
        assert!(!pin_is_valid("", "b") && !pin_is_valid("A=B", "c") && !pin_is_valid("A", "\0"));
    }
}
