//! From mentions to sites: every mention of every node, resolved.

use std::sync::Arc;

use super::infer::{Position, Ty};
use super::resolve::Resolver;
use super::{Certainty, Definition, Namespace, Node, NodeId, NodeKind, Site, SiteTarget};
use crate::inspect::syntax::{Import, Mention, MentionKind, Shape, Within};

/// The sites of one node.
pub(super) fn of_node(resolver: &Resolver<'_>, id: NodeId) -> Vec<Site> {
    let node = &resolver.model.nodes[id];
    let mut sites = Vec::new();
    if matches!(node.kind, NodeKind::Imports) {
        for import in &resolver.model.modules[node.module].imports {
            sites.extend(of_import(resolver, id, node, import));
        }
        return sites;
    }
    for mention in &node.body().mentions {
        of_mention(resolver, id, node, mention, &mut sites);
    }
    fixtures(resolver, id, node, &mut sites);
    sites
}

fn of_import(resolver: &Resolver<'_>, id: NodeId, node: &Node, import: &Import) -> Vec<Site> {
    let namespaces = [Namespace::Type, Namespace::Value, Namespace::Macro];
    let mut found: Vec<Definition> = Vec::new();
    for namespace in namespaces {
        if let Some(definition) = resolver.resolve(node.module, &import.path, namespace)
            && !found.contains(&definition)
        {
            found.push(definition);
        }
    }
    found
        .into_iter()
        .map(|definition| Site {
            from: id,
            target: SiteTarget::Known(definition),
            kind: MentionKind::Type,
            certainty: Certainty::Path,
            file: node.file,
            extent: import.extent,
            guards: Arc::new([]),
            within: Within::default(),
            port: None,
        })
        .collect()
}

fn of_mention(
    resolver: &Resolver<'_>,
    id: NodeId,
    node: &Node,
    mention: &Mention,
    into: &mut Vec<Site>,
) {
    let position = Position {
        module: node.scope,
        owner: node.owner(),
    };
    let mut push = |target, certainty| {
        into.push(Site {
            from: id,
            target,
            kind: mention.kind.clone(),
            certainty,
            file: node.file,
            extent: mention.extent,
            guards: Arc::clone(&mention.guards),
            within: mention.within,
            port: mention.port,
        });
    };
    if let MentionKind::Method(shape) = &mention.kind {
        let name = &mention.path[0];
        let (target, certainty) = method(resolver, position, shape, name);
        push(target, certainty);
        return;
    }
    let namespace = match mention.kind {
        MentionKind::Macro => Namespace::Macro,
        MentionKind::Type => Namespace::Type,
        _ => Namespace::Value,
    };
    let known = resolver.resolve_at(position, &mention.path, namespace);
    match (known, &mention.kind) {
        (Some(definition), _) => push(SiteTarget::Known(definition), Certainty::Path),
        (None, MentionKind::Macro) => {
            let path = Arc::from(mention.path.join("::"));
            push(
                SiteTarget::Known(Definition::External(path)),
                Certainty::Path,
            );
        }
        (None, MentionKind::Call) if mention.path.len() == 1 => {
            for glob in resolver.external_globs(node.scope) {
                let path = Arc::from(format!("{glob}::{}", mention.path[0]));
                push(
                    SiteTarget::Known(Definition::External(path)),
                    Certainty::Name,
                );
            }
        }
        _ => {}
    }
}

/// Where a method call leads.
fn method(
    resolver: &Resolver<'_>,
    position: Position<'_>,
    shape: &Shape,
    name: &str,
) -> (SiteTarget, Certainty) {
    let named = || (SiteTarget::Named(name.to_owned()), Certainty::Name);
    match resolver.type_of(shape, position, 0) {
        Some(Ty::Node(ty)) => match resolver.method(ty, name) {
            Some(method) => (
                SiteTarget::Known(Definition::Node(method)),
                Certainty::Receiver,
            ),
            // Through `Deref`, a derive, or a blanket implementation.
            None => named(),
        },
        Some(Ty::External(path)) => (
            SiteTarget::Known(Definition::External(Arc::from(format!("{path}::{name}")))),
            Certainty::Receiver,
        ),
        None => named(),
    }
}

/// rstest hands a fixture to the parameter of its name.
fn fixtures(resolver: &Resolver<'_>, id: NodeId, node: &Node, into: &mut Vec<Site>) {
    let Some(function) = node.function() else {
        return;
    };
    let uses_fixtures = function
        .attributes
        .iter()
        .any(|it| matches!(it.name(), "rstest" | "fixture"));
    if !uses_fixtures {
        return;
    }
    for parameter in &function.parameters {
        let name = parameter.name.trim_start_matches('_').to_owned();
        let found = resolver.resolve(node.module, &[name], Namespace::Value);
        let Some(Definition::Node(fixture)) = found else {
            continue;
        };
        let is_fixture = resolver.model.nodes[fixture]
            .function()
            .is_some_and(crate::inspect::syntax::FunctionSyntax::is_fixture);
        if is_fixture {
            into.push(Site {
                from: id,
                target: SiteTarget::Known(Definition::Node(fixture)),
                kind: MentionKind::Call,
                certainty: Certainty::Fixture,
                file: node.file,
                extent: node.extent,
                guards: Arc::new([]),
                within: Within::default(),
                port: None,
            });
        }
    }
}
