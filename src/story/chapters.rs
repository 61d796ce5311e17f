//! The chapters of the story: what is told, in which order, with which words.

use super::document::{Block, Cell, Document, Sheet, Span};
use super::duel::{cautions, sheet};
use super::factor::{label, phrase};
use super::figures::{curves, scalings, timelines};
use super::headline::headline;
use super::plot::{self, deltas};
use super::{Comparison, Finding, Metric, Profile, RunSet, Tale, digits};

/// Comparisons with a table of their own; the rest get a row each.
const TABLES: usize = 40;
/// Plots of one kind.
pub(super) const PLOTS: usize = 12;

/// Tells the story.
#[must_use]
pub fn document(tale: &Tale<'_>) -> Document {
    let mut blocks = Vec::new();
    blocks.push(introduction(tale));
    headline(tale, &mut blocks);
    in_short(tale, &mut blocks);
    comparisons(tale, &mut blocks);
    curves(tale, &mut blocks);
    scalings(tale, &mut blocks);
    timelines(tale, &mut blocks);
    bottleneck(tale, &mut blocks);
    skipped(tale, &mut blocks);
    Document {
        title: tale.title.clone(),
        blocks,
    }
}

pub(super) fn text(text: impl Into<String>) -> Span {
    Span::Text(text.into())
}

fn code(text: impl Into<String>) -> Span {
    Span::Code(text.into())
}

fn introduction(tale: &Tale<'_>) -> Block {
    let runs = tale.profiles.len();
    let plural = if runs == 1 { "run" } else { "runs" };
    Block::Paragraph(vec![
        text(format!("Told from {runs} archived {plural} by ")),
        code("cargo shakedown story"),
        text(". Every figure comes from a profile; none was typed."),
    ])
}

/// The extremes and the largest effects.
fn in_short(tale: &Tale<'_>, blocks: &mut Vec<Block>) {
    let mut lines = Vec::new();
    let with_rps = || tale.profiles.iter().filter(|run| run.numbers.rps.is_some());
    let rps = |run: &&Profile| run.numbers.rps.unwrap_or(0.0);
    let slowest = with_rps().min_by(|a, b| rps(a).total_cmp(&rps(b)));
    let fastest = with_rps().max_by(|a, b| rps(a).total_cmp(&rps(b)));
    if let (Some(slowest), Some(fastest)) = (slowest, fastest)
        && slowest.file != fastest.file
    {
        lines.push(vec![
            text("From "),
            Span::Strong(extreme(slowest)),
            text(" ("),
            code(&slowest.file),
            text(") to "),
            Span::Strong(extreme(fastest)),
            text(" ("),
            code(&fastest.file),
            text(")."),
        ]);
    }
    let mut effects: Vec<&Comparison<'_>> = tale
        .comparisons
        .iter()
        .filter(|comparison| comparison.differences[0].factor != "commit")
        .collect();
    effects.sort_by(|a, b| effect(b).total_cmp(&effect(a)));
    for comparison in effects.into_iter().take(5) {
        lines.push(vec![text(one_line(tale, comparison))]);
    }
    if !lines.is_empty() {
        blocks.push(Block::Chapter("In short".to_owned()));
        blocks.push(Block::List(lines));
    }
}

fn extreme(run: &Profile) -> String {
    let failed = if run.numbers.failures > 0.0 {
        format!("{} failed", digits::share(run.failure_share()))
    } else {
        "none failed".to_owned()
    };
    let rps = digits::rate(run.numbers.rps.unwrap_or(0.0));
    format!("{rps} RPS, {failed}")
}

fn effect(comparison: &Comparison<'_>) -> f64 {
    let change = |metric| comparison.delta(metric).and_then(|delta| delta.change);
    change(Metric::Rps).map_or(0.0, |change| (change + 1.0).max(1e-9).ln().abs())
}

fn one_line(tale: &Tale<'_>, comparison: &Comparison<'_>) -> String {
    let changes: Vec<String> = [Metric::Rps, Metric::P50, Metric::P95, Metric::P99]
        .into_iter()
        .filter_map(|metric| {
            let change = comparison.delta(metric)?.change?;
            Some(format!("{} {}", metric.label(), digits::change(change)))
        })
        .collect();
    format!(
        "{}: {}.",
        full_heading(tale, comparison),
        changes.join(", ")
    )
}

/// What differs, and what sets this pair apart from others with that difference.
pub(super) fn full_heading(tale: &Tale<'_>, comparison: &Comparison<'_>) -> String {
    let factor = comparison
        .differences
        .first()
        .map_or("", |d| d.factor.as_str());
    let context = tale.distinction(comparison.before.factors, &[factor]);
    if context.is_empty() {
        comparison.heading()
    } else {
        format!("{} ({context})", comparison.heading())
    }
}

