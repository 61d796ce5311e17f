//! The forms that a report can take.

use super::{github, human, json, sarif};
use crate::inspect::run::Report;
use crate::inspect::{Finding, Source};

/// Where a rule's documentation stands.
pub(super) const DOCUMENTATION: &str = "cargo shakedown inspect --explain";

impl Report {
    /// As rustc shows its diagnostics: excerpts, notes, help; then a summary.
    /// Notes are left out, but counted.
    #[must_use]
    pub fn human(&self, source: &Source) -> String {
        human::render(self, source, &human::Style::default())
    }

    /// As [`Report::human`], with ANSI colours if `colour`, and with notes if `notes`.
    #[must_use]
    pub fn human_with(&self, source: &Source, colour: bool, notes: bool) -> String {
        human::render(self, source, &human::Style { colour, notes })
    }

    /// One JSON document: `findings`, `excepted`, `frozen`, `files`, `lines`.
    #[must_use]
    pub fn json(&self) -> String {
        json::render(self)
    }

    /// SARIF 2.1.0, as code hosts take it.
    #[must_use]
    pub fn sarif(&self) -> String {
        sarif::render(self)
    }

    /// Workflow commands of GitHub Actions, one line per finding.
    #[must_use]
    pub fn github(&self) -> String {
        github::render(self)
    }
}

/// One finding, without colour, as [`Report::human`] shows it.
pub(in crate::inspect) fn excerpt(finding: &Finding, source: &Source) -> String {
    human::one(finding, source, false, false)
}
