//! The baseline: findings of the past, which may only become fewer.
//!
//! ```toml
//! # Findings frozen by `cargo shakedown inspect --freeze`. It may only shrink.
//! [[frozen]]
//! rule = "sleep-in-test"
//! item = "tests::api::slow"
//! subject = "std::thread::sleep"
//! count = 2
//! ```
//! Entries are sorted and carry no lines, so edits elsewhere leave them alone.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use serde::Deserialize;

use super::Error;
use super::finding::{Finding, Severity};
use super::settings::toml_error;
use crate::whole_file;

/// How often a rule's finding about a subject in an item is frozen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline {
    counts: BTreeMap<(String, String, String), usize>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    frozen: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    rule: String,
    item: String,
    subject: String,
    count: usize,
}

impl Baseline {
    /// The baseline in `path`; `None` if there is no such file.
    ///
    /// # Errors
    ///
    /// The file cannot be read or is no baseline: the error names the line.
    pub fn read(path: &Path) -> Result<Option<Self>, Error> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => {
                return Err(Error::Read {
                    path: path.to_owned(),
                    source,
                });
            }
        };
        let file: File = toml::from_str(&text).map_err(|error| toml_error(path, &text, &error))?;
        let mut baseline = Self::default();
        for entry in file.frozen {
            let key = (entry.rule, entry.item, entry.subject);
            *baseline.counts.entry(key).or_default() += entry.count;
        }
        Ok(Some(baseline))
    }

    /// What `findings` would freeze: errors and warnings.
    #[must_use]
    pub fn of(findings: &[Finding]) -> Self {
        let mut baseline = Self::default();
        for finding in findings.iter().filter(|it| it.severity > Severity::Note) {
            *baseline.counts.entry(key(finding)).or_default() += 1;
        }
        baseline
    }

    /// How many findings it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.counts.values().sum()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// The findings of `now` that it does not hold.
    #[must_use]
    pub fn growth(&self, now: &Self) -> usize {
        now.counts
            .iter()
            .map(|(key, count)| count.saturating_sub(self.counts.get(key).copied().unwrap_or(0)))
            .sum()
    }

    /// Without the findings of rules that did not run.
    pub(crate) fn only(mut self, ran: impl Fn(&str) -> bool) -> Self {
        self.counts.retain(|(rule, _, _), _| ran(rule));
        self
    }

    /// Separates new findings from frozen ones: the new, how many were frozen,
    /// and how many entries nothing used.
    pub(crate) fn split(mut self, findings: Vec<Finding>) -> (Vec<Finding>, usize, usize) {
        let mut frozen = 0;
        let mut new = Vec::new();
        for finding in findings {
            match self.counts.get_mut(&key(&finding)) {
                Some(left) if *left > 0 => {
                    *left -= 1;
                    frozen += 1;
                }
                _ => new.push(finding),
            }
        }
        (new, frozen, self.counts.values().sum())
    }

    /// Writes it, sorted, to a temporary file that is renamed to `path`.
    ///
    /// # Errors
    ///
    /// The directory or the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), Error> {
        whole_file::replace(path, self.to_string()).map_err(|source| Error::Write {
            path: path.to_owned(),
            source,
        })
    }
}

impl std::fmt::Display for Baseline {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut text = String::from(
            "# Findings frozen by `cargo shakedown inspect --freeze`. It may only shrink.\n",
        );
        for ((rule, item, subject), count) in &self.counts {
            write!(
                text,
                "\n[[frozen]]\nrule = {rule:?}\nitem = {item:?}\nsubject = {subject:?}\ncount = {count}\n"
            )?;
        }
        f.write_str(&text)
    }
}

fn key(finding: &Finding) -> (String, String, String) {
    let (rule, item, subject) = finding.identity();
    (rule.to_owned(), item.to_owned(), subject.to_owned())
}
