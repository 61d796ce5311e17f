//! What a rule found, and where.

use serde::{Deserialize, Serialize};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Not looked for.
    Off,
    /// Worth knowing; shown with `--notes`, never fails.
    Note,
    /// Shown, never fails.
    Warning,
    /// Shown, and inspection fails.
    Error,
}

impl Severity {
    /// `error`, `warning`, `note` or `off`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// A stretch of a file, with what to say about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The file, relative to the workspace, with `/`.
    pub file: String,
    /// The line it starts in, from 1.
    pub line: usize,
    /// The column it starts at, in characters, from 1.
    pub column: usize,
    /// The byte offset it starts at.
    pub start: usize,
    /// The byte offset it ends at.
    pub end: usize,
    /// What to say beside it; empty for nothing.
    pub label: String,
}

/// A replacement that `--fix` makes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fix {
    /// The file, relative to the workspace.
    pub file: String,
    /// The byte offset where the replaced text starts.
    pub start: usize,
    /// The byte offset where it ends.
    pub end: usize,
    /// What to put there.
    pub replacement: String,
}

/// One violation of one rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// The rule's name.
    pub rule: String,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in one line.
    pub message: String,
    /// The path of the item around it: stable while lines move.
    pub item: String,
    /// What was found there: a path, an attribute, a key.
    pub subject: String,
    /// Where.
    pub place: Place,
    /// Places that explain it: the calls on the way, the other definition.
    pub related: Vec<Place>,
    /// Why it is wrong, and what is uncertain about it.
    pub notes: Vec<String>,
    /// What to do instead.
    pub help: Vec<String>,
    /// A mechanical fix.
    pub fix: Option<Fix>,
}

impl Finding {
    /// What makes two findings the same across edits: rule, item and subject,
    /// but no line.
    pub(crate) fn identity(&self) -> (&str, &str, &str) {
        (&self.rule, &self.item, &self.subject)
    }

    pub(crate) fn noting(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    pub(crate) fn helping(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    pub(crate) fn labelled(mut self, label: impl Into<String>) -> Self {
        self.place.label = label.into();
        self
    }

    pub(crate) fn relating(mut self, places: impl IntoIterator<Item = Place>) -> Self {
        self.related.extend(places);
        self
    }

    pub(crate) fn fixed_by(mut self, fix: Option<Fix>) -> Self {
        self.fix = fix;
        self
    }

    pub(crate) fn downgraded(mut self, to: Severity) -> Self {
        self.severity = self.severity.min(to);
        self
    }
}
