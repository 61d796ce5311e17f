//! The page of a request.

use std::collections::HashMap;
use std::time::Duration;

use super::engine::MOST_AT_ONCE;
use super::in_flight::{InFlight, Outcome};
use super::sampler::{Finished, Seen};
use super::symbols::{Named, Symbols};
use crate::flame::{FlameGraph, Stacks, Unit};

const AWAITING: &str = "[awaiting]";

/// What was seen of `finished`, looked at `hertz` times a second.
pub(super) fn graph(finished: &Finished, hertz: u32, symbols: &mut Symbols) -> FlameGraph {
    let InFlight { method, path, .. } = &*finished.request;
    let looks: u64 = finished.seen.values().sum();
    let stacks = stacks(&finished.seen, symbols);
    let wall = milliseconds(finished.wall);
    let mut graph = FlameGraph::new(format!("{method} {path}: {wall}"))
        .fact("ended with", ended(finished.outcome))
        .fact("wall time", wall.clone())
        .fact("polls", finished.request.polls().to_string());
    if looks == 0 {
        graph = graph.note(format!(
            "0 samples at {hertz} Hz; wall {wall}: it ended before it was looked at. Raise the rate \
             of looks, or profile a longer request."
        ));
    } else {
        graph = graph
            .fact("samples", format!("{looks} at {hertz} Hz"))
            .fact("seen", parts(&finished.seen, looks));
    }
    if finished.lost > 0 {
        graph = graph.note(format!(
            "{} requests before this one have no page: they ended faster than pages are written.",
            finished.lost
        ));
    }
    if finished.crowded_out > 0 {
        graph = graph.note(format!(
            "{} requests before this one were not profiled: {MOST_AT_ONCE} others were at that time.",
            finished.crowded_out
        ));
    }
    graph
        .note(
            "What the request had done elsewhere (spawned tasks, `spawn_blocking`, other processes) \
             is not seen; it is shown awaiting the result.",
        )
        .note("Of several things awaited at once the first to take the waker is shown.")
        .note("The answer's body is not part of it when it is streamed after the handler returned.")
        .view("wall time", Unit::Samples, stacks)
}

fn stacks(seen: &HashMap<Seen, u64>, symbols: &mut Symbols) -> Stacks {
    let mut stacks = Stacks::new();
    for (what, looks) in seen {
        let frames = match what {
            Seen::Running(addresses) => outermost_first(symbols.names(addresses)),
            Seen::Awaiting(addresses) => {
                let mut names = symbols.names(addresses);
                let taking = names.iter().take_while(|of| is_taking(&of.name)).count();
                names.drain(..taking);
                let mut frames = outermost_first(names);
                frames.push(AWAITING.to_owned());
                frames
            }
            Seen::Silent => vec!["[polled: the thread did not tell where]".to_owned()],
            Seen::Unknown => vec!["[awaiting: nothing took the waker]".to_owned()],
            Seen::Ready => vec!["[ready: waits for a thread]".to_owned()],
        };
        stacks.add(frames, *looks);
    }
    stacks
}

/// Frames without those of the layer at their outer end.
fn outermost_first(mut names: Vec<Named>) -> Vec<String> {
    let own = names.iter().rev().take_while(|of| of.own).count();
    names.truncate(names.len() - own);
    names.reverse();
    if names.is_empty() {
        return vec!["[the layer itself]".to_owned()];
    }
    names.into_iter().map(|of| of.name).collect()
}

/// Whether it is the standard library's part of taking a waker.
fn is_taking(name: &str) -> bool {
    name == "<core::task::wake::Waker as core::clone::Clone>::clone"
        || name.starts_with("clone (wake.rs:")
}

fn parts(seen: &HashMap<Seen, u64>, looks: u64) -> String {
    let of = |wanted: fn(&Seen) -> bool| -> u64 {
        seen.iter()
            .filter(|(what, _)| wanted(what))
            .map(|(_, looks)| looks)
            .sum()
    };
    let percent = |part: u64| (100 * part + looks / 2) / looks;
    format!(
        "{}% polled, {}% awaiting, {}% ready without a thread",
        percent(of(|seen| matches!(seen, Seen::Running(_) | Seen::Silent))),
        percent(of(|seen| matches!(seen, Seen::Awaiting(_) | Seen::Unknown))),
        percent(of(|seen| matches!(seen, Seen::Ready)))
    )
}

fn ended(outcome: Outcome) -> String {
    match outcome {
        Outcome::Status(status) => format!("status {status}"),
        Outcome::Error => "an error of the service".to_owned(),
        Outcome::Dropped => "nothing: it was dropped unanswered".to_owned(),
        Outcome::Unfinished => "nothing yet: the profiler was shut down first".to_owned(),
    }
}

fn milliseconds(span: Duration) -> String {
    format!("{:.1} ms", span.as_secs_f64() * 1_000.0)
}
