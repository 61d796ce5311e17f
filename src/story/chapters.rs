//! The chapters of the story: what is told, in which order, with which words.

use super::bottleneck::bottleneck;
use super::document::{Block, Cell, Document, Sheet, Span};
use super::duel::{cautions, sheet};
use super::factor::{label, phrase};
use super::figures::{curves, scalings, timelines};
use super::headline::{headline, runs};
use super::in_short::in_short;
use super::judged::{targets, whole_stacks};
use super::opening::opening;
use super::plot::deltas;
use super::{Comparison, Metric, Tale, Verdict, digits};

/// Comparisons with a table of their own, and plots of one kind; the rest of the
/// comparisons get a row each, the rest of the plots is counted.
pub(super) const SHOWN: usize = 6;
/// Comparisons with a row; a directory of thousands has more pairs than readers.
const ROWS: usize = 60;

/// Tells the story.
#[must_use]
pub fn document(tale: &Tale<'_>) -> Document {
    let mut blocks = Vec::new();
    opening(tale, &mut blocks);
    in_short(tale, &mut blocks);
    targets(tale, &mut blocks);
    headline(tale, &mut blocks);
    comparisons(tale, &mut blocks);
    whole_stacks(tale, &mut blocks);
    bottleneck(tale, &mut blocks);
    curves(tale, &mut blocks);
    scalings(tale, &mut blocks);
    timelines(tale, &mut blocks);
    runs(tale, &mut blocks);
    skipped(tale, &mut blocks);
    Document {
        title: tale.title.clone(),
        blocks,
    }
}

pub(super) fn text(text: impl Into<String>) -> Span {
    Span::Text(text.into())
}

pub(super) fn code(text: impl Into<String>) -> Span {
    Span::Code(text.into())
}

/// What differs, and what both sides do not share with the base.
pub(super) fn full_heading(tale: &Tale<'_>, comparison: &Comparison<'_>) -> String {
    let context = context(tale, comparison);
    if context.is_empty() {
        comparison.heading()
    } else {
        format!("{} ({context})", comparison.heading())
    }
}

fn context(tale: &Tale<'_>, comparison: &Comparison<'_>) -> String {
    let factor = factor(comparison);
    let (before, after) = (&comparison.before, &comparison.after);
    let mut words = tale.deviation(before.factors, &[factor]);
    let elsewhere = tale
        .base()
        .is_some_and(|base| base.machine != before.machine);
    if comparison.changes_machine() {
        let machine = |machine| {
            tale.machine(machine)
                .unwrap_or_else(|| "unknown".to_owned())
        };
        let (before, after) = (machine(before.machine), machine(after.machine));
        words.push(format!("machine {before} → {after}"));
    } else if elsewhere {
        words.extend(tale.machine(before.machine));
    }
    words.join(", ")
}

fn factor<'a>(comparison: &'a Comparison<'_>) -> &'a str {
    let first = comparison.differences.first();
    first.map_or("", |difference| difference.factor.as_str())
}

fn comparisons(tale: &Tale<'_>, blocks: &mut Vec<Block>) {
    blocks.push(Block::Chapter("What one factor changes".to_owned()));
    if tale.comparisons.is_empty() {
        let none = "No two runs differ in exactly one recorded factor, so nothing is compared.";
        blocks.push(Block::Paragraph(vec![text(none)]));
        return;
    }
    let rule = "Pairs that are equal in every recorded factor but one; a pair that differs in two has two causes and \
                is not compared. Pairs with the base come first, then those with a larger effect on the throughput, \
                and those of different machines last.";
    blocks.push(Block::Paragraph(vec![text(rule)]));
    let shared: Vec<String> = tale
        .shared()
        .into_iter()
        .map(|(name, value)| phrase(name, Some(value)))
        .collect();
    if !shared.is_empty() {
        let shared = format!("Equal in all pairs that state it: {}.", shared.join(", "));
        blocks.push(Block::Paragraph(vec![text(shared)]));
    }
    for (index, comparison) in tale.comparisons.iter().take(SHOWN).enumerate() {
        let heading = full_heading(tale, comparison);
        blocks.push(Block::Section(heading.clone()));
        blocks.push(Block::Paragraph(equalities(tale, comparison)));
        blocks.push(Block::Table(sheet(comparison)));
        let cautions = cautions(comparison);
        if !cautions.is_empty() {
            blocks.push(Block::List(cautions));
        }
        let slug = format!("delta-{:02}", index + 1);
        blocks.extend(deltas(&slug, &heading, comparison).map(Block::Figure));
    }
    if tale.comparisons.len() > SHOWN {
        let rest = &tale.comparisons[SHOWN..];
        let plural = if rest.len() == 1 { "pair" } else { "pairs" };
        blocks.push(Block::Section(format!("{} further {plural}", rest.len())));
        blocks.push(Block::Table(further(tale, rest)));
        if rest.len() > ROWS {
            let left = rest.len() - ROWS;
            let left = format!(
                "{left} more, with smaller effects or of different machines, are left out."
            );
            blocks.push(Block::Paragraph(vec![text(left)]));
        }
    }
}

