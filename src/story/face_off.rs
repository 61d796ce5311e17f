//! `compare A B`: two runs, or two directories of repeated runs, side by side,
//! whatever they differ in.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::document::{Sheet, Span};
use super::{
    Archive, Comparison, Delta, Profile, RunSet, StoryConfig, StoryError, Verdict, cautions, sheet,
};

/// The version of the JSON that [`FaceOff::json`] returns.
const SCHEMA: u32 = 1;

/// Two sides, read and ready to be compared.
#[derive(Clone, Debug)]
pub struct FaceOff {
    before: Vec<Profile>,
    after: Vec<Profile>,
    tolerance: f64,
}

impl FaceOff {
    /// Reads both sides: each a file of a run, or a directory whose runs are
    /// taken as repetitions of one configuration.
    ///
    /// # Errors
    /// A side cannot be read, or holds no run.
    pub fn read(before: &Path, after: &Path, config: &StoryConfig) -> Result<Self, StoryError> {
        Ok(Self {
            before: side(before, config)?,
            after: side(after, config)?,
            tolerance: config.tolerance,
        })
    }

    /// The comparison, whatever the sides differ in.
    ///
    /// # Panics
    /// Never: reading refused a side without runs.
    #[must_use]
    pub fn comparison(&self) -> Comparison<'_> {
        let set = |runs| RunSet::of(runs).expect("a side has at least one run");
        let (before, after) = (set(&self.before), set(&self.after));
        let mut comparison = Comparison::new(before, after, self.tolerance);
        if comparison.differences.len() > 1 {
            comparison.cautions.insert(
                0,
                format!(
                    "the sides differ in {} factors, so a change has more than one cause",
                    comparison.differences.len()
                ),
            );
        }
        for (runs, name) in [(&self.before, "before"), (&self.after, "after")] {
            if runs.iter().any(|run| run.factors != runs[0].factors) {
                comparison.cautions.insert(
                    0,
                    format!("the runs of the {name} side are not of one configuration"),
                );
            }
        }
        comparison
    }

    /// The comparison as text for a terminal.
    #[must_use]
    pub fn text(&self) -> String {
        let comparison = self.comparison();
        let mut text = format!("{}\n", comparison.heading());
        for (name, set) in [("before", &comparison.before), ("after", &comparison.after)] {
            for run in &set.runs {
                text.push_str(&format!("  {name:<6}  {}\n", run.file));
            }
        }
        text.push('\n');
        text.push_str(&aligned(&sheet(&comparison)));
        text.push('\n');
        for line in cautions(&comparison) {
            text.push_str(&said(&[Span::Text("- ".to_owned())]));
            text.push_str(&said(&line));
            text.push('\n');
        }
        text
    }

    /// The comparison for machines. Times are in milliseconds, changes are
    /// ratios less one, shares are of 1, and the change of a share is the
    /// difference; what is not known is `null`. Fields may be added within a
    /// `schema`.
    #[must_use]
    pub fn json(&self) -> String {
        let comparison = self.comparison();
        let side = |set: &RunSet<'_>| {
            let factors: serde_json::Map<String, Value> = set
                .factors
                .shown()
                .into_iter()
                .map(|(name, value)| (name.to_owned(), json!(value)))
                .collect();
            let runs: Vec<&str> = set.runs.iter().map(|run| run.file.as_str()).collect();
            let machine = set.machine.map(super::Machine::phrase);
            json!({ "runs": runs, "factors": factors, "machine": machine })
        };
        let differences: Vec<Value> = comparison
            .differences
            .iter()
            .map(|d| json!({ "factor": d.factor, "before": d.before, "after": d.after }))
            .collect();
        let deltas: Vec<Value> = comparison.deltas.iter().map(delta).collect();
        let value = json!({
            "schema": SCHEMA,
            "tolerance": self.tolerance,
            "before": side(&comparison.before),
            "after": side(&comparison.after),
            "differences": differences,
            "deltas": deltas,
            "cautions": comparison.cautions,
        });
        format!("{value:#}\n")
    }

    /// Whether a figure is worse beyond doubt.
    #[must_use]
    pub fn is_worse(&self) -> bool {
        let comparison = self.comparison();
        comparison
            .deltas
            .iter()
            .any(|delta| delta.verdict == Some(Verdict::Worse))
    }
}

fn side(path: &Path, config: &StoryConfig) -> Result<Vec<Profile>, StoryError> {
    let is_directory = fs::metadata(path).is_ok_and(|metadata| metadata.is_dir());
    if !is_directory {
        return Ok(vec![Archive::read_run(path, config)?]);
    }
    let archive = Archive::read(path, config)?;
    if let Some(bad) = archive.bad.first() {
        return Err(StoryError::NotAProfile {
            path: path.join(&bad.file),
            cause: bad.cause.clone(),
        });
    }
    if archive.profiles.is_empty() {
        return Err(StoryError::NoProfiles {
            path: path.to_owned(),
        });
    }
    Ok(archive.profiles)
}

fn delta(delta: &Delta) -> Value {
    json!({
        "metric": delta.metric.key(),
        "before": delta.before,
        "after": delta.after,
        "change": delta.change,
        "interval": delta.interval.map(|interval| [interval.low, interval.high]),
        "verdict": delta.verdict.map(Verdict::word),
    })
}

fn said(spans: &[Span]) -> String {
    let words = spans.iter().map(|span| match span {
        Span::Text(text) | Span::Code(text) | Span::Strong(text) => text.as_str(),
    });
    words.collect()
}

/// A table for a terminal: columns two spaces apart, numbers to the right.
pub(crate) fn aligned(sheet: &Sheet) -> String {
    let mut lines: Vec<Vec<String>> =
        vec![sheet.columns.iter().map(|(name, _)| name.clone()).collect()];
    for row in &sheet.rows {
        lines.push(
            row.iter()
                .map(|cell| said(std::slice::from_ref(&cell.content)))
                .collect(),
        );
    }
    let widths: Vec<usize> = (0..sheet.columns.len())
        .map(|column| {
            lines
                .iter()
                .map(|line| line[column].chars().count())
                .max()
                .unwrap_or(0)
        })
        .collect();
    let mut text = String::new();
    for line in lines {
        let cells: Vec<String> = line
            .iter()
            .zip(&widths)
            .zip(&sheet.columns)
            .map(|((cell, &width), (_, numeric))| {
                if *numeric {
                    format!("{cell:>width$}")
                } else {
                    format!("{cell:<width$}")
                }
            })
            .collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}