fn comparisons(tale: &Tale<'_>, blocks: &mut Vec<Block>) {
    blocks.push(Block::Chapter("What one factor changes".to_owned()));
    if tale.comparisons.is_empty() {
        let none = "No two runs differ in exactly one recorded factor, so nothing is compared.";
        blocks.push(Block::Paragraph(vec![text(none)]));
        return;
    }
    let rule = "Pairs of configurations that are equal in every recorded factor but one. Pairs that differ \
                in two are not compared: the difference would have two causes.";
    blocks.push(Block::Paragraph(vec![text(rule)]));
    for (index, comparison) in tale.comparisons.iter().take(TABLES).enumerate() {
        let heading = full_heading(tale, comparison);
        blocks.push(Block::Section(heading.clone()));
        blocks.push(Block::Paragraph(equalities(comparison)));
        blocks.push(Block::Table(sheet(comparison)));
        let cautions = cautions(comparison);
        if !cautions.is_empty() {
            blocks.push(Block::List(cautions));
        }
        if index < PLOTS {
            let slug = format!("delta-{:02}", index + 1);
            blocks.extend(deltas(&slug, &heading, comparison).map(Block::Figure));
        }
    }
    if tale.comparisons.len() > TABLES {
        let rest = &tale.comparisons[TABLES..];
        blocks.push(Block::Section(format!("{} further pairs", rest.len())));
        blocks.push(Block::Table(further(tale, rest)));
    }
}

/// One row for each comparison without a table of its own.
fn further(tale: &Tale<'_>, rest: &[Comparison<'_>]) -> Sheet {
    let mut columns = vec![("Difference".to_owned(), false)];
    let shown = [
        Metric::Requests,
        Metric::Rps,
        Metric::P50,
        Metric::P95,
        Metric::P99,
        Metric::Mean,
    ];
    columns.extend(shown.map(|metric| (metric.label().to_owned(), true)));
    let row = |comparison: &Comparison<'_>| {
        let mut row = vec![Cell::text(full_heading(tale, comparison))];
        row.extend(shown.map(|metric| {
            let change = comparison.delta(metric).and_then(|delta| delta.change);
            Cell::number(
                change,
                change.map_or_else(|| "-".to_owned(), digits::change),
            )
        }));
        row
    };
    Sheet {
        caption: "Changes of further pairs".to_owned(),
        columns,
        rows: rest.iter().map(row).collect(),
    }
}

fn equalities(comparison: &Comparison<'_>) -> Vec<Span> {
    let factor = comparison
        .differences
        .first()
        .map_or("", |d| d.factor.as_str());
    let equal: Vec<String> = comparison
        .equal
        .iter()
        .map(|(name, value)| phrase(name, Some(value)))
        .collect();
    let equal = if equal.is_empty() {
        "nothing else is stated".to_owned()
    } else {
        format!("equal: {}", equal.join(", "))
    };
    vec![
        text("Only difference: "),
        Span::Strong(label(factor).to_owned()),
        text(format!("; {equal}. ")),
        code(&comparison.before.typical().file),
        text(format!("{} against ", others(&comparison.before))),
        code(&comparison.after.typical().file),
        text(format!("{}.", others(&comparison.after))),
    ]
}

/// The runs of a set beside the one that is named.
fn others(set: &RunSet<'_>) -> String {
    match set.runs.len() {
        0 | 1 => String::new(),
        2 => " and 1 more run".to_owned(),
        runs => format!(" and {} more runs", runs - 1),
    }
}

fn bottleneck(tale: &Tale<'_>, blocks: &mut Vec<Block>) {
    let mut found = Vec::new();
    for set in &tale.sets {
        let findings = Finding::of(set);
        if !findings.is_empty() {
            let flame = set
                .runs
                .iter()
                .find_map(|run| run.flame.as_ref()?.stacks.as_ref());
            found.push((tale.name(set), findings, flame));
        }
    }
    if found.is_empty() {
        return;
    }
    blocks.push(Block::Chapter("Where the bottleneck was".to_owned()));
    let left = found.len().saturating_sub(TABLES);
    for (index, (name, findings, flame)) in found.into_iter().take(TABLES).enumerate() {
        blocks.push(Block::Section(name.clone()));
        let lines = findings
            .iter()
            .map(|finding| vec![text(finding.sentence())]);
        blocks.push(Block::List(lines.collect()));
        if let Some(stacks) = flame {
            let slug = format!("flame-{:02}", index + 1);
            blocks.push(Block::Figure(plot::flame(&slug, &name, stacks)));
        }
    }
    if left > 0 {
        let rest = format!("{left} further configurations are left out.");
        blocks.push(Block::Paragraph(vec![text(rest)]));
    }
}

fn skipped(tale: &Tale<'_>, blocks: &mut Vec<Block>) {
    if tale.bad.is_empty() {
        return;
    }
    blocks.push(Block::Chapter("Skipped files".to_owned()));
    let lines = tale
        .bad
        .iter()
        .map(|bad| vec![code(&bad.file), text(format!(": {}", bad.cause))]);
    blocks.push(Block::List(lines.collect()));
}
