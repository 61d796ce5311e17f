//! The gate over an artifact: what fails, what warns, and how that is told.

use std::fmt::Write as _;

use super::annotation::Annotation;
use super::{Artifact, Gate, Measurement, Phase, Span, Verdict, judge, short};
use crate::story::plot::escaped;

/// An artifact, judged.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct GateReport<'a> {
    /// Each phase and how it did, in the order of the artifact.
    pub phases: Vec<(&'a Measurement, Verdict)>,
    /// Phases that were not measured.
    pub unmeasured: Vec<Unmeasured>,
    artifact: &'a Artifact,
}

/// A phase that an artifact does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unmeasured {
    /// Its name.
    pub phase: String,
    /// Its gate, where it is known.
    pub gate: Option<Gate>,
    /// Why not.
    pub reason: String,
}

impl Unmeasured {
    fn fails(&self) -> bool {
        self.gate == Some(Gate::Hard)
    }
}

impl<'a> GateReport<'a> {
    /// Judges `artifact`.
    #[must_use]
    pub fn of(artifact: &'a Artifact) -> Self {
        let phases = artifact.phases.iter().map(|of| (of, judge(of))).collect();
        let unmeasured = artifact.missing.iter().map(|missing| Unmeasured {
            phase: missing.phase.clone(),
            gate: None,
            reason: missing.reason.clone(),
        });
        Self {
            phases,
            unmeasured: unmeasured.collect(),
            artifact,
        }
    }

    /// Judges `artifact`, which is to hold `phases`: a hard gate that was not
    /// measured is not passed.
    #[must_use]
    pub fn expecting(artifact: &'a Artifact, phases: &[Phase]) -> Self {
        let mut report = Self::of(artifact);
        report.unmeasured.clear();
        for phase in phases {
            if artifact.phase(&phase.name).is_some() {
                continue;
            }
            let missing = artifact.missing.iter().find(|of| of.phase == phase.name);
            report.unmeasured.push(Unmeasured {
                phase: phase.name.clone(),
                gate: Some(phase.gate),
                reason: missing.map_or_else(
                    || "the artifact does not hold it".to_owned(),
                    |missing| missing.reason.clone(),
                ),
            });
        }
        report
    }

    /// What is not any more as it was measured: phases whose limits in `phases` are
    /// others than those they are judged by, in a sentence each.
    #[must_use]
    pub fn outdated(&self, phases: &[Phase]) -> Vec<String> {
        let limits = |phase: &Phase| {
            let least = phase.at_least.map(Span::milliseconds);
            (
                phase.gate,
                phase.target_text(),
                phase.limit().milliseconds(),
                least,
            )
        };
        let sentence = |(of, _): &(&Measurement, Verdict)| {
            let phase = phases.iter().find(|phase| phase.name == of.phase)?;
            let measured = (of.gate, of.target.clone(), of.limit_ms, of.at_least_ms);
            let now = limits(phase);
            (measured != now).then(|| {
                format!(
                    "{}: its limits have changed since it was measured ({} {}, now {} {}): it is \
                     judged by those of then",
                    of.phase,
                    of.gate.name(),
                    described(&of.target, of.limit_ms, of.at_least_ms),
                    phase.gate.name(),
                    described(&now.1, now.2, now.3),
                )
            })
        };
        self.phases.iter().filter_map(sentence).collect()
    }

    /// Phases that were measured with fewer samples than `phases` ask for, in a
    /// sentence each: a 95th percentile of a few is a matter of luck.
    #[must_use]
    pub fn sparse(&self, phases: &[Phase]) -> Vec<String> {
        let sentence = |(of, _): &(&Measurement, Verdict)| {
            let phase = phases.iter().find(|phase| phase.name == of.phase)?;
            let (taken, wanted) = (of.summary.samples, phase.samples);
            (taken < wanted).then(|| {
                format!(
                    "{}: it is judged by {taken} of its {wanted} samples: `cargo shakedown bench \
                     --phase {}` takes all",
                    of.phase, of.phase
                )
            })
        };
        self.phases.iter().filter_map(sentence).collect()
    }

    /// Whether the gate fails.
    #[must_use]
    pub fn fails(&self) -> bool {
        self.phases.iter().any(|(_, verdict)| verdict.fails())
            || self.unmeasured.iter().any(Unmeasured::fails)
    }

    /// A line a phase, for a terminal.
    #[must_use]
    pub fn human(&self) -> String {
        let mut text = String::new();
        for (of, verdict) in &self.phases {
            let word = match (verdict, verdict.fails()) {
                (_, true) => "fail",
                (Verdict::Met, _) => "ok",
                _ => "warn",
            };
            let _ = writeln!(
                text,
                "{word:4} {} ({}): {}",
                of.phase,
                of.gate.name(),
                verdict.sentence(of)
            );
        }
        for of in &self.unmeasured {
            let word = if of.fails() { "fail" } else { "none" };
            let gate = of
                .gate
                .map_or_else(String::new, |gate| format!(" ({})", gate.name()));
            let _ = writeln!(
                text,
                "{word:4} {}{gate}: not measured: {}",
                of.phase, of.reason
            );
        }
        text
    }

