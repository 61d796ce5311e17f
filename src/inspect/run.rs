//! Running all rules, and sorting out what they found.

use super::baseline::Baseline;
use super::finding::{Finding, Place, Severity};
use super::rule::{Context, Rule};
use super::rules::RULES;
use super::settings::{Exception, SETTINGS_FILE, Settings};
use super::{Error, Source, restrictions};

/// What inspection found.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Report {
    /// Findings, sorted by place.
    pub findings: Vec<Finding>,
    /// Findings that an exception covers, with its reason.
    pub excepted: Vec<(Finding, String)>,
    /// How many findings the baseline covers.
    pub frozen: usize,
    /// How many entries of the baseline nothing matches any more.
    pub thawed: usize,
    /// How many files were read.
    pub files: usize,
    /// How many lines they have.
    pub lines: usize,
}

impl Report {
    /// Whether something was found that fails an inspection.
    #[must_use]
    pub fn fails(&self) -> bool {
        self.findings
            .iter()
            .any(|it| it.severity == Severity::Error)
    }

    /// How many findings have a severity.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.findings
            .iter()
            .filter(|it| it.severity == severity)
            .count()
    }
}

/// An inspection: which rules, against what.
///
/// # Example
///
/// ```no_run
/// use shakedown::inspect::{Inspection, Settings, Source};
///
/// let source = Source::workspace()?;
/// let settings = Settings::of_workspace(source.root())?;
/// let report = Inspection::new(&source, &settings).run()?;
/// assert!(!report.fails(), "{}", report.human(&source));
/// # Ok::<(), shakedown::inspect::Error>(())
/// ```
#[derive(Debug)]
#[must_use = "an inspection finds nothing until it runs"]
pub struct Inspection<'a> {
    context: Context<'a>,
    only: Vec<String>,
    baseline: Option<Baseline>,
}

impl<'a> Inspection<'a> {
    /// All rules, without a base and without a baseline.
    pub fn new(source: &'a Source, settings: &'a Settings) -> Self {
        Self {
            context: Context {
                source,
                settings,
                base: None,
            },
            only: Vec::new(),
            baseline: None,
        }
    }

    /// Counts changes from this git revision.
    pub fn since(mut self, base: &'a str) -> Self {
        self.context.base = Some(base);
        self
    }

    /// Only the rules of these names; all if there are none.
    pub fn only(mut self, rules: impl IntoIterator<Item = String>) -> Self {
        self.only.extend(rules);
        self
    }

    /// Leaves out what `baseline` froze.
    pub fn forgiving(mut self, baseline: Baseline) -> Self {
        self.baseline = Some(baseline);
        self
    }

    /// Runs the rules.
    ///
    /// # Errors
    ///
    /// A rule's settings name something that does not exist, a file a rule needs
    /// cannot be read, or git failed.
    pub fn run(self) -> Result<Report, Error> {
        let source = self.context.source;
        let mut report = Report {
            files: source.file_count(),
            lines: source.line_count(),
            ..Report::default()
        };
        let mut found = unparsed(source);
        for rule in RULES.iter().filter(|rule| self.wants(rule.name)) {
            self.run_rule(rule, &mut report, &mut found)?;
        }
        for custom in restrictions::all(&self.context)? {
            if self.wants(&custom.name) {
                self.sort_out(
                    &custom.name,
                    custom.found,
                    &custom.exceptions,
                    &mut report,
                    &mut found,
                );
            }
        }
        found.sort_by(|a, b| {
            let key = |it: &Finding| (it.place.file.clone(), it.place.start, it.rule.clone());
            key(a).cmp(&key(b))
        });
        found.dedup_by(|a, b| a.rule == b.rule && a.place == b.place && a.subject == b.subject);
        let only = &self.only;
        let ran = |rule: &str| only.is_empty() || only.iter().any(|it| it == rule);
        if let Some(baseline) = self.baseline {
            let baseline = baseline.only(ran);
            (report.findings, report.frozen, report.thawed) = baseline.split(found);
        } else {
            report.findings = found;
        }
        Ok(report)
    }

    fn wants(&self, rule: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|it| it == rule)
    }

    fn run_rule(
        &self,
        rule: &Rule,
        report: &mut Report,
        found: &mut Vec<Finding>,
    ) -> Result<(), Error> {
        let (severity, exceptions) = self.context.settings.rules.of(rule.name);
        let severity = severity.unwrap_or(rule.severity);
        if severity == Severity::Off {
            return Ok(());
        }
        let mut findings = (rule.check)(&self.context).map_err(|it| it.in_settings(rule.name))?;
        for finding in &mut findings {
            finding.severity = finding.severity.min(severity);
        }
        self.sort_out(rule.name, findings, exceptions, report, found);
        Ok(())
    }

    /// Takes out what exceptions cover; an exception that covers nothing is itself a finding.
    fn sort_out(
        &self,
        rule: &str,
        findings: Vec<Finding>,
        exceptions: &[Exception],
        report: &mut Report,
        into: &mut Vec<Finding>,
    ) {
        let mut used = vec![false; exceptions.len()];
        for finding in findings {
            let covering = exceptions
                .iter()
                .position(|it| it.covers(&finding.item, &finding.subject));
            match covering {
                Some(at) => {
                    used[at] = true;
                    report
                        .excepted
                        .push((finding, exceptions[at].reason.clone()));
                }
                None => into.push(finding),
            }
        }
        for (exception, _) in exceptions.iter().zip(used).filter(|(_, used)| !used) {
            into.push(self.stale(rule, exception));
        }
    }

    fn stale(&self, rule: &str, exception: &Exception) -> Finding {
        let path = self.context.source.root().join(SETTINGS_FILE);
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let start = text.find(&exception.item).unwrap_or(0);
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let place = Place {
            file: SETTINGS_FILE.to_owned(),
            line: text[..start].matches('\n').count() + 1,
            column: text[line_start..start].chars().count() + 1,
            start,
            end: (start + exception.item.len()).min(text.len()),
            label: String::new(),
        };
        let message = format!(
            "the exception of `{}` from `{rule}` covers nothing",
            exception.item
        );
        self.context
            .source
            .finding("stale-exception", message, &exception.item, rule, place)
            .helping("remove it: a stale exception hides the next finding")
    }
}

/// Files that are no Rust, and `mod` lines without a file: what rules could not see.
fn unparsed(source: &Source) -> Vec<Finding> {
    let mut found = Vec::new();
    for (id, file) in source.model.files.iter().enumerate() {
        if let Err(failure) = &file.syntax {
            let extent = crate::inspect::syntax::Extent {
                start: failure.offset,
                end: failure.offset,
            };
            let place = source.place(id, extent, failure.message.clone());
            let message = "this file does not parse, so no rule saw it";
            found.push(
                source
                    .finding("unparsed-file", message, &file.path, "file", place)
                    .helping("`cargo check` says what is wrong with it")
                    .downgraded(Severity::Warning),
            );
        }
    }
    found
}
