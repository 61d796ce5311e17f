//! The call graph: every node's sites, and who leads to each node.

use std::collections::HashMap;

use super::names::Index;
use super::resolve::Resolver;
use super::{Certainty, Definition, Model, Namespace, NodeId, NodeKind, Site, SiteTarget, sites};
use crate::inspect::syntax::MentionKind;

/// The address of a site: its node and its position in the node's list.
pub(crate) type SiteId = (NodeId, usize);

/// Sites by node and by target.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    pub(crate) sites: Vec<Vec<Site>>,
    /// sites that lead to a node
    pub(super) to_node: HashMap<NodeId, Vec<SiteId>>,
    /// sites that lead out of the workspace
    pub(super) to_external: HashMap<String, Vec<SiteId>>,
    /// method calls of which only the name is known
    pub(super) by_name: HashMap<String, Vec<SiteId>>,
    /// implementation -> the trait's method
    pub(super) declared_by: HashMap<NodeId, NodeId>,
    index: Index,
}

impl Graph {
    /// Resolves everything in `model`; the paths of methods become those of their types.
    pub(crate) fn of(model: &mut Model) -> Self {
        let mut index = Index::of_crates(model);
        index.add_methods(model);
        let mut graph = Self::default();
        {
            let resolver = Resolver::new(model, &index);
            for id in 0..model.nodes.len() {
                graph.sites.push(sites::of_node(&resolver, id));
            }
        }
        for (declared, implementations) in &index.implementations {
            for implementation in implementations {
                graph.declared_by.insert(*implementation, *declared);
            }
        }
        graph.index = index;
        graph.index_targets();
        graph
    }

    fn index_targets(&mut self) {
        for (node, sites) in self.sites.iter().enumerate() {
            for (at, site) in sites.iter().enumerate() {
                let id = (node, at);
                match &site.target {
                    SiteTarget::Known(Definition::Node(to)) => {
                        self.to_node.entry(*to).or_default().push(id);
                    }
                    SiteTarget::Known(Definition::External(path)) => {
                        let path = path.to_string();
                        self.to_external.entry(path).or_default().push(id);
                    }
                    SiteTarget::Known(_) => {}
                    SiteTarget::Named(name) => {
                        self.by_name.entry(name.clone()).or_default().push(id);
                    }
                }
            }
        }
    }

    pub(crate) fn site(&self, (node, at): SiteId) -> &Site {
        &self.sites[node][at]
    }

    /// The node that `path` names from outside its crate, through re-exports.
    pub(crate) fn exported(&self, model: &Model, path: &str) -> Vec<NodeId> {
        let segments: Vec<String> = path.split("::").map(str::to_owned).collect();
        let Some((first, tail)) = segments.split_first() else {
            return Vec::new();
        };
        let Some(root) = self.index.libraries.get(first) else {
            return Vec::new();
        };
        let resolver = Resolver::new(model, &self.index);
        let namespaces = [Namespace::Value, Namespace::Type, Namespace::Macro];
        let found = namespaces
            .into_iter()
            .filter_map(|it| resolver.walk(Definition::Module(*root), tail, it));
        found
            .filter_map(|definition| match definition {
                Definition::Node(node) => Some(node),
                _ => None,
            })
            .collect()
    }

    /// Types that implement a trait of the workspace.
    pub(crate) fn implementors(&self, interface: NodeId) -> &[NodeId] {
        let found = self.index.implementors.get(&interface);
        found.map_or(&[], Vec::as_slice)
    }

    /// The type or trait whose method `node` is.
    pub(crate) fn type_of_method(&self, node: NodeId) -> Option<NodeId> {
        self.index.type_of_method.get(&node).copied()
    }

    /// Nodes that control may enter from `node`, with the site that leads there.
    pub(crate) fn successors(
        &self,
        model: &Model,
        node: NodeId,
    ) -> Vec<(NodeId, SiteId, Certainty)> {
        let mut found = Vec::new();
        for (at, site) in self.sites[node].iter().enumerate() {
            if !site.transfers_control() {
                continue;
            }
            let id = (node, at);
            match &site.target {
                SiteTarget::Known(Definition::Node(to)) => {
                    let to = *to;
                    if matches!(model.nodes[to].kind, NodeKind::Type(_) | NodeKind::Trait) {
                        continue;
                    }
                    found.push((to, id, site.certainty));
                    let implementations = self.index.implementations.get(&to);
                    for implementation in implementations.into_iter().flatten() {
                        found.push((*implementation, id, Certainty::Dispatch));
                    }
                }
                SiteTarget::Named(name) => {
                    for method in self.index.by_name.get(name).into_iter().flatten() {
                        found.push((*method, id, Certainty::Name));
                    }
                }
                SiteTarget::Known(_) => {}
            }
        }
        found
    }

    /// Sites from which control may enter `node`.
    pub(crate) fn predecessors(&self, model: &Model, node: NodeId) -> Vec<(SiteId, Certainty)> {
        let direct = |node: NodeId| self.to_node.get(&node).into_iter().flatten();
        let certainty = |id: &SiteId| self.site(*id).certainty;
        let mut found: Vec<(SiteId, Certainty)> =
            direct(node).map(|id| (*id, certainty(id))).collect();
        if let Some(declared) = self.declared_by.get(&node) {
            found.extend(direct(*declared).map(|id| (*id, Certainty::Dispatch)));
        }
        if model.nodes[node].owner().is_some() {
            let named = self.by_name.get(&model.nodes[node].name);
            found.extend(named.into_iter().flatten().map(|id| (*id, Certainty::Name)));
        }
        found.retain(|(id, _)| self.site(*id).transfers_control());
        found
    }

    /// Sites that lead to a path outside the workspace: the path itself or, with
    /// a `::*` at the pattern's end, anything below.
    pub(crate) fn to_external(&self, pattern: &str) -> Vec<SiteId> {
        if let Some(prefix) = pattern.strip_suffix("::*") {
            let below = self.to_external.iter().filter(|(path, _)| {
                path.strip_prefix(prefix)
                    .is_some_and(|rest| rest.starts_with("::"))
            });
            let mut found: Vec<SiteId> = below.flat_map(|(_, ids)| ids.iter().copied()).collect();
            found.sort_unstable();
            return found;
        }
        self.to_external.get(pattern).cloned().unwrap_or_default()
    }

    pub(super) fn methods_named(&self, name: &str) -> &[NodeId] {
        self.index.by_name.get(name).map_or(&[], Vec::as_slice)
    }

    /// What may run once `node` is named: itself, the implementations of a
    /// trait's method, and of a type what foreign traits (`Drop`, `Display`) call.
    pub(super) fn entered(&self, model: &Model, node: NodeId) -> Vec<NodeId> {
        let mut found = vec![node];
        found.extend(self.index.implementations.get(&node).into_iter().flatten());
        if matches!(model.nodes[node].kind, NodeKind::Type(_)) {
            let methods = self
                .index
                .methods
                .get(&node)
                .into_iter()
                .flat_map(HashMap::values);
            let foreign = methods.flatten().filter(|method| {
                let owner = model.nodes[**method].owner();
                let interface = owner.and_then(|owner| owner.interface.as_ref());
                interface.is_some() && !self.declared_by.contains_key(method)
            });
            found.extend(foreign);
        }
        found
    }

    /// Calls to nodes, values and macros, not mentions in types or imports.
    pub(crate) fn is_call(site: &Site) -> bool {
        matches!(
            site.kind,
            MentionKind::Call | MentionKind::Method(_) | MentionKind::Value
        )
    }
}
