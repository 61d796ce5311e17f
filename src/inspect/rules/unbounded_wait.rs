//! `unbounded-wait`: a test that waits for as long as it takes.

use crate::inspect::finding::{Finding, Severity};
use crate::inspect::model::{Site, SiteTarget};
use crate::inspect::rule::{Context, Rule};
use crate::inspect::{Error, Source};

pub(super) const RULE: Rule = Rule {
    name: "unbounded-wait",
    severity: Severity::Note,
    documentation: include_str!("docs/unbounded-wait.md"),
    check,
};

/// Waits without a limit: the call, whether it must be awaited, and its bounded sibling.
const WAITS: [(&str, bool, &str); 14] = [
    (
        "std::process::Command::wait",
        false,
        "poll `try_wait` with `poll::until`, or use `process`, which kills what it started",
    ),
    (
        "std::process::Command::wait_with_output",
        false,
        "use `process`, which kills what it started",
    ),
    (
        "std::process::Child::wait",
        false,
        "poll `try_wait` with `poll::until`, or use `process`, which kills what it started",
    ),
    (
        "std::process::Child::wait_with_output",
        false,
        "use `process`, which kills what it started",
    ),
    ("std::sync::mpsc::channel()::recv", false, "`recv_timeout`"),
    (
        "std::sync::mpsc::sync_channel()::recv",
        false,
        "`recv_timeout`",
    ),
    ("std::sync::mpsc::Receiver::recv", false, "`recv_timeout`"),
    (
        "std::sync::Barrier::wait",
        false,
        "a channel with `recv_timeout`",
    ),
    ("std::sync::Condvar::wait", false, "`wait_timeout`"),
    (
        "tokio::process::Command::wait",
        true,
        "`tokio::time::timeout(limit, ..)`",
    ),
    (
        "tokio::sync::mpsc::channel()::recv",
        true,
        "`tokio::time::timeout(limit, ..)`",
    ),
    (
        "tokio::sync::mpsc::unbounded_channel()::recv",
        true,
        "`tokio::time::timeout(limit, ..)`",
    ),
    (
        "tokio::sync::broadcast::channel()::recv",
        true,
        "`tokio::time::timeout(limit, ..)`",
    ),
    (
        "tokio::sync::Notify::notified",
        true,
        "`tokio::time::timeout(limit, ..)`",
    ),
];

fn check(context: &Context<'_>) -> Result<Vec<Finding>, Error> {
    let source = context.source;
    let mut found = Vec::new();
    for (path, awaited, instead) in WAITS {
        for id in source.graph.to_external(path) {
            let site = source.graph.site(id);
            let node = source.node(site.from);
            let within = site.within;
            let bounded = within.bounded || within.select || within.deferred || within.tokens;
            if bounded || !node.is_test() || within.awaited != awaited {
                continue;
            }
            if path.contains("::process::") && kills_before(source, site) {
                continue;
            }
            let what = path.replace("()", "");
            found.push(
                source
                    .finding_at_site(
                        RULE.name,
                        format!("a test waits without a limit: `{what}`"),
                        site,
                        path,
                    )
                    .labelled("if it never comes, the runner has to kill the test")
                    .helping(instead),
            );
        }
    }
    Ok(found)
}

/// Whether the test kills something before it waits: the wait is for what is dead.
fn kills_before(source: &Source, wait: &Site) -> bool {
    let mut sites = source.sites(wait.from).iter();
    sites.any(|site| {
        let name = match &site.target {
            SiteTarget::Named(name) => name.as_str(),
            SiteTarget::Known(_) => site.external().unwrap_or_default(),
        };
        let kills = name.rsplit("::").next() == Some("kill");
        kills && site.file == wait.file && site.extent.start < wait.extent.start
    })
}
