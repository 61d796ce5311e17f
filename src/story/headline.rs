//! The headline table: every run, its figures, and what they are figures of.

use super::chapters::text;
use super::document::{Block, Cell, Sheet};
use super::factor::{label, phrase};
use super::{Profile, Tale, Window, digits};

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
        Cell::number(numbers.rps, rps(run)),
    ]
}

/// Requests per second, marked where the generator was the limit.
fn rps(run: &Profile) -> String {
    let Some(rps) = run.numbers.rps else {
        return "-".to_owned();
    };
    let floor = run.conditions.generator_saturated == Some(true);
    format!("{}{}", if floor { "≥" } else { "" }, digits::rate(rps))
}

pub(super) fn headline(tale: &Tale<'_>, blocks: &mut Vec<Block>) {
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
    let floor = |run: &Profile| run.conditions.generator_saturated == Some(true);
    if tale.profiles.iter().any(floor) {
        let note = "≥ marks a floor: the load generator or its machine was saturated, the service may be faster.";
        notes.push(vec![text(note)]);
    }
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
