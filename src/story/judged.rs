//! What the settings ask for: targets held or missed, and whole stacks side by
//! side.

use super::chapters::text;
use super::document::{Block, Cell, Sheet, Tone};
use super::headline::rps;
use super::target::{Ratio, Reached, Target};
use super::{Comparison, Metric, RunSet, Tale, digits};

/// The table of targets.
pub(super) fn targets(tale: &Tale<'_>, blocks: &mut Vec<Block>) {
    if tale.targets.is_empty() {
        return;
    }
    blocks.push(Block::Chapter("Targets".to_owned()));
    let columns = [
        ("Target", false),
        ("Limits", false),
        ("Run", false),
        ("RPS", true),
        ("p95 (ms)", true),
        ("p99 (ms)", true),
        ("Failed", true),
        ("Verdict", false),
    ];
    blocks.push(Block::Table(Sheet {
        caption: "Targets and whether they are held".to_owned(),
        columns: columns
            .map(|(name, numeric)| (name.to_owned(), numeric))
            .to_vec(),
        rows: tale
            .targets
            .iter()
            .map(|target| row(tale, target))
            .collect(),
    }));
}

fn row(tale: &Tale<'_>, target: &Target) -> Vec<Cell> {
    let set = tale.selected(&target.select);
    let reached = target.judge(set);
    let time = |metric: Metric| {
        let value = set.and_then(|set| set.value(metric));
        Cell::number(
            value,
            value.map_or_else(|| "-".to_owned(), digits::milliseconds),
        )
    };
    let share = set.map(|set| set.failures().failure_share());
    let tone = match reached {
        Reached::Held => Some(Tone::Good),
        Reached::Missed => Some(Tone::Bad),
        Reached::Open | Reached::NotMeasured => None,
    };
    vec![
        Cell::text(&target.name),
        Cell::text(limits(target)),
        Cell::text(set.map_or_else(|| "-".to_owned(), |set| tale.numbers(set))),
        Cell::number(
            set.and_then(|set| set.value(Metric::Rps)),
            set.map_or_else(|| "-".to_owned(), rps),
        ),
        time(Metric::P95),
        time(Metric::P99),
        Cell::number(share, share.map_or_else(|| "-".to_owned(), digits::share)),
        Cell::text(reached.word()).toned(tone),
    ]
}

fn limits(target: &Target) -> String {
    let rate = target
        .min_rps
        .map(|least| format!("≥ {} RPS", digits::count(least)));
    let time = |name: &str, most: Option<f64>| {
        most.map(|most| format!("{name} ≤ {} ms", digits::milliseconds(most)))
    };
    let failures = format!("{} failed", digits::share(target.max_fail_rate));
    let failures = if target.max_fail_rate > 0.0 {
        format!("≤ {failures}")
    } else {
        "none failed".to_owned()
    };
    let parts = [
        rate,
        time("p95", target.max_p95_ms),
        time("p99", target.max_p99_ms),
        Some(failures),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// The table of pairs that differ in several factors.
pub(super) fn whole_stacks(tale: &Tale<'_>, blocks: &mut Vec<Block>) {
    if tale.ratios.is_empty() {
        return;
    }
    blocks.push(Block::Chapter("Whole stacks".to_owned()));
    let label = "Each pair differs in several factors at once, so a ratio is of the whole and says nothing of any \
                 one of them.";
    blocks.push(Block::Paragraph(vec![text(label)]));
    let columns = [
        ("Pair", false),
        ("Runs", false),
        ("RPS before", true),
        ("RPS after", true),
        ("RPS", true),
        ("p50", true),
        ("p95", true),
        ("p99", true),
        ("What differs", false),
    ];
    blocks.push(Block::Table(Sheet {
        caption: "Pairs that differ in several factors".to_owned(),
        columns: columns
            .map(|(name, numeric)| (name.to_owned(), numeric))
            .to_vec(),
        rows: tale.ratios.iter().map(|ratio| pair(tale, ratio)).collect(),
    }));
}

fn pair(tale: &Tale<'_>, ratio: &Ratio) -> Vec<Cell> {
    let Some((before, after)) = tale.selected_pair(ratio) else {
        let mut row = vec![Cell::text(&ratio.name), Cell::text("not measured")];
        row.resize(8, Cell::number(None, "-"));
        row.push(Cell::text("-"));
        return row;
    };
    let comparison = Comparison::new(before.clone(), after.clone(), 0.0);
    let mut differing = comparison.heading();
    if comparison.changes_machine() {
        differing.push_str("; the machine");
    }
    let rate = |set: &RunSet<'_>| Cell::number(set.value(Metric::Rps), rps(set));
    let mut row = vec![
        Cell::text(&ratio.name),
        Cell::text(format!(
            "{} → {}",
            tale.numbers(before),
            tale.numbers(after)
        )),
        rate(before),
        rate(after),
    ];
    let changes = [Metric::Rps, Metric::P50, Metric::P95, Metric::P99];
    row.extend(changes.map(|metric| {
        let change = comparison.delta(metric).and_then(|delta| delta.change);
        let shown = change.map_or_else(|| "-".to_owned(), digits::change);
        Cell::number(change, shown)
    }));
    row.push(Cell::text(differing));
    row
}
