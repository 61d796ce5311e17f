//! The headline table: every configuration, its figures, and what they are figures
//! of; and the table of the files behind them.

use super::chapters::{code, text};
use super::document::{Block, Cell, Sheet};
use super::factor::label;
use super::{Metric, RunSet, Tale, Window, digits};

/// The table of all configurations.
pub(super) fn headline_sheet(tale: &Tale<'_>) -> Sheet {
    let column = |name: &str, numeric| (name.to_owned(), numeric);
    let columns = vec![
        column("Run", false),
        column("Users", true),
        column("Config", false),
        column("Commit", false),
        column("Requests", true),
        column("Fails", true),
        column("p50 (ms)", true),
        column("p95 (ms)", true),
        column("p99 (ms)", true),
        column("Avg (ms)", true),
        column("RPS", true),
    ];
    Sheet {
        caption: "Headline figures of every configuration".to_owned(),
        columns,
        rows: tale
            .sets
            .iter()
            .map(|set| headline_row(tale, set))
            .collect(),
    }
}

fn headline_row(tale: &Tale<'_>, set: &RunSet<'_>) -> Vec<Cell> {
    let time = |metric: Metric| {
        let value = set.value(metric);
        let mark = if set.is_ceiling() { "≤" } else { "" };
        let shown = value.map_or_else(
            || "-".to_owned(),
            |ms| match metric {
                Metric::Mean => format!("{mark}{}", digits::mean(ms)),
                _ => format!("{mark}{}", digits::milliseconds(ms)),
            },
        );
        Cell::number(value, shown)
    };
    let mut config = tale.deviation(set.factors, &["users", "commit"]);
    if tale.base().is_some_and(|base| base.machine != set.machine) {
        config.extend(tale.machine(set.machine));
    }
    let config = if config.is_empty() {
        "base".to_owned()
    } else {
        config.join(", ")
    };
    let users = set.factors.get("users");
    let commit = set.factors.get("commit").unwrap_or("-");
    let all = set.failures();
    vec![
        Cell::text(tale.numbers(set)),
        Cell::number(set.factors.number("users"), users.unwrap_or("-")),
        Cell::text(config),
        Cell::text(commit),
        Cell::number(Some(all.requests), digits::count(all.requests)),
        Cell::number(Some(all.failures), digits::count(all.failures)),
        time(Metric::P50),
        time(Metric::P95),
        time(Metric::P99),
        time(Metric::Mean),
        Cell::number(set.value(Metric::Rps), rps(set)),
    ]
}

/// Requests per second, marked where the generator was the limit.
pub(super) fn rps(set: &RunSet<'_>) -> String {
    let Some(rps) = set.value(Metric::Rps) else {
        return "-".to_owned();
    };
    let floor = if set.is_floor() { "≥" } else { "" };
    format!("{floor}{}", digits::rate(rps))
}

pub(super) fn headline(tale: &Tale<'_>, blocks: &mut Vec<Block>) {
    blocks.push(Block::Chapter("Headline table".to_owned()));
    blocks.push(Block::Table(headline_sheet(tale)));
    let mut notes = Vec::new();
    for inferred in tale.inferred {
        let name = label(&inferred.factor);
        notes.push(format!(
            "Where a file's name says nothing of {name}, it was taken to be {}, because other names say {}.",
            inferred.inferred, inferred.stated
        ));
    }
    notes.push(window_note(tale));
    if tale.sets.iter().any(|set| set.runs.len() > 1) {
        notes.push(
            "Of several runs percentiles and means are of all their requests together, RPS is the median run's."
                .to_owned(),
        );
    }
    if tale.sets.iter().any(RunSet::is_floor) {
        notes.push(
            "≥ marks a floor: the load generator or its machine was saturated, the service may be faster."
                .to_owned(),
        );
    }
    if tale.sets.iter().any(RunSet::is_ceiling) {
        notes.push(
            "≤ marks a ceiling: the generator was late, and times count from when requests were due.".to_owned(),
        );
    }
    blocks.push(Block::List(
        notes.into_iter().map(|note| vec![text(note)]).collect(),
    ));
}

fn window_note(tale: &Tale<'_>) -> String {
    let has = |window: Window| tale.profiles.iter().any(|run| run.window == window);
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

/// The files behind the numbers.
pub(super) fn runs_sheet(tale: &Tale<'_>) -> Sheet {
    let with_machine = tale.machines().len() > 1;
    let mut columns = vec![
        ("Run".to_owned(), false),
        ("Began".to_owned(), false),
        ("RPS".to_owned(), true),
        ("p95 (ms)".to_owned(), true),
    ];
    if with_machine {
        columns.push(("Machine".to_owned(), false));
    }
    columns.push(("File".to_owned(), false));
    let rows = tale.profiles.iter().map(|run| {
        let shown = |value: Option<f64>, format: fn(f64) -> String| {
            Cell::number(value, value.map_or_else(|| "-".to_owned(), format))
        };
        let mut row = vec![
            Cell::text(tale.number(run)),
            Cell::text(run.started.as_deref().unwrap_or("-")),
            shown(run.numbers.rps, digits::rate),
            shown(run.numbers.p95_ms, digits::milliseconds),
        ];
        if with_machine {
            let machine = tale.machine(run.machine.as_ref());
            row.push(Cell::text(machine.unwrap_or_else(|| "-".to_owned())));
        }
        row.push(Cell::code(&run.file));
        row
    });
    Sheet {
        caption: "The file of each run".to_owned(),
        columns,
        rows: rows.collect(),
    }
}

pub(super) fn runs(tale: &Tale<'_>, blocks: &mut Vec<Block>) {
    blocks.push(Block::Chapter("Runs".to_owned()));
    blocks.push(Block::Table(runs_sheet(tale)));
    let machines = tale.machines().iter().filter_map(|machine| {
        let name = tale.machine(Some(machine))?;
        Some(vec![text(format!("{name}: ")), code(machine.phrase())])
    });
    let machines: Vec<_> = machines.collect();
    if !machines.is_empty() {
        blocks.push(Block::List(machines));
    }
}
