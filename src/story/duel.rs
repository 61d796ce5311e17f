//! One comparison as a table, for the story and for `compare`.

use super::document::{Cell, Sheet, Span, Tone};
use super::statistics::FEWEST_RUNS;
use super::{Comparison, Delta, Metric, Verdict, digits};

/// The figures of both sides, their changes and, with repeated runs, the
/// intervals and verdicts.
#[must_use]
pub fn sheet(comparison: &Comparison<'_>) -> Sheet {
    let [before, after] = comparison.sides();
    let repeated = comparison.is_repeated();
    let mut columns = vec![
        ("Metric".to_owned(), false),
        (before, true),
        (after, true),
        ("Delta".to_owned(), true),
    ];
    if repeated {
        columns.push(("95% interval".to_owned(), true));
        columns.push(("Verdict".to_owned(), false));
    }
    Sheet {
        caption: comparison.heading(),
        columns,
        rows: comparison
            .deltas
            .iter()
            .map(|delta| row(comparison, delta, repeated))
            .collect(),
    }
}

fn row(comparison: &Comparison<'_>, delta: &Delta, repeated: bool) -> Vec<Cell> {
    let [before, after] = figures(comparison, delta);
    let mut row = vec![
        Cell::text(delta.metric.label()),
        Cell::number(delta.before, before),
        Cell::number(delta.after, after),
        Cell::number(delta.change, change(delta)).toned(tone(delta)),
    ];
    if repeated {
        let interval = delta.interval.map_or_else(
            || "-".to_owned(),
            |interval| {
                let (low, high) = (digits::change(interval.low), digits::change(interval.high));
                format!("{low} to {high}")
            },
        );
        row.push(Cell::text(interval));
        let verdict = delta.verdict.map_or("-", Verdict::word);
        row.push(Cell::text(verdict).toned(tone_of(delta.verdict)));
    }
    row
}

fn figures(comparison: &Comparison<'_>, delta: &Delta) -> [String; 2] {
    if delta.metric == Metric::Failures {
        return [&comparison.before, &comparison.after]
            .map(|set| digits::failures(&set.failures()));
    }
    [delta.before, delta.after].map(|value| digits::value(delta.metric, value))
}

/// The change as text; of failures, in share points.
pub(super) fn change(delta: &Delta) -> String {
    match delta.change {
        None => "-".to_owned(),
        Some(0.0) if delta.metric == Metric::Failures => "none".to_owned(),
        Some(change) if delta.metric == Metric::Failures => {
            format!("{:+.2} points", change * 100.0)
        }
        Some(change) => digits::change(change),
    }
}

/// With repeated runs only a verdict is news; without, the difference is.
fn tone(delta: &Delta) -> Option<Tone> {
    if delta.verdict.is_some() {
        return tone_of(delta.verdict);
    }
    let change = delta.change.filter(|change| change.abs() >= 0.000_5)?;
    let good = (change > 0.0) == delta.metric.more_is_better();
    Some(if good { Tone::Good } else { Tone::Bad })
}

fn tone_of(verdict: Option<Verdict>) -> Option<Tone> {
    match verdict? {
        Verdict::Better => Some(Tone::Good),
        Verdict::Worse => Some(Tone::Bad),
        Verdict::Same | Verdict::Inconclusive => None,
    }
}

/// What makes the comparison doubtful, and how many runs it stands on.
#[must_use]
pub fn cautions(comparison: &Comparison<'_>) -> Vec<Vec<Span>> {
    let mut lines: Vec<Vec<Span>> = comparison
        .cautions
        .iter()
        .map(|caution| {
            vec![
                Span::Strong("Caution: ".to_owned()),
                Span::Text(format!("{caution}.")),
            ]
        })
        .collect();
    lines.push(vec![Span::Text(standing(comparison))]);
    lines
}

fn standing(comparison: &Comparison<'_>) -> String {
    let (before, after) = (comparison.before.runs.len(), comparison.after.runs.len());
    if comparison.is_repeated() {
        let open = comparison
            .deltas
            .iter()
            .any(|delta| delta.verdict == Some(Verdict::Inconclusive));
        let more = if open {
            " Inconclusive means that the interval allows more than one answer; more runs narrow it."
        } else {
            ""
        };
        return format!(
            "{before} and {after} runs: percentiles of all their requests, intervals by bootstrap over the medians \
             of runs.{more}"
        );
    }
    if before == 1 && after == 1 {
        format!(
            "One run each: a difference, but no verdict, which takes {FEWEST_RUNS} runs or more on each side."
        )
    } else {
        format!(
            "{before} and {after} runs: no verdict, which takes {FEWEST_RUNS} or more on each side."
        )
    }
}