/// One row for each comparison without a table of its own.
fn further(tale: &Tale<'_>, rest: &[Comparison<'_>]) -> Sheet {
    let rest = &rest[..rest.len().min(ROWS)];
    let shown = Metric::ALL;
    let repeated = rest.iter().any(Comparison::is_repeated);
    let mut columns = vec![
        ("Difference".to_owned(), false),
        ("Both sides".to_owned(), false),
        ("Runs".to_owned(), false),
    ];
    columns.extend(shown.map(|metric| (metric.label().to_owned(), true)));
    if repeated {
        columns.push(("RPS: 95% interval".to_owned(), true));
        columns.push(("Verdict".to_owned(), false));
    }
    columns.push(("Caution".to_owned(), false));
    let row = |comparison: &Comparison<'_>| {
        let context = context(tale, comparison);
        let mut row = vec![
            Cell::text(comparison.heading()),
            Cell::text(if context.is_empty() {
                "base".to_owned()
            } else {
                context
            }),
            Cell::text(sides(tale, comparison)),
        ];
        row.extend(shown.map(|metric| {
            let delta = comparison.delta(metric);
            let change = delta.and_then(|delta| delta.change);
            Cell::number(
                change,
                delta.map_or_else(|| "-".to_owned(), super::duel::change),
            )
        }));
        if repeated {
            let rps = comparison.delta(Metric::Rps);
            let interval = rps.and_then(|delta| delta.interval);
            row.push(Cell::text(interval.map_or_else(
                || "-".to_owned(),
                |interval| {
                    let (low, high) = (digits::change(interval.low), digits::change(interval.high));
                    format!("{low} to {high}")
                },
            )));
            let verdict = rps.and_then(|delta| delta.verdict);
            row.push(Cell::text(verdict.map_or("-", Verdict::word)));
        }
        let cautions = comparison.cautions.join("; ");
        row.push(Cell::text(if cautions.is_empty() {
            "-".to_owned()
        } else {
            cautions
        }));
        row
    };
    Sheet {
        caption: "Changes of further pairs".to_owned(),
        columns,
        rows: rest.iter().map(row).collect(),
    }
}

fn sides(tale: &Tale<'_>, comparison: &Comparison<'_>) -> String {
    format!(
        "{} → {}",
        tale.numbers(&comparison.before),
        tale.numbers(&comparison.after)
    )
}

/// What differs; and what does not, as far as it is not that of the base.
fn equalities(tale: &Tale<'_>, comparison: &Comparison<'_>) -> Vec<Span> {
    let factor = factor(comparison);
    let common = tale.deviation(comparison.before.factors, &[factor]);
    let equal = if common.is_empty() {
        "everything else is equal, and that of the base".to_owned()
    } else {
        format!(
            "everything else is equal: {}, and what the base has",
            common.join(", ")
        )
    };
    vec![
        text(format!("{}. Only difference: ", sides(tale, comparison))),
        Span::Strong(label(factor).to_owned()),
        text(format!("; {equal}.")),
    ]
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
