//! From items to nodes: functions, types, traits, methods, values.

use std::sync::Arc;

use super::build::{Builder, Place};
use super::node::Name;
use super::{Node, NodeId, NodeKind, Owner};
use crate::inspect::syntax::{FunctionSyntax, ImplSyntax, Item};

impl Builder {
    /// A node for a named or an unnamed item.
    pub(super) fn node(&mut self, item: &Item, place: &Place, kind: NodeKind) -> NodeId {
        let id = self.model.nodes.len();
        let module = &mut self.model.modules[place.module];
        if !item.name.is_empty() {
            module
                .names
                .entry(item.name.clone())
                .or_default()
                .push(Name::Node(id));
        }
        let path = if item.name.is_empty() {
            module.path.clone()
        } else {
            format!("{}::{}", module.path, item.name)
        };
        let test_only = module.test_only || item.test_only;
        self.model.nodes.push(Node {
            name: item.name.clone(),
            path,
            module: place.module,
            scope: place.module,
            file: place.file,
            extent: item.extent,
            public: item.public,
            test_only,
            attributes: Arc::clone(&item.attributes),
            kind,
        });
        id
    }

    /// A function, free or of `owner`, whose path is `under`.
    pub(super) fn function(
        &mut self,
        syntax: &Arc<FunctionSyntax>,
        place: &Place,
        owner: Option<Owner>,
        under: Option<&str>,
    ) -> NodeId {
        let id = self.model.nodes.len();
        let module = &mut self.model.modules[place.module];
        if owner.is_none() {
            module
                .names
                .entry(syntax.name.clone())
                .or_default()
                .push(Name::Node(id));
        }
        let path = format!("{}::{}", under.unwrap_or(&module.path), syntax.name);
        let test_only = module.test_only || syntax.test_only;
        self.model.nodes.push(Node {
            name: syntax.name.clone(),
            path,
            module: place.module,
            scope: place.module,
            file: place.file,
            extent: syntax.extent,
            public: syntax.public,
            test_only,
            attributes: Arc::clone(&syntax.attributes),
            kind: NodeKind::Function {
                syntax: Arc::clone(syntax),
                owner,
            },
        });
        self.block(id, &syntax.body.items, place);
        id
    }

    /// Items declared inside a body get a module of their own that no path can name.
    pub(super) fn block(&mut self, node: NodeId, items: &[Item], place: &Place) {
        if items.is_empty() {
            return;
        }
        let name = format!("{{{}}}", self.model.nodes[node].name);
        let extent = self.model.nodes[node].extent;
        let module = self.child(place.module, &name, place.file, extent);
        let path = self.model.nodes[node].path.clone();
        let test_only = self.model.nodes[node].test_only;
        let created = &mut self.model.modules[module];
        created.block = true;
        created.inline = true;
        created.path = path;
        created.test_only = test_only;
        self.model.nodes[node].scope = module;
        let place = Place {
            module,
            inline: true,
            ..place.clone()
        };
        self.items(items, &place);
    }

    pub(super) fn interface(
        &mut self,
        item: &Item,
        methods: &[Arc<FunctionSyntax>],
        place: &Place,
    ) {
        let node = self.node(item, place, NodeKind::Trait);
        let path = self.model.nodes[node].path.clone();
        for method in methods {
            let owner = Owner {
                self_type: vec![item.name.clone()],
                interface: Some(vec![item.name.clone()]),
            };
            self.function(method, place, Some(owner), Some(&path));
        }
    }

    pub(super) fn implementation(&mut self, item: &Item, syntax: &Arc<ImplSyntax>, place: &Place) {
        self.node(item, place, NodeKind::Impl(Arc::clone(syntax)));
        let self_type = match &syntax.self_type {
            Some(ty) if !ty.dynamic => ty.path.clone(),
            _ => Vec::new(),
        };
        let last = self_type.last().map_or("impl", String::as_str);
        let path = format!("{}::{last}", self.model.modules[place.module].path);
        for method in &syntax.methods {
            let owner = Owner {
                self_type: self_type.clone(),
                interface: syntax.interface.clone(),
            };
            self.function(method, place, Some(owner), Some(&path));
        }
    }
}
