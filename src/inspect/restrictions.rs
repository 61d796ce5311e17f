//! Rules that a team writes as data: forbidden paths, forbidden calls, required attributes.

use super::finding::{Finding, Severity};
use super::model::{Node, NodeId, NodeKind, Reachability, Site};
use super::rule::Context;
use super::settings::{
    Exception, Finder, ForbidCall, ForbidPath, ItemKind, RequireAttribute, is_or_is_in,
};
use super::{Error, Source, clippy};

/// What one rule of a team found.
pub(crate) struct Custom {
    pub(crate) name: String,
    pub(crate) found: Vec<Finding>,
    pub(crate) exceptions: Vec<Exception>,
}

/// Runs the rules that the settings define.
pub(crate) fn all(context: &Context<'_>) -> Result<Vec<Custom>, Error> {
    let source = context.source;
    let mut done = Vec::new();
    for rule in &context.settings.forbid_path {
        done.push(Custom {
            name: rule.id.clone(),
            found: forbid_path(source, rule).map_err(|it| it.in_settings(&rule.id))?,
            exceptions: rule.exceptions.clone(),
        });
    }
    for rule in &context.settings.forbid_call {
        done.push(Custom {
            name: rule.id.clone(),
            found: match rule.by {
                Finder::Inspection => forbid_call(source, rule),
                Finder::Clippy => clippy::check(source, rule),
            }
            .map_err(|it| it.in_settings(&rule.id))?,
            exceptions: rule.exceptions.clone(),
        });
    }
    for rule in &context.settings.require_attribute {
        done.push(Custom {
            name: rule.id.clone(),
            found: require_attribute(source, rule).map_err(|it| it.in_settings(&rule.id))?,
            exceptions: rule.exceptions.clone(),
        });
    }
    Ok(done)
}

/// Whether `path` is `pattern` or something of it; `::*` asks for what is below only.
fn matches(path: &str, pattern: &str) -> bool {
    match pattern.strip_suffix("::*") {
        Some(outer) => path != outer && is_or_is_in(path, outer),
        None => is_or_is_in(path, pattern),
    }
}

/// A pattern must name something of the workspace, or of another crate.
fn check_pattern(source: &Source, pattern: &str) -> Result<(), Error> {
    let plain = pattern.trim_end_matches("::*");
    let first = plain.split("::").next().unwrap_or(plain);
    let own = source
        .model
        .modules
        .iter()
        .any(|it| it.parent.is_none() && it.path == first);
    if !own || source.modules_named(plain).is_ok() {
        return Ok(());
    }
    source.nodes_named("item", plain, |_| true).map(|_| ())
}

fn decorated(
    finding: Finding,
    reason: &str,
    instead: Option<&String>,
    severity: Option<Severity>,
) -> Finding {
    let mut finding = finding.noting(reason);
    if let Some(instead) = instead {
        finding = finding.helping(instead.clone());
    }
    finding.severity = severity.unwrap_or(Severity::Error);
    finding
}

fn forbid_path(source: &Source, rule: &ForbidPath) -> Result<Vec<Finding>, Error> {
    for pattern in &rule.paths {
        check_pattern(source, pattern)?;
    }
    for module in rule.outside.iter().chain(&rule.inside) {
        source.modules_named(module)?;
    }
    let within = |path: &str, list: &[String]| list.iter().any(|it| is_or_is_in(path, it));
    let nodes = source.nodes().filter(|(_, node)| {
        let allowed = within(&node.path, &rule.outside);
        let elsewhere = !rule.inside.is_empty() && !within(&node.path, &rule.inside);
        !allowed && !elsewhere
    });
    let sites = nodes.flat_map(|(id, _)| source.sites(id));
    let found = at_sites(source, sites, &rule.paths, &rule.id, "named");
    let decorated =
        found.map(|it| decorated(it, &rule.reason, rule.instead.as_ref(), rule.severity));
    Ok(decorated.collect())
}

