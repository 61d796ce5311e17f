//! Rules: what they are, and what they are given.

use super::finding::{Finding, Severity};
use super::settings::Settings;
use super::{Error, Source};

/// A shipped rule.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Rule {
    /// Its name, in kebab case.
    pub name: &'static str,
    /// How bad its findings are unless the settings say otherwise.
    pub severity: Severity,
    /// Markdown: what it finds, why, an example, its settings.
    pub documentation: &'static str,
    pub(crate) check: fn(&Context<'_>) -> Result<Vec<Finding>, Error>,
}

impl Rule {
    /// The first sentence of its documentation.
    #[must_use]
    pub fn summary(&self) -> &'static str {
        let text = self.documentation.split("\n\n").nth(1).unwrap_or_default();
        text.lines().next().unwrap_or_default()
    }
}

/// What a rule looks at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) source: &'a Source,
    pub(crate) settings: &'a Settings,
    /// the git revision that changes are counted from
    pub(crate) base: Option<&'a str>,
}
