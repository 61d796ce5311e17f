//! What name resolution looks things up in: crates, macros, methods.

use std::collections::HashMap;

use super::resolve::Resolver;
use super::{Definition, Model, ModuleId, Namespace, NodeId, NodeKind, TargetKind};

/// Lookup tables over a model.
#[derive(Debug, Default)]
pub(crate) struct Index {
    /// library crates of the workspace, by the name code uses
    pub(super) libraries: HashMap<String, ModuleId>,
    /// the library of each package
    pub(super) library_of: HashMap<usize, ModuleId>,
    /// `macro_rules!`, by name
    pub(super) macros: HashMap<String, Vec<NodeId>>,
    /// methods of a type or a trait, by name
    pub(super) methods: HashMap<NodeId, HashMap<String, Vec<NodeId>>>,
    /// every method of a name
    pub(super) by_name: HashMap<String, Vec<NodeId>>,
    /// implementations of a trait's method
    pub(super) implementations: HashMap<NodeId, Vec<NodeId>>,
    /// traits that a type implements
    pub(super) traits_of: HashMap<NodeId, Vec<NodeId>>,
    /// types that implement a trait
    pub(super) implementors: HashMap<NodeId, Vec<NodeId>>,
    /// the type that a method is of
    pub(super) type_of_method: HashMap<NodeId, NodeId>,
}

impl Index {
    /// Crates and macros: what resolving paths needs.
    pub(super) fn of_crates(model: &Model) -> Self {
        let mut index = Self::default();
        for (id, module) in model.modules.iter().enumerate() {
            let target = &model.targets[module.target];
            if module.parent.is_none() && target.kind == TargetKind::Lib {
                index.libraries.insert(target.name.clone(), id);
                index.library_of.insert(target.package, id);
            }
        }
        for (id, node) in model.nodes.iter().enumerate() {
            if matches!(node.kind, NodeKind::Macro(_)) {
                index.macros.entry(node.name.clone()).or_default().push(id);
            }
        }
        index
    }

    /// Methods: which type or trait each belongs to.
    pub(super) fn add_methods(&mut self, model: &mut Model) {
        let owned = self.owners(model);
        for (method, owner, interface) in &owned {
            let name = model.nodes[*method].name.clone();
            self.by_name.entry(name.clone()).or_default().push(*method);
            if let Some(owner) = owner {
                let methods = self.methods.entry(*owner).or_default();
                methods.entry(name.clone()).or_default().push(*method);
                self.type_of_method.insert(*method, *owner);
                model.nodes[*method].path = format!("{}::{name}", model.nodes[*owner].path);
            }
            if let (Some(owner), Some(interface)) = (owner, interface)
                && owner != interface
            {
                push_new(self.traits_of.entry(*owner).or_default(), *interface);
                push_new(self.implementors.entry(*interface).or_default(), *owner);
            }
        }
        for (method, owner, interface) in &owned {
            let Some(interface) = interface.filter(|it| owner.as_ref() != Some(it)) else {
                continue;
            };
            let name = &model.nodes[*method].name;
            let declared = self.methods.get(&interface).and_then(|it| it.get(name));
            if let Some(declared) = declared.and_then(|it| it.first()) {
                self.implementations
                    .entry(*declared)
                    .or_default()
                    .push(*method);
            }
        }
        self.add_empty_implementations(model);
    }

    /// Each method with its type (or its trait, where it is declared) and its trait.
    fn owners(&self, model: &Model) -> Vec<(NodeId, Option<NodeId>, Option<NodeId>)> {
        let resolver = Resolver::new(model, self);
        let node = |module, path: &[String]| {
            if path.is_empty() {
                return None;
            }
            match resolver.resolve(module, path, Namespace::Type) {
                Some(Definition::Node(node)) => Some(resolver.through_aliases(node)),
                _ => None,
            }
        };
        let methods = model.nodes.iter().enumerate();
        methods
            .filter_map(|(id, it)| Some((id, it.module, it.owner()?)))
            .map(|(id, module, owner)| {
                let interface = owner.interface.as_deref().and_then(|it| node(module, it));
                (id, node(module, &owner.self_type), interface)
            })
            .collect()
    }

    /// `impl Trait for Type {}` has no method that would tell.
    fn add_empty_implementations(&mut self, model: &Model) {
        let mut found = Vec::new();
        {
            let resolver = Resolver::new(model, self);
            for node in &model.nodes {
                let NodeKind::Impl(syntax) = &node.kind else {
                    continue;
                };
                let (Some(ty), Some(interface)) = (&syntax.self_type, &syntax.interface) else {
                    continue;
                };
                let resolve = |path| resolver.resolve(node.module, path, Namespace::Type);
                if let (Some(Definition::Node(ty)), Some(Definition::Node(interface))) =
                    (resolve(&ty.path), resolve(interface))
                {
                    found.push((resolver.through_aliases(ty), interface));
                }
            }
        }
        for (ty, interface) in found {
            push_new(self.traits_of.entry(ty).or_default(), interface);
            push_new(self.implementors.entry(interface).or_default(), ty);
        }
    }
}

fn push_new(into: &mut Vec<NodeId>, node: NodeId) {
    if !into.contains(&node) {
        into.push(node);
    }
}
