//! For GitHub Actions: workflow commands, which annotate the lines of a change.

use std::fmt::Write as _;

use crate::inspect::finding::{Finding, Severity};
use crate::inspect::run::Report;

pub(super) fn render(report: &Report) -> String {
    let mut text = String::new();
    for finding in &report.findings {
        let command = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note | Severity::Off => "notice",
        };
        let place = &finding.place;
        writeln!(
            text,
            "::{command} file={},line={},col={},title={}::{}",
            property(&place.file),
            place.line,
            place.column,
            property(&finding.rule),
            data(&message(finding)),
        )
        .expect("a string takes what is written to it");
    }
    text
}

fn message(finding: &Finding) -> String {
    let mut lines = vec![finding.message.clone()];
    lines.extend(finding.notes.iter().map(|it| format!("note: {it}")));
    lines.extend(finding.help.iter().map(|it| format!("help: {it}")));
    lines.join("\n")
}

/// Escaped as the value after `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// Escaped as a property, where `:` and `,` separate.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
