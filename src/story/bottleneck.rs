//! The chapter on what limited each configuration: one table, what its words mean,
//! and the flame graphs of servers that were sampled.

use super::chapters::{SHOWN, text};
use super::document::{Block, Cell, Sheet, Span};
use super::{Finding, RunSet, Tale, digits, plot};

/// Configurations in the table; the headline table has all.
const ROWS: usize = 60;

pub(super) fn bottleneck(tale: &Tale<'_>, blocks: &mut Vec<Block>) {
    let mut found: Vec<(&RunSet<'_>, Vec<Finding>)> = tale
        .by_effect()
        .into_iter()
        .map(|set| (set, Finding::of(set)))
        .filter(|(_, findings)| !findings.is_empty())
        .collect();
    if found.is_empty() {
        return;
    }
    let left = found.len().saturating_sub(ROWS);
    found.truncate(ROWS);
    blocks.push(Block::Chapter("Where the bottleneck was".to_owned()));
    blocks.push(Block::Table(table(tale, &found)));
    if left > 0 {
        let rest = format!("{left} further configurations are left out.");
        blocks.push(Block::Paragraph(vec![text(rest)]));
    }
    let words = explained(tale, &found);
    if !words.is_empty() {
        blocks.push(Block::List(words));
    }
    flames(tale, &found, blocks);
}

fn table(tale: &Tale<'_>, found: &[(&RunSet<'_>, Vec<Finding>)]) -> Sheet {
    let columns = [
        ("Run", false),
        ("Config", false),
        ("Limit", false),
        ("Server (cores)", true),
        ("of", true),
        ("Generator (cores)", true),
        ("Machine busy", true),
        ("Queue, at most", true),
        ("Writes a transaction", true),
        ("In flight", true),
        ("Mostly waiting for", false),
    ];
    Sheet {
        caption: "What limited each configuration".to_owned(),
        columns: columns
            .map(|(name, numeric)| (name.to_owned(), numeric))
            .to_vec(),
        rows: found
            .iter()
            .map(|(set, findings)| row(tale, set, findings))
            .collect(),
    }
}

fn row(tale: &Tale<'_>, set: &RunSet<'_>, findings: &[Finding]) -> Vec<Cell> {
    let conditions = &set.typical().conditions;
    let figure = |value: Option<f64>, format: fn(f64) -> String| {
        Cell::number(value, value.map_or_else(|| "-".to_owned(), format))
    };
    let of = conditions
        .server_cores_available
        .or(conditions.machine_cores)
        .filter(|_| conditions.server_cpu_cores.is_some());
    let limits: Vec<&str> = findings.iter().filter_map(Finding::limit).collect();
    let in_flight = findings.iter().find_map(|finding| match finding {
        Finding::InFlight { requests, .. } => Some(*requests),
        _ => None,
    });
    let slowest = findings.iter().find_map(|finding| match finding {
        Finding::SlowestEndpoint { endpoint, share } => Some(format!(
            "{:.0}% `{}`",
            share * 100.0,
            endpoint.replace('`', "'")
        )),
        _ => None,
    });
    vec![
        Cell::text(tale.numbers(set)),
        Cell::text(tale.name(set)),
        // What limited it, and no guess beside what is known.
        Cell::text(limits.first().copied().unwrap_or("-")),
        figure(conditions.server_cpu_cores, digits::cores),
        figure(of, digits::count),
        figure(conditions.generator_cpu_cores, digits::cores),
        figure(conditions.busy_share, digits::share),
        figure(conditions.queue_depth_max, digits::count),
        figure(conditions.batch_mean, digits::count),
        figure(in_flight, digits::count),
        Cell::text(slowest.unwrap_or_else(|| "-".to_owned())),
    ]
}

/// Each limit that the table names, in the words of the first configuration that
/// has it; and whatever is not in the table.
fn explained(tale: &Tale<'_>, found: &[(&RunSet<'_>, Vec<Finding>)]) -> Vec<Vec<Span>> {
    let mut words: Vec<Vec<Span>> = Vec::new();
    let mut told: Vec<&str> = Vec::new();
    for (set, findings) in found {
        let run = tale.numbers(set);
        let limit = findings.iter().find(|finding| finding.limit().is_some());
        let name = limit.and_then(Finding::limit);
        if let (Some(limit), Some(name)) = (limit, name.filter(|name| !told.contains(name))) {
            told.push(name);
            words.push(vec![
                Span::Strong(name.to_owned()),
                text(format!(", as in {run}: {}", limit.sentence())),
            ]);
        }
    }
    for (set, findings) in found {
        let run = tale.numbers(set);
        let others = findings.iter().filter(|finding| {
            matches!(
                finding,
                Finding::ScheduleLag { .. } | Finding::Stolen { .. } | Finding::HotFunctions { .. }
            )
        });
        words.extend(others.map(|finding| vec![text(format!("{run}: {}", finding.sentence()))]));
    }
    words
}

fn flames(tale: &Tale<'_>, found: &[(&RunSet<'_>, Vec<Finding>)], blocks: &mut Vec<Block>) {
    let stacks = found.iter().filter_map(|(set, _)| {
        let mut runs = set.runs.iter();
        let stacks = runs.find_map(|run| run.flame.as_ref()?.stacks.as_ref())?;
        Some((set, stacks))
    });
    for (index, (set, stacks)) in stacks.take(SHOWN).enumerate() {
        let slug = format!("flame-{:02}", index + 1);
        let name = format!("{} ({})", tale.numbers(set), tale.name(set));
        blocks.push(Block::Figure(plot::flame(&slug, &name, stacks)));
    }
}
