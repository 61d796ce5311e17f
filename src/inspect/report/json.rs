//! For programs: one JSON document.

use serde::Serialize;

use crate::inspect::finding::Finding;
use crate::inspect::run::Report;

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    findings: &'a [Finding],
    excepted: Vec<Excepted<'a>>,
    frozen: usize,
    thawed: usize,
    files: usize,
    lines: usize,
}

#[derive(Serialize)]
struct Excepted<'a> {
    reason: &'a str,
    #[serde(flatten)]
    finding: &'a Finding,
}

pub(super) fn render(report: &Report) -> String {
    let document = Document {
        version: 1,
        findings: &report.findings,
        excepted: report
            .excepted
            .iter()
            .map(|(finding, reason)| Excepted { reason, finding })
            .collect(),
        frozen: report.frozen,
        thawed: report.thawed,
        files: report.files,
        lines: report.lines,
    };
    serde_json::to_string_pretty(&document).expect("a report is strings, numbers and lists") + "\n"
}
