//! Exceptions: where a rule does not hold, and why.

use serde::{Deserialize, Deserializer};

/// An item that a rule leaves alone.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub struct Exception {
    /// The path of an item, or of a module with everything in it.
    #[serde(deserialize_with = "filled")]
    pub item: String,
    /// Only for this subject (the path called, the attribute); all if absent.
    #[serde(default)]
    pub subject: Option<String>,
    /// Why.
    #[serde(deserialize_with = "filled")]
    pub reason: String,
}

impl Exception {
    /// Whether it covers a finding.
    pub(crate) fn covers(&self, item: &str, subject: &str) -> bool {
        is_or_is_in(item, &self.item) && self.subject.as_ref().is_none_or(|it| it == subject)
    }
}

/// Whether `path` is `outer` or below it.
pub(crate) fn is_or_is_in(path: &str, outer: &str) -> bool {
    path.strip_prefix(outer)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// A string that says something.
pub(super) fn filled<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.trim().is_empty() {
        return Err(serde::de::Error::custom("must not be empty"));
    }
    Ok(text)
}
