//! The story in short, for a terminal: the headline table and a line for each
//! comparison.

use super::chapters::full_heading;
use super::digits;
use super::face_off::aligned;
use super::headline::{headline_sheet, runs_sheet};
use super::{Metric, Tale, Verdict};

/// Comparisons that a terminal shows.
const SHOWN: usize = 20;

/// The headline table, then what each one-factor difference changed, then the files
/// of the runs.
#[must_use]
pub fn summary(tale: &Tale<'_>) -> String {
    let mut text = aligned(&headline_sheet(tale));
    let count = tale.comparisons.len();
    if count == 0 {
        text.push_str("\nno two runs differ in exactly one recorded factor\n");
    } else {
        text.push_str("\none factor at a time:\n");
    }
    for comparison in tale.comparisons.iter().take(SHOWN) {
        let changes: Vec<String> = comparison
            .deltas
            .iter()
            .filter(|delta| delta.metric != Metric::Failures)
            .filter_map(|delta| {
                let verdict = delta.verdict.map_or_else(String::new, |verdict| {
                    format!(" ({})", Verdict::word(verdict))
                });
                let change = digits::change(delta.change?);
                Some(format!("{} {change}{verdict}", delta.metric.label()))
            })
            .collect();
        text.push_str(&format!("  {}\n", full_heading(tale, comparison)));
        text.push_str(&format!("    {}\n", changes.join(", ")));
        for caution in &comparison.cautions {
            text.push_str(&format!("    caution: {caution}\n"));
        }
    }
    if count > SHOWN {
        text.push_str(&format!("  and {} more\n", count - SHOWN));
    }
    text.push('\n');
    text.push_str(&aligned(&runs_sheet(tale)));
    text
}