    /// Annotations for a GitHub workflow; nothing for what is fine.
    #[must_use]
    pub fn github(&self) -> String {
        let mut text = String::new();
        for (of, verdict) in &self.phases {
            let level = match verdict {
                Verdict::Met => continue,
                verdict if verdict.fails() => Annotation::Error,
                _ => Annotation::Warning,
            };
            text.push_str(&level.line(&of.phase, &verdict.sentence(of)));
        }
        for of in &self.unmeasured {
            let level = if of.fails() {
                Annotation::Error
            } else {
                Annotation::Warning
            };
            text.push_str(&level.line(&of.phase, &format!("not measured: {}", of.reason)));
        }
        text
    }

    /// A JUnit document: a case a phase, skipped where it was not measured.
    #[must_use]
    pub fn junit(&self) -> String {
        let failures = self
            .phases
            .iter()
            .filter(|(_, verdict)| verdict.fails())
            .count()
            + self.unmeasured.iter().filter(|of| of.fails()).count();
        let skipped = self.unmeasured.iter().filter(|of| !of.fails()).count();
        let mut text = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <testsuites name=\"shakedown gate\" tests=\"{tests}\" failures=\"{failures}\">\n\
             <testsuite name=\"phases\" tests=\"{tests}\" failures=\"{failures}\" skipped=\"{skipped}\" \
             timestamp=\"{}\">\n",
            escaped(&self.artifact.started),
            tests = self.phases.len() + self.unmeasured.len(),
        );
        for (of, verdict) in &self.phases {
            let name = escaped(&of.phase);
            let seconds = of.summary.p95_ms / 1_000.0;
            let sentence = escaped(&verdict.sentence(of));
            let inner = if verdict.fails() {
                format!(
                    "<failure message=\"{sentence}\" type=\"{}\"/>",
                    verdict.word()
                )
            } else {
                format!("<system-out>{sentence}</system-out>")
            };
            let _ = writeln!(
                text,
                "<testcase classname=\"phase\" name=\"{name}\" time=\"{seconds:.6}\">{inner}</testcase>"
            );
        }
        for of in &self.unmeasured {
            let kind = if of.fails() { "failure" } else { "skipped" };
            let _ = writeln!(
                text,
                "<testcase classname=\"phase\" name=\"{}\"><{kind} message=\"{}\"/></testcase>",
                escaped(&of.phase),
                escaped(&of.reason)
            );
        }
        text.push_str("</testsuite>\n</testsuites>\n");
        text
    }

    /// A ticket for each soft breach: the name of its file, one for a phase and
    /// commit, and its Markdown.
    #[must_use]
    pub fn tickets(&self) -> Vec<(String, String)> {
        let soft = self
            .phases
            .iter()
            .filter(|(of, verdict)| of.gate == Gate::Soft && *verdict == Verdict::SoftBreach);
        soft.map(|(of, verdict)| self.ticket(of, *verdict))
            .collect()
    }

    fn ticket(&self, of: &Measurement, verdict: Verdict) -> (String, String) {
        let commit = &self.artifact.revision.commit;
        let dirty = self.artifact.revision.with_changes();
        let mut text = format!(
            "# {}: P95 {} is above its limit of {}\n\n{}.\n\n",
            of.phase,
            short(of.summary.p95_ms),
            short(of.limit_ms),
            verdict.sentence(of)
        );
        let figures = &of.summary;
        let maybe = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), short);
        let _ = write!(
            text,
            "| samples | mean | P50 | P95 | P99 | max | target |\n|--:|--:|--:|--:|--:|--:|--:|\n\
             | {} | {} | {} | {} | {} | {} | {} |\n\n",
            figures.samples,
            short(figures.mean_ms),
            maybe(figures.p50_ms),
            short(figures.p95_ms),
            maybe(figures.p99_ms),
            maybe(figures.max_ms),
            of.target
        );
        let _ = write!(
            text,
            "- commit: `{commit}`{dirty}\n- measured: {}\n- machine: {}\n- again: \
             `cargo shakedown bench --phase {}`\n",
            self.artifact.started,
            self.artifact.rig.phrase(),
            of.phase
        );
        // An artifact's names may be anything, and these are part of a path.
        let plain = |name: &str| -> String {
            let kept = |c: &char| c.is_ascii_alphanumeric() || *c == '_';
            name.chars().filter(kept).collect()
        };
        let file = format!("{}-{}.md", plain(&of.phase), plain(commit));
        (file, text)
    }
}

/// Limits in words: `10 ms, at most 30.0ms, at least 5.00ms`.
fn described(target: &str, limit_ms: f64, at_least_ms: Option<f64>) -> String {
    let least = at_least_ms.map_or_else(String::new, |ms| format!(", at least {}", short(ms)));
    format!("{target}, at most {}{least}", short(limit_ms))
}
