//! The gate against a base: what fails, what warns, and how that is told.
//!
//! A hard phase fails when it is surely slower, and when it could not be compared,
//! but for one that the base does not have: there is nothing it could be slower than.
//! A soft phase that is surely slower warns and gets a ticket; one that could not be
//! compared is skipped. What stays undecided warns.

use std::fmt::Write as _;

use super::annotation::Annotation;
use super::{Decision, Gate, Outcome, Phase, Revision};
use crate::story::plot::escaped;

/// Phases of two builds, compared.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DuelReport {
    /// Each phase and what came of it, in the order of the configuration.
    pub phases: Vec<Compared>,
    /// What is judged.
    pub revision: Revision,
    /// The one it is compared with.
    pub base: String,
}

/// A phase, and what came of its duel.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Compared {
    /// The phase.
    pub phase: Phase,
    /// How its duel ended, or why there was none.
    pub outcome: Result<Outcome, NotCompared>,
}

/// Why a phase was not compared.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotCompared {
    /// The base has no such phase.
    New,
    /// It cannot be, for this reason.
    Refused(String),
}

/// What is made of a phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Pass,
    Warn,
    Skip,
    Fail,
}

impl Compared {
    /// What came of `phase`.
    #[must_use]
    pub fn new(phase: Phase, outcome: Result<Outcome, NotCompared>) -> Self {
        Self { phase, outcome }
    }

    fn standing(&self) -> Standing {
        let hard = self.phase.gate == Gate::Hard;
        match &self.outcome {
            Ok(of) if of.decision == Decision::Pass => Standing::Pass,
            Ok(of) if of.decision == Decision::Fail && hard => Standing::Fail,
            Ok(_) => Standing::Warn,
            Err(NotCompared::Refused(_)) if hard => Standing::Fail,
            Err(_) => Standing::Skip,
        }
    }

    /// A word for a table.
    fn word(&self) -> &'static str {
        match (&self.outcome, self.standing()) {
            (Ok(of), Standing::Warn) if of.decision == Decision::Fail => "slower",
            (Ok(of), _) => of.decision.word(),
            (Err(_), Standing::Fail) => "FAIL",
            (Err(NotCompared::New), _) => "new",
            (Err(NotCompared::Refused(_)), _) => "none",
        }
    }

    /// What came of it, in a sentence.
    fn sentence(&self) -> String {
        match &self.outcome {
            Ok(of) => change(&self.phase, of),
            Err(NotCompared::New) => "not compared: the base has no such phase".to_owned(),
            Err(NotCompared::Refused(reason)) => format!("not compared: {reason}"),
        }
    }
}

/// The change that a duel found, and the interval that decided.
fn change(phase: &Phase, of: &Outcome) -> String {
    let percent = |share: f64| format!("{:+.1}%", 100.0 * share);
    let mut sentence = format!(
        "P95 {} ({} to {}) over {} pairs, tolerance {}",
        percent(of.change),
        percent(of.low),
        percent(of.high),
        of.pairs,
        percent(phase.tolerance.relative),
    );
    if phase.tolerance.absolute_ms > 0.0 {
        let absolute = super::short(phase.tolerance.absolute_ms);
        let _ = write!(sentence, " and {absolute}");
    }
    if of.decision == Decision::Inconclusive {
        let _ = write!(
            sentence,
            "; inconclusive: a change of {} would have been seen",
            percent(of.detectable)
        );
    }
    sentence
}

impl DuelReport {
    /// The report of `revision` against the commit `base`.
    #[must_use]
    pub fn new(phases: Vec<Compared>, revision: Revision, base: String) -> Self {
        Self {
            phases,
            revision,
            base,
        }
    }

    /// Whether the gate fails.
    #[must_use]
    pub fn fails(&self) -> bool {
        self.count(Standing::Fail) > 0
    }

    fn count(&self, wanted: Standing) -> usize {
        let phases = self.phases.iter();
        phases.filter(|of| of.standing() == wanted).count()
    }

    /// A line a phase, for a terminal.
    #[must_use]
    pub fn human(&self) -> String {
        let line = |of: &Compared| {
            format!(
                "{:6} {} ({}): {}\n",
                of.word(),
                of.phase.name,
                of.phase.gate.name(),
                of.sentence()
            )
        };
        self.phases.iter().map(line).collect()
    }

    /// Annotations for a GitHub workflow; nothing for what is fine.
    #[must_use]
    pub fn github(&self) -> String {
        let line = |of: &Compared| {
            let level = match of.standing() {
                Standing::Pass => return None,
                Standing::Fail => Annotation::Error,
                Standing::Warn | Standing::Skip => Annotation::Warning,
            };
            Some(level.line(&of.phase.name, &of.sentence()))
        };
        self.phases.iter().filter_map(line).collect()
    }

    /// A JUnit document: a case a phase, skipped where no duel was fought and the
    /// gate holds without.
    #[must_use]
    pub fn junit(&self) -> String {
        let (tests, failures) = (self.phases.len(), self.count(Standing::Fail));
        let skipped = self.count(Standing::Skip);
        let mut text = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <testsuites name=\"shakedown gate\" tests=\"{tests}\" failures=\"{failures}\">\n\
             <testsuite name=\"phases against a base\" tests=\"{tests}\" failures=\"{failures}\" \
             skipped=\"{skipped}\">\n"
        );
        for of in &self.phases {
            let sentence = escaped(&of.sentence());
            let inner = match of.standing() {
                Standing::Pass => format!("<system-out>{sentence}</system-out>"),
                Standing::Warn => format!("<system-out>warning: {sentence}</system-out>"),
                Standing::Skip => format!("<skipped message=\"{sentence}\"/>"),
                Standing::Fail => {
                    let kind = if of.outcome.is_ok() {
                        "regression"
                    } else {
                        "not compared"
                    };
                    format!("<failure message=\"{sentence}\" type=\"{kind}\"/>")
                }
            };
            let _ = writeln!(
                text,
                "<testcase classname=\"phase\" name=\"{}\">{inner}</testcase>",
                escaped(&of.phase.name)
            );
        }
        text.push_str("</testsuite>\n</testsuites>\n");
        text
    }

    /// A ticket for each soft regression: the name of its file, one for a phase and
    /// two commits, and its Markdown.
    #[must_use]
    pub fn tickets(&self) -> Vec<(String, String)> {
        let soft = self.phases.iter().filter_map(|of| {
            let outcome = of.outcome.as_ref().ok()?;
            let regression = outcome.decision == Decision::Fail;
            (regression && of.standing() == Standing::Warn).then(|| self.ticket(of))
        });
        soft.collect()
    }

    fn ticket(&self, of: &Compared) -> (String, String) {
        let name = &of.phase.name;
        let text = format!(
            "# {name}: slower than `{}`\n\n{}.\n\n- commit: `{}`{}\n- base: `{}`\n- again: \
             `cargo shakedown gate --phase {name} --base {}`\n",
            self.base,
            of.sentence(),
            self.revision.commit,
            self.revision.with_changes(),
            self.base,
            self.base
        );
        let plain = |commit: &str| -> String {
            let kept = commit.chars().filter(char::is_ascii_alphanumeric);
            kept.take(12).collect()
        };
        let file = format!(
            "{name}-{}-{}.md",
            plain(&self.base),
            plain(&self.revision.commit)
        );
        (file, text)
    }
}
