//! How a query fails: with the excerpts that contradict it.

use crate::inspect::Source;
use crate::inspect::finding::Finding;
use crate::inspect::report::excerpt;

/// Panics if there are findings, showing each.
#[track_caller]
pub(super) fn none(source: &Source, claim: &str, findings: &[Finding]) {
    if findings.is_empty() {
        return;
    }
    let shown: Vec<String> = findings
        .iter()
        .map(|finding| excerpt(finding, source))
        .collect();
    panic!("not so: {claim}\n\n{}\n", shown.join("\n\n"));
}
