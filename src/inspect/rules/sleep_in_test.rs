//! `sleep-in-test`: a test that sleeps instead of waiting for a condition.

use std::collections::HashSet;

use crate::inspect::finding::{Finding, Severity};
use crate::inspect::model::{Graph, NodeId, Site};
use crate::inspect::rule::{Context, Rule};
use crate::inspect::syntax::MentionKind;
use crate::inspect::{Error, Source};

pub(super) const RULE: Rule = Rule {
    name: "sleep-in-test",
    severity: Severity::Warning,
    documentation: include_str!("docs/sleep-in-test.md"),
    check,
};

const SLEEPS: [&str; 7] = [
    "std::thread::sleep",
    "tokio::time::sleep",
    "tokio::time::sleep_until",
    "async_std::task::sleep",
    "smol::Timer::after",
    "async_io::Timer::after",
    "futures_timer::Delay::new",
];

fn check(context: &Context<'_>) -> Result<Vec<Finding>, Error> {
    let source = context.source;
    let on_the_tests_own_time = run_by_tests(source);
    let mut found = Vec::new();
    for path in SLEEPS {
        for id in source.graph.to_external(path) {
            let site = source.graph.site(id);
            let function = &on_the_tests_own_time;
            if function.contains(&site.from) && passes(site, path) && is_bare(source, site) {
                found.push(
                    source
                        .finding_at_site(RULE.name, format!("a test sleeps: `{path}`"), site, path)
                        .labelled("too short on a busy machine, too long on an idle one")
                        .helping("wait for the condition itself: `poll::until(..)` or `poll::until_async(..)`"),
                );
            }
        }
    }
    Ok(found)
}

/// Tests, fixtures, and the functions of test code that those call themselves.
fn run_by_tests(source: &Source) -> HashSet<NodeId> {
    let mut found: HashSet<NodeId> = HashSet::new();
    let mut queue: Vec<NodeId> = source
        .nodes()
        .filter(|(_, node)| {
            node.function()
                .is_some_and(|it| it.is_test() || it.is_fixture())
        })
        .map(|(id, _)| id)
        .collect();
    while let Some(id) = queue.pop() {
        if !found.insert(id) {
            continue;
        }
        for (to, site, _) in source.graph.successors(&source.model, id) {
            let site = source.graph.site(site);
            let called = matches!(site.kind, MentionKind::Call) && Graph::is_call(site);
            if called && !site.within.deferred && source.is_test_code(source.node(to)) {
                queue.push(to);
            }
        }
    }
    found
}

/// Whether the test waits for the time to pass here. A sleep of async code that is handed
/// on is a timer, of a timeout more often than not.
fn passes(site: &Site, path: &str) -> bool {
    site.within.awaited || path == "std::thread::sleep"
}

/// Neither part of polling, nor a bound, nor under a paused clock, nor answered for.
fn is_bare(source: &Source, site: &Site) -> bool {
    let within = site.within;
    let counts = matches!(site.kind, MentionKind::Call);
    counts
        && !(within.polling || within.select || within.bounded || within.deferred || within.tokens)
        && !source.expects(site, "disallowed_methods")
        && !has_paused_clock(source, site)
}

/// Under `#[tokio::test(start_paused = true)]` or after `tokio::time::pause()` time is virtual.
fn has_paused_clock(source: &Source, site: &Site) -> bool {
    let node = source.node(site.from);
    let by_attribute = node
        .attributes
        .iter()
        .any(|it| it.arguments.contains("start_paused"));
    by_attribute
        || source
            .sites(site.from)
            .iter()
            .any(|it| it.external() == Some("tokio::time::pause"))
}
