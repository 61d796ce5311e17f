//! How a story opens: what was measured, when, on what, and what most runs share.

use super::chapters::{code, text};
use super::document::{Block, Span};
use super::factor::phrase;
use super::{Machine, Tale};

/// The paragraphs before the first chapter.
pub(super) fn opening(tale: &Tale<'_>, blocks: &mut Vec<Block>) {
    for paragraph in &tale.about {
        blocks.push(Block::Paragraph(vec![text(paragraph)]));
    }
    blocks.push(Block::Paragraph(told_from(tale)));
    if let Some(base) = base(tale) {
        blocks.push(Block::Paragraph(base));
    }
}

fn told_from(tale: &Tale<'_>) -> Vec<Span> {
    let runs = tale.profiles.len();
    let plural = if runs == 1 { "run" } else { "runs" };
    let days = days(tale).map_or_else(String::new, |days| format!(" of {days}"));
    let machines = match tale.machines() {
        [] => String::new(),
        [one] => format!(", on {}", one.phrase()),
        several => format!(", on {} machines", several.len()),
    };
    let machines = match tale.sets.iter().any(|set| set.machine.is_none()) {
        true if !machines.is_empty() => format!("{machines} where that was recorded"),
        _ => machines,
    };
    vec![
        text(format!(
            "Told from {runs} archived {plural}{days}{machines}, by "
        )),
        code("cargo shakedown story"),
        text(". Every figure comes from a profile; none was typed."),
    ]
}

/// The first and the last day of the runs.
fn days(tale: &Tale<'_>) -> Option<String> {
    let day = |started: &String| started.get(..10).map(str::to_owned);
    let days = || {
        let runs = tale.profiles.iter();
        runs.filter_map(|run| day(run.started.as_ref()?))
    };
    let (first, last) = (days().min()?, days().max()?);
    Some(if first == last {
        first
    } else {
        format!("{first} to {last}")
    })
}

/// What the base is, and how others are named.
fn base(tale: &Tale<'_>) -> Option<Vec<Span>> {
    let base = tale.base().filter(|_| tale.sets.len() > 1)?;
    let words: Vec<String> = base
        .factors
        .shown()
        .into_iter()
        .map(|(name, value)| phrase(name, Some(value)))
        .collect();
    if words.is_empty() {
        return None;
    }
    let machine = tale.machine(base.machine);
    let machine = machine.map_or_else(String::new, |machine| {
        let phrase = base.machine.map_or_else(String::new, Machine::phrase);
        format!(", on {machine} ({phrase})")
    });
    let which = if tale.base_is_chosen {
        "the one of those that `[story] base` fits"
    } else {
        "the set-up"
    };
    Some(vec![
        Span::Strong("Base ".to_owned()),
        text(format!(
            "is {which} that has most in common with the others: {}{machine}. The others are named after \
             what they do not share with it.",
            words.join(", ")
        )),
    ])
}
