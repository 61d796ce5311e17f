//! The chapters of the story: what is told, in which order, with which words.

use super::document::{Block, Cell, Document, Sheet, Span};
use super::duel::{cautions, sheet};
use super::factor::{label, phrase};
use super::plot::{Series, deltas, percentiles, scaling, timeline};
use super::{Comparison, Family, Finding, Metric, Profile, RunSet, Tale, Window, digits};

/// Comparisons with a table of their own; the rest get a row each.
const TABLES: usize = 40;
/// Plots of one kind.
const PLOTS: usize = 12;
/// Curves in one plot.
const CURVES: usize = 8;

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

fn text(text: impl Into<String>) -> Span {
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

/// The table of all runs.
pub(super) fn headline_sheet(tale: &Tale<'_>) -> Sheet {
    let column = |name: &str, numeric| (name.to_owned(), numeric);
    let columns = vec![
        column("Profile", false),
        column("Users", true),
        column("Config", false),
        column("Requests", true),
        column("Fails", true),
        column("p50 (ms)", true),
        column("p95 (ms)", true),
        column("p99 (ms)", true),
        column("Avg (ms)", true),
        column("RPS", true),
    ];
    Sheet {
        caption: "Headline figures of every run".to_owned(),
        columns,
        rows: tale
            .profiles
            .iter()
            .map(|run| headline_row(tale, run))
            .collect(),
    }
}

fn headline_row(tale: &Tale<'_>, run: &Profile) -> Vec<Cell> {
    let numbers = &run.numbers;
    let time = |value: Option<f64>| {
        Cell::number(
            value,
            value.map_or_else(|| "-".to_owned(), digits::milliseconds),
        )
    };
    let mut config = tale.distinction(&run.factors, &["users", "commit"]);
    if config.is_empty() {
        config.push('-');
    }
    let users = run.factors.get("users");
    let shown = |value: Option<f64>, format: fn(f64) -> String| {
        Cell::number(value, value.map_or_else(|| "-".to_owned(), format))
    };
    vec![
        Cell::code(&run.file),
        Cell::number(run.factors.number("users"), users.unwrap_or("-")),
        Cell::text(config),
        Cell::number(Some(numbers.requests), digits::count(numbers.requests)),
        Cell::number(Some(numbers.failures), digits::count(numbers.failures)),
        time(numbers.p50_ms),
        time(numbers.p95_ms),
        time(numbers.p99_ms),
        shown(numbers.mean_ms, digits::mean),
        shown(numbers.rps, digits::rate),
    ]
}

fn headline(tale: &Tale<'_>, blocks: &mut Vec<Block>) {
    blocks.push(Block::Chapter("Headline table".to_owned()));
    blocks.push(Block::Table(headline_sheet(tale)));
    let mut notes = Vec::new();
    let shared: Vec<String> = tale
        .shared()
        .into_iter()
        .map(|(name, value)| phrase(name, Some(value)))
        .collect();
    if tale.profiles.len() > 1 && !shared.is_empty() {
        notes.push(vec![text(format!(
            "Equal in all runs that state it: {}.",
            shared.join(", ")
        ))]);
    }
    for inferred in tale.inferred {
        let name = label(&inferred.factor);
        notes.push(vec![text(format!(
            "Where a file's name says nothing of {name}, it was taken to be {}, because other names say {}.",
            inferred.inferred, inferred.stated
        ))]);
    }
    notes.push(vec![text(window_note(tale.profiles))]);
    if let Some(note) = machine_note(tale) {
        notes.push(vec![text(note)]);
    }
    blocks.push(Block::List(notes));
}

fn window_note(runs: &[Profile]) -> String {
    let has = |window: Window| runs.iter().any(|run| run.window == window);
    let mut parts = Vec::new();
    if has(Window::Measured) {
        parts.push("with all users running, ramp left out, where a record separates it");
    }
    if has(Window::WholeRun) {
        parts.push("of the whole run with its ramp, where a table is all there is");
    }
    if has(Window::CurrentRate) {
        parts.push(
            "of the whole run with the RPS of its last seconds, where the table was copied from Locust's web page",
        );
    }
    format!("Figures are {}.", parts.join("; "))
}

fn machine_note(tale: &Tale<'_>) -> Option<String> {
    let mut machines: Vec<String> = tale
        .sets
        .iter()
        .filter_map(|set| set.machine)
        .map(super::Machine::phrase)
        .collect();
    machines.sort();
    machines.dedup();
    let unknown = tale.sets.iter().any(|set| set.machine.is_none());
    match (machines.len(), unknown) {
        (0, _) => None,
        (1, false) => Some(format!("All on one machine: {}.", machines[0])),
        (1, true) => Some(format!("Where recorded, the machine was: {}.", machines[0])),
        _ => Some(format!("On different machines: {}.", machines.join("; "))),
    }
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
        text(" against "),
        code(&comparison.after.typical().file),
        text("."),
    ]
}