/// Findings at those of `sites` whose path is one of `patterns`.
fn at_sites<'a>(
    source: &'a Source,
    sites: impl Iterator<Item = &'a Site>,
    patterns: &'a [String],
    rule: &'a str,
    done: &'a str,
) -> impl Iterator<Item = Finding> {
    sites.filter_map(move |site| {
        let path = source.path_of(site)?;
        let pattern = patterns.iter().find(|it| matches(&path, it))?;
        let message = format!("`{path}` must not be {done} here");
        Some(source.finding_at_site(rule, message, site, pattern))
    })
}

fn forbid_call(source: &Source, rule: &ForbidCall) -> Result<Vec<Finding>, Error> {
    for pattern in &rule.calls {
        check_pattern(source, pattern)?;
    }
    if rule.reachable {
        return Ok(forbid_reaching(source, rule));
    }
    let nodes = source
        .nodes()
        .filter(|(_, node)| in_tiers(source, node, &rule.tiers));
    let sites = nodes
        .flat_map(|(id, _)| source.sites(id))
        .filter(|it| it.transfers_control());
    let found = at_sites(source, sites, &rule.calls, &rule.id, "called");
    let decorated =
        found.map(|it| decorated(it, &rule.reason, rule.instead.as_ref(), rule.severity));
    Ok(decorated.collect())
}

/// Tests of the tiers that get to a forbidden call, directly or through others.
fn forbid_reaching(source: &Source, rule: &ForbidCall) -> Vec<Finding> {
    let goals: Vec<NodeId> = source
        .nodes()
        .filter(|(_, node)| {
            rule.calls
                .iter()
                .any(|it| node.runs() && matches(&node.path, it))
        })
        .map(|(id, _)| id)
        .collect();
    let search = Reachability {
        goals,
        external: rule.calls.clone(),
        ..Reachability::default()
    };
    let reach = search.search(&source.model, &source.graph);
    let tests = source.test_nodes().filter(|id| {
        let tier = source.tier(source.node(*id)).unwrap_or("fast");
        rule.tiers.is_empty() || rule.tiers.iter().any(|it| it == tier)
    });
    tests
        .filter(|id| reach.from(*id))
        .map(|id| {
            let node = source.node(id);
            let message = format!("test `{}` gets to {}", node.name, rule.calls.join(", "));
            let finding = source
                .finding_at_node(&rule.id, message, node, &rule.calls.join(", "))
                .relating(source.path_places(&reach, id));
            decorated(finding, &rule.reason, rule.instead.as_ref(), rule.severity)
        })
        .collect()
}

/// Without tiers everything is meant; with tiers, test code of theirs.
fn in_tiers(source: &Source, node: &Node, tiers: &[String]) -> bool {
    if tiers.is_empty() {
        return true;
    }
    let tier = source.tier(node).unwrap_or("fast");
    source.is_test_code(node) && tiers.iter().any(|it| it == tier)
}

fn require_attribute(source: &Source, rule: &RequireAttribute) -> Result<Vec<Finding>, Error> {
    check_pattern(source, &rule.items)?;
    let wanted: Vec<&str> = rule.attribute.split("::").collect();
    let has = |node: &Node| {
        node.attributes
            .iter()
            .any(|it| it.path == wanted || it.name() == rule.attribute)
    };
    let subjects = source.nodes().filter(|(_, node)| {
        matches(&node.path, &rule.items)
            && is_kind(node, rule.kind)
            && (node.public || !rule.public)
            && (!node.test_only || rule.kind == ItemKind::Test)
    });
    let found = subjects
        .filter(|(_, node)| !has(node))
        .map(|(_, node)| {
            let message = format!("`{}` lacks `#[{}]`", node.path, rule.attribute);
            let finding = source.finding_at_node(&rule.id, message, node, &rule.attribute);
            decorated(finding, &rule.reason, rule.instead.as_ref(), rule.severity)
        })
        .collect();
    Ok(found)
}

fn is_kind(node: &Node, kind: ItemKind) -> bool {
    match kind {
        ItemKind::Function => node.function().is_some() && !node.is_test(),
        ItemKind::Test => node.is_test(),
        ItemKind::Type => matches!(node.kind, NodeKind::Type(_)),
        ItemKind::Value => matches!(node.kind, NodeKind::Value(_)),
    }
}
