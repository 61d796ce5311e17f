//! For people: the look of rustc's diagnostics.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::formats::DOCUMENTATION;
use crate::inspect::finding::{Finding, Place, Severity};
use crate::inspect::run::Report;
use crate::inspect::source::Source;

/// How to render.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Style {
    pub(super) colour: bool,
    pub(super) notes: bool,
}

pub(super) fn render(report: &Report, source: &Source, style: &Style) -> String {
    let mut text = String::new();
    let mut explained = BTreeSet::new();
    for finding in &report.findings {
        if finding.severity == Severity::Note && !style.notes {
            continue;
        }
        let explain = explained.insert(finding.rule.clone());
        text.push_str(&one(finding, source, style.colour, explain));
        text.push_str("\n\n");
    }
    text.push_str(&summary(report));
    text
}

/// One finding; the rule's documentation is pointed to if `explain`.
pub(super) fn one(finding: &Finding, source: &Source, colour: bool, explain: bool) -> String {
    let texts = texts(finding, source);
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note | Severity::Off => Level::NOTE,
    };
    let mut group = Group::with_title(
        level
            .primary_title(finding.message.as_str())
            .id(finding.rule.as_str()),
    );
    for (file, places) in by_file(finding) {
        let Some(text) = texts.get(file) else {
            continue;
        };
        let mut snippet = Snippet::source(&**text).path(file);
        for (place, primary) in places {
            let kind = if primary {
                AnnotationKind::Primary
            } else {
                AnnotationKind::Context
            };
            let end = place.end.clamp(place.start, text.len());
            let annotation = kind.span(place.start.min(text.len())..end);
            snippet = snippet.annotation(if place.label.is_empty() {
                annotation
            } else {
                annotation.label(place.label.as_str())
            });
        }
        group = group.element(snippet);
    }
    for note in &finding.notes {
        group = group.element(Level::NOTE.message(note.as_str()));
    }
    for help in &finding.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    let explanation = format!("{DOCUMENTATION} {}", finding.rule);
    if explain && crate::inspect::rule_named(&finding.rule).is_ok() {
        group = group.element(Level::NOTE.message(explanation.as_str()));
    }
    let renderer = if colour {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    renderer.decor_style(DecorStyle::Ascii).render(&[group])
}

/// The texts of the files that a finding points into.
fn texts(finding: &Finding, source: &Source) -> BTreeMap<String, Arc<str>> {
    let mut texts: BTreeMap<String, Arc<str>> = BTreeMap::new();
    for place in std::iter::once(&finding.place).chain(&finding.related) {
        if texts.contains_key(&place.file) {
            continue;
        }
        let known = source.model.files.iter().find(|it| it.path == place.file);
        let text = match known {
            Some(file) => Some(Arc::clone(&file.text)),
            None => std::fs::read_to_string(source.root().join(&place.file))
                .ok()
                .map(Arc::from),
        };
        if let Some(text) = text {
            texts.insert(place.file.clone(), text);
        }
    }
    texts
}

/// Places by file, the primary's file first.
fn by_file(finding: &Finding) -> Vec<(&str, Vec<(&Place, bool)>)> {
    let mut files: Vec<(&str, Vec<(&Place, bool)>)> =
        vec![(&finding.place.file, vec![(&finding.place, true)])];
    for place in &finding.related {
        match files.iter_mut().find(|(file, _)| *file == place.file) {
            Some((_, places)) => places.push((place, false)),
            None => files.push((&place.file, vec![(place, false)])),
        }
    }
    files
}

fn summary(report: &Report) -> String {
    let count = |severity, one: &str| {
        let count = report.count(severity);
        let plural = if count == 1 { "" } else { "s" };
        format!("{count} {one}{plural}")
    };
    let files = if report.files == 1 { "file" } else { "files" };
    let mut text = format!(
        "{}, {}, {} in {} {files}, {} lines\n",
        count(Severity::Error, "error"),
        count(Severity::Warning, "warning"),
        count(Severity::Note, "note"),
        report.files,
        report.lines,
    );
    if !report.excepted.is_empty() {
        text.push_str(&format!(
            "{} excepted, with their reasons in .config/shakedown.toml\n",
            report.excepted.len()
        ));
    }
    if report.frozen > 0 {
        text.push_str(&format!("{} frozen in the baseline\n", report.frozen));
    }
    if report.thawed > 0 {
        let one = report.thawed == 1;
        let (entries, are) = if one {
            ("entry", "is")
        } else {
            ("entries", "are")
        };
        text.push_str(&format!(
            "{} {entries} of the baseline {are} no longer needed: shrink it with `cargo shakedown inspect --freeze`\n",
            report.thawed
        ));
    }
    text
}
