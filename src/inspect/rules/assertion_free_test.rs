//! `assertion-free-test`: a test that passes whatever the code does.

use std::collections::{HashMap, HashSet};

use crate::inspect::finding::{Finding, Severity};
use crate::inspect::model::{Definition, NodeId, NodeKind, Site, SiteTarget};
use crate::inspect::rule::{Context, Rule};
use crate::inspect::syntax::MentionKind;
use crate::inspect::{Error, Source};

pub(super) const RULE: Rule = Rule {
    name: "assertion-free-test",
    severity: Severity::Note,
    documentation: include_str!("docs/assertion-free-test.md"),
    check,
};

/// How many calls deep assertions are looked for.
const DEEPEST: usize = 6;

fn check(context: &Context<'_>) -> Result<Vec<Finding>, Error> {
    let source = context.source;
    let doubles = Doubles::of(source);
    let mut found = Vec::new();
    for id in source.test_nodes() {
        let node = source.node(id);
        let panics = node.attributes.iter().any(|it| it.name() == "should_panic");
        let has_body = node.function().is_some_and(|it| it.has_body);
        if panics || !has_body || is_about_surviving(&node.name) || can_fail(source, &doubles, id) {
            continue;
        }
        let message = format!("test `{}` asserts nothing", node.name);
        found.push(
            source
                .finding_at_node(RULE.name, message, node, "assertion")
                .labelled("it fails only if something panics by itself")
                .helping("assert what the code promises: a value, an effect, a panic (`#[should_panic(expected = ..)]`)"),
        );
    }
    Ok(found)
}

/// A name that promises no more than getting through: there is nothing else to assert.
fn is_about_surviving(name: &str) -> bool {
    let words = ["compil", "crash", "deadlock", "hang", "panic", "type_safe"];
    words.iter().any(|word| name.contains(word))
}

/// Whether something in the test, or in what it calls, can make it fail.
fn can_fail(source: &Source, doubles: &Doubles, test: NodeId) -> bool {
    let mut seen = HashSet::from([test]);
    let mut level = vec![test];
    for _ in 0..DEEPEST {
        let mut next = Vec::new();
        for id in level {
            if asserts(source, id) {
                return true;
            }
            next.extend(doubles.made_by(source, id).filter(|to| seen.insert(*to)));
            for (to, _, _) in source.graph.successors(&source.model, id) {
                let node = source.node(to);
                let helps = source.is_test_code(node) || matches!(node.kind, NodeKind::Macro(_));
                if helps && seen.insert(to) {
                    next.push(to);
                }
            }
        }
        level = next;
    }
    false
}

/// Types of test code and their methods: a future or a service of the test's own asserts
/// when the code under test calls it.
struct Doubles(HashMap<NodeId, Vec<NodeId>>);

impl Doubles {
    fn of(source: &Source) -> Self {
        let mut methods: HashMap<NodeId, Vec<NodeId>> = HashMap::new();
        for (id, node) in source.nodes() {
            if node.function().is_some()
                && let Some(ty) = source.graph.type_of_method(id)
                && source.is_test_code(source.node(ty))
            {
                methods.entry(ty).or_default().push(id);
            }
        }
        Self(methods)
    }

    /// The methods of those that a function names.
    fn made_by(&self, source: &Source, id: NodeId) -> impl Iterator<Item = NodeId> {
        let named = source.sites(id).iter().filter_map(|site| site.definition());
        let types = named.filter_map(|it| match it {
            Definition::Node(ty) | Definition::Associated(ty, _) => self.0.get(ty),
            _ => None,
        });
        types.flatten().copied()
    }
}

fn asserts(source: &Source, id: NodeId) -> bool {
    let node = source.node(id);
    let body = node.body();
    body.questions > 0
        || !body.endless_loops.is_empty()
        || source
            .sites(id)
            .iter()
            .any(|site| is_assertion(source, site))
}

fn is_assertion(source: &Source, site: &Site) -> bool {
    match (&site.kind, &site.target) {
        (MentionKind::Type, _) => false,
        (MentionKind::Macro, SiteTarget::Known(Definition::External(path))) => {
            !is_known_harmless(last(path))
        }
        (_, SiteTarget::Named(name)) => says_so(name),
        (_, SiteTarget::Known(Definition::External(path))) => says_so(last(path)),
        (_, SiteTarget::Known(Definition::Node(to))) => {
            let node = source.node(*to);
            // `fn is_send<T: Send>() {}` asserts at compile time.
            let bounded = node.function().is_some_and(|it| it.bounded_generics);
            let bounds = bounded && source.is_test_code(node);
            bounds || says_so(&node.name)
        }
        (_, SiteTarget::Known(Definition::Associated(_, name))) => says_so(name),
        (_, SiteTarget::Known(Definition::Module(_))) => false,
    }
}

fn last(path: &str) -> &str {
    path.rsplit("::").next().unwrap_or(path)
}

/// Names of functions that fail when something is not as it should be.
fn says_so(name: &str) -> bool {
    const PARTS: [&str; 14] = [
        "assert",
        "check",
        "compile_fail",
        "compile_pass",
        "ensure",
        "expect",
        "panic",
        "pass",
        "quickcheck",
        "should",
        "unwrap",
        "validate",
        "verify",
        "must",
    ];
    PARTS.iter().any(|part| name.contains(part))
}

/// Macros that cannot fail a test; any other macro of another crate might.
fn is_known_harmless(name: &str) -> bool {
    const HARMLESS: [&str; 32] = [
        "cfg",
        "column",
        "concat",
        "dbg",
        "debug",
        "env",
        "eprint",
        "eprintln",
        "error",
        "file",
        "format",
        "format_args",
        "include_bytes",
        "include_str",
        "info",
        "join",
        "json",
        "line",
        "log",
        "matches",
        "module_path",
        "option_env",
        "pin",
        "print",
        "println",
        "select",
        "span",
        "stringify",
        "thread_local",
        "trace",
        "vec",
        "warn",
    ];
    HARMLESS.contains(&name) || name.starts_with("write")
}