fn curves(tale: &Tale<'_>, blocks: &mut Vec<Block>) {
    let mut plots = Vec::new();
    let all: Vec<&RunSet<'_>> = tale.sets.iter().collect();
    let some = all.len().min(CURVES);
    let title = if some < all.len() {
        format!("The first {some} of {} configurations", all.len())
    } else {
        "All configurations".to_owned()
    };
    plots.extend(curve_plot(tale, "percentiles", &title, &all, ""));
    // A single family of everything has been drawn already.
    let families = tale
        .families
        .iter()
        .filter(|family| family.members.len() < tale.sets.len());
    for (index, family) in families.take(PLOTS).enumerate() {
        let members: Vec<&RunSet<'_>> = family.members.iter().collect();
        let slug = format!("percentiles-{:02}", index + 1);
        plots.extend(curve_plot(
            tale,
            &slug,
            &family_title(tale, family),
            &members,
            &family.factor,
        ));
    }
    if !plots.is_empty() {
        blocks.push(Block::Chapter("Response times by percentile".to_owned()));
        blocks.extend(plots.into_iter().map(Block::Figure));
    }
}

fn curve_plot(
    tale: &Tale<'_>,
    slug: &str,
    title: &str,
    sets: &[&RunSet<'_>],
    factor: &str,
) -> Option<super::plot::Plot> {
    let series: Vec<Series> = sets
        .iter()
        .take(CURVES)
        .map(|set| Series {
            label: if factor.is_empty() {
                tale.name(set)
            } else {
                phrase(factor, set.factors.get(factor))
            },
            points: set.typical().curve.clone(),
        })
        .collect();
    percentiles(slug, title, &series)
}

fn family_title(tale: &Tale<'_>, family: &Family<'_>) -> String {
    let context = tale.distinction(&family.rest, &[]);
    if context.is_empty() {
        format!("By {}", label(&family.factor))
    } else {
        format!("By {}: {context}", label(&family.factor))
    }
}

fn scalings(tale: &Tale<'_>, blocks: &mut Vec<Block>) {
    const FEWEST: usize = 3;
    let mut plots = Vec::new();
    for family in &tale.families {
        if plots.len() == PLOTS {
            break;
        }
        let points = |metric: Metric| Series {
            label: metric.label().to_owned(),
            points: family
                .members
                .iter()
                .filter_map(|set| Some((set.factors.number(&family.factor)?, set.value(metric)?)))
                .collect(),
        };
        let rps = points(Metric::Rps);
        if rps.points.len() < FEWEST {
            continue;
        }
        let slug = format!("scaling-{:02}", plots.len() + 1);
        let title = family_title(tale, family);
        let factor = label(&family.factor);
        plots.extend(scaling(&slug, &title, factor, &rps, &points(Metric::P95)));
    }
    if !plots.is_empty() {
        blocks.push(Block::Chapter("Scaling".to_owned()));
        blocks.extend(plots.into_iter().map(Block::Figure));
    }
}

fn timelines(tale: &Tale<'_>, blocks: &mut Vec<Block>) {
    let mut plots = Vec::new();
    for set in &tale.sets {
        if plots.len() == PLOTS {
            break;
        }
        let run = set.typical();
        let slug = format!("time-{:02}", plots.len() + 1);
        plots.extend(timeline(
            &slug,
            &tale.name(set),
            &run.timeline,
            run.timeline_is_windowed,
        ));
    }
    if !plots.is_empty() {
        blocks.push(Block::Chapter("Over time".to_owned()));
        blocks.extend(plots.into_iter().map(Block::Figure));
    }
}

fn bottleneck(tale: &Tale<'_>, blocks: &mut Vec<Block>) {
    let mut found = Vec::new();
    for set in &tale.sets {
        let findings = Finding::of(set);
        if !findings.is_empty() {
            found.push((tale.name(set), findings));
        }
    }
    if found.is_empty() {
        return;
    }
    blocks.push(Block::Chapter("Where the bottleneck was".to_owned()));
    let left = found.len().saturating_sub(TABLES);
    for (name, findings) in found.into_iter().take(TABLES) {
        blocks.push(Block::Section(name));
        let lines = findings
            .iter()
            .map(|finding| vec![text(finding.sentence())]);
        blocks.push(Block::List(lines.collect()));
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
