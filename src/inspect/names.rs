//! Rules by name.

use super::Error;
use super::query::near;
use super::rule::Rule;
use super::rules::RULES;

/// The rules that ship, sorted by name.
#[must_use]
pub fn rules() -> &'static [Rule] {
    &RULES
}

/// The shipped rule called `name`.
///
/// # Errors
///
/// There is none; the error suggests names that come close.
pub fn rule_named(name: &str) -> Result<&'static Rule, Error> {
    RULES
        .iter()
        .find(|rule| rule.name == name)
        .ok_or_else(|| Error::NoRule {
            name: name.to_owned(),
            near: near(name, RULES.iter().map(|rule| rule.name)),
        })
}
