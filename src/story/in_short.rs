//! The story in a few lines: the extremes under the load of the base, and the
//! largest effects of one factor.

use super::chapters::{full_heading, text};
use super::document::{Block, Span};
use super::headline::rps;
use super::{Comparison, Metric, RunSet, Tale, digits};

/// Effects that are told.
const EFFECTS: usize = 5;

pub(super) fn in_short(tale: &Tale<'_>, blocks: &mut Vec<Block>) {
    let mut lines = Vec::new();
    lines.extend(extremes(tale));
    let comparable = |comparison: &&Comparison<'_>| {
        comparison.differences[0].factor != "commit"
            && !comparison.changes_machine()
            && tale.is_of_base_load(&comparison.before)
            && tale.is_of_base_load(&comparison.after)
    };
    let mut effects: Vec<&Comparison<'_>> = tale.comparisons.iter().filter(comparable).collect();
    effects.sort_by(|a, b| b.effect().total_cmp(&a.effect()));
    for comparison in effects.into_iter().take(EFFECTS) {
        lines.push(vec![text(one_line(tale, comparison))]);
    }
    if !lines.is_empty() {
        blocks.push(Block::Chapter("In short".to_owned()));
        blocks.push(Block::List(lines));
    }
}

/// The slowest and the fastest of one load on one machine, and all that differs.
fn extremes(tale: &Tale<'_>) -> Option<Vec<Span>> {
    let base = tale.base()?;
    let alike = tale.sets.iter().filter(|set| {
        set.machine == base.machine && tale.is_of_base_load(set) && set.value(Metric::Rps).is_some()
    });
    let rate = |set: &&RunSet<'_>| set.value(Metric::Rps).unwrap_or(0.0);
    let slowest = alike.clone().min_by(|a, b| rate(a).total_cmp(&rate(b)))?;
    let fastest = alike.max_by(|a, b| rate(a).total_cmp(&rate(b)))?;
    if slowest.factors == fastest.factors {
        return None;
    }
    let comparison = Comparison::new(slowest.clone(), fastest.clone(), 0.0);
    let differing = comparison.differences.len();
    let factors = if differing == 1 { "factor" } else { "factors" };
    Some(vec![
        text("From "),
        Span::Strong(extreme(slowest)),
        text(format!(" ({}) to ", tale.numbers(slowest))),
        Span::Strong(extreme(fastest)),
        text(format!(
            " ({}), which differ in {differing} {factors}: {}.",
            tale.numbers(fastest),
            comparison.heading()
        )),
    ])
}

fn extreme(set: &RunSet<'_>) -> String {
    let all = set.failures();
    let failed = if all.failures > 0.0 {
        format!("{} failed", digits::share(all.failure_share()))
    } else {
        "none failed".to_owned()
    };
    format!("{} RPS, {failed}", rps(set))
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
