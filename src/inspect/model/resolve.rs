//! Name resolution: from a path in a module to what it names.
//!
//! As rustc does it, but with `cfg` taken as a union, and without expanding
//! macros: names in the module, then its globs, then (for the first segment) the
//! modules around a block, the crates that the manifest lists, and std.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use super::names::Index;
use super::node::Name;
use super::{Definition, Model, ModuleId, NodeId, NodeKind};

/// Types and modules, values, or macros.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Namespace {
    Type,
    Value,
    Macro,
}

type Key = (ModuleId, String, Namespace);

/// Resolves paths over a model that no longer changes.
#[derive(Debug)]
pub(crate) struct Resolver<'m> {
    pub(super) model: &'m Model,
    pub(super) index: &'m Index,
    cache: RefCell<HashMap<Key, Option<Definition>>>,
    /// lookups under way: imports and globs can be circular
    busy: RefCell<Vec<Key>>,
}

/// How long a chain of re-exports may get.
const LONGEST_CHAIN: usize = 48;

impl<'m> Resolver<'m> {
    pub(super) fn new(model: &'m Model, index: &'m Index) -> Self {
        Self {
            model,
            index,
            cache: RefCell::default(),
            busy: RefCell::default(),
        }
    }

    /// What `path` names in `module`.
    pub(crate) fn resolve(
        &self,
        module: ModuleId,
        path: &[String],
        namespace: Namespace,
    ) -> Option<Definition> {
        let (head, tail) = path.split_first()?;
        let own = self.own_module(module);
        match head.as_str() {
            "crate" => self.walk(
                Definition::Module(self.model.modules[module].root),
                tail,
                namespace,
            ),
            "self" => self.walk(Definition::Module(own), tail, namespace),
            "super" => {
                let mut above = self.parent(own)?;
                let mut rest = tail;
                while rest.first().is_some_and(|it| it == "super") {
                    above = self.parent(above)?;
                    rest = &rest[1..];
                }
                self.walk(Definition::Module(above), rest, namespace)
            }
            _ => self.resolve_plain(module, head, tail, namespace),
        }
    }

    fn resolve_plain(
        &self,
        module: ModuleId,
        head: &str,
        tail: &[String],
        namespace: Namespace,
    ) -> Option<Definition> {
        let wanted = if tail.is_empty() {
            namespace
        } else {
            Namespace::Type
        };
        if let Some(start) = self.lexical(module, head, wanted) {
            return self.walk(start, tail, namespace);
        }
        if wanted == Namespace::Macro {
            return self.any_macro(head);
        }
        if let Some(start) = self.crate_named(module, head) {
            return self.walk(start, tail, namespace);
        }
        let outside = !tail.is_empty();
        outside.then(|| external(head, tail))
    }

    /// The nearest module that is no block.
    fn own_module(&self, module: ModuleId) -> ModuleId {
        let mut at = module;
        while self.model.modules[at].block {
            match self.model.modules[at].parent {
                Some(parent) => at = parent,
                None => break,
            }
        }
        at
    }

    fn parent(&self, module: ModuleId) -> Option<ModuleId> {
        self.model.modules[module]
            .parent
            .map(|it| self.own_module(it))
    }

    /// A name in a module or, inside a function, in the modules around it.
    fn lexical(&self, module: ModuleId, name: &str, namespace: Namespace) -> Option<Definition> {
        let mut at = module;
        loop {
            if let Some(found) = self.lookup(at, name, namespace) {
                return Some(found);
            }
            if !self.model.modules[at].block {
                return None;
            }
            at = self.model.modules[at].parent?;
        }
    }

    /// A name in a module: its items and imports, then its globs.
    pub(super) fn lookup(
        &self,
        module: ModuleId,
        name: &str,
        namespace: Namespace,
    ) -> Option<Definition> {
        let key = (module, name.to_owned(), namespace);
        if let Some(known) = self.cache.borrow().get(&key) {
            return known.clone();
        }
        {
            let busy = self.busy.borrow();
            if busy.len() > LONGEST_CHAIN || busy.contains(&key) {
                return None;
            }
        }
        self.busy.borrow_mut().push(key.clone());
        let found = self
            .direct(module, name, namespace)
            .or_else(|| self.through_globs(module, name, namespace));
        self.busy.borrow_mut().pop();
        // Found inside a circle, `None` only means "not this way round".
        if found.is_some() || self.busy.borrow().is_empty() {
            self.cache.borrow_mut().insert(key, found.clone());
        }
        found
    }

    /// Items before imports: in `mod one; pub use one::one;` the import's first
    /// segment is the module.
    fn direct(&self, module: ModuleId, name: &str, namespace: Namespace) -> Option<Definition> {
        let names = self.model.modules[module].names.get(name)?;
        let among = |imports: bool, namespace| {
            let mut names = names.iter();
            names.find_map(|it| {
                (matches!(it, Name::Import(_)) == imports)
                    .then(|| self.named(module, *it, namespace))?
            })
        };
        let exact = among(false, namespace).or_else(|| among(true, namespace));
        if exact.is_some() || namespace != Namespace::Value {
            return exact;
        }
        // Unit and tuple structs are values too.
        among(false, Namespace::Type).or_else(|| among(true, Namespace::Type))
    }

    fn named(&self, module: ModuleId, name: Name, namespace: Namespace) -> Option<Definition> {
        match name {
            Name::Module(id) => (namespace == Namespace::Type).then_some(Definition::Module(id)),
            Name::Node(id) => {
                let fits = match &self.model.nodes[id].kind {
                    NodeKind::Function { .. } | NodeKind::Value(_) => namespace == Namespace::Value,
                    NodeKind::Type(_) | NodeKind::Trait => namespace == Namespace::Type,
                    NodeKind::Macro(_) => namespace == Namespace::Macro,
                    NodeKind::Impl(_) | NodeKind::MacroCall(_) | NodeKind::Imports => false,
                };
                fits.then_some(Definition::Node(id))
            }
            Name::Import(at) => {
                let import = &self.model.modules[module].imports[at];
                self.resolve(module, &import.path, namespace)
            }
        }
    }

    fn through_globs(
        &self,
        module: ModuleId,
        name: &str,
        namespace: Namespace,
    ) -> Option<Definition> {
        self.model.modules[module].globs.iter().find_map(|path| {
            match self.resolve(module, path, Namespace::Type)? {
                Definition::Module(other) if other != module => self.lookup(other, name, namespace),
                Definition::Node(ty) => self.variant(ty, name),
                _ => None,
            }
        })
    }

    /// Paths of the globs in scope that lead into other crates, preludes left out.
    pub(super) fn external_globs(&self, module: ModuleId) -> Vec<Arc<str>> {
        let mut found = Vec::new();
        let mut at = Some(module);
        while let Some(here) = at {
            let scope = &self.model.modules[here];
            for path in &scope.globs {
                match self.resolve(here, path, Namespace::Type) {
                    Some(Definition::External(path)) if !path.ends_with("prelude") => {
                        found.push(path);
                    }
                    _ => {}
                }
            }
            at = scope.parent.filter(|_| scope.block);
        }
        found
    }

    fn variant(&self, ty: NodeId, name: &str) -> Option<Definition> {
        match &self.model.nodes[ty].kind {
            NodeKind::Type(syntax) if syntax.variants.iter().any(|it| it == name) => {
                Some(Definition::Associated(ty, name.to_owned()))
            }
            _ => None,
        }
    }

    /// A crate that code in `module` can name.
    fn crate_named(&self, module: ModuleId, name: &str) -> Option<Definition> {
        if matches!(name, "std" | "core" | "alloc" | "proc_macro") {
            return Some(Definition::External(Arc::from(canonical_std(name))));
        }
        let package = self.model.targets[self.model.modules[module].target].package;
        let package = &self.model.packages[package];
        let behind = package.dependencies.iter().find(|(it, _)| it == name);
        if let Some((_, dependency)) = behind {
            let member = self.model.packages.iter().find(|it| it.name == *dependency);
            let library = member.and_then(|it| self.index.libraries.get(&it.lib_name));
            return Some(library.map_or_else(
                || Definition::External(Arc::from(name)),
                |root| Definition::Module(*root),
            ));
        }
        (package.lib_name == name)
            .then(|| self.index.libraries.get(name))?
            .map(|root| Definition::Module(*root))
    }

    /// `macro_rules!` are found by name, wherever `#[macro_use]` would have them.
    fn any_macro(&self, name: &str) -> Option<Definition> {
        let found = self.index.macros.get(name)?.first()?;
        Some(Definition::Node(*found))
    }

    /// Follows the segments after the first.
    pub(super) fn walk(
        &self,
        start: Definition,
        tail: &[String],
        namespace: Namespace,
    ) -> Option<Definition> {
        let mut at = start;
        for (position, segment) in tail.iter().enumerate() {
            let last = position + 1 == tail.len();
            let wanted = if last { namespace } else { Namespace::Type };
            at = match at {
                Definition::Module(module) => match self.lookup(module, segment, wanted) {
                    Some(found) => found,
                    None if last && wanted == Namespace::Macro => return self.any_macro(segment),
                    None if last && wanted == Namespace::Type => {
                        self.lookup(module, segment, Namespace::Value)?
                    }
                    None => return None,
                },
                Definition::Node(node) => self.associated(node, segment)?,
                Definition::Associated(..) => return Some(at),
                Definition::External(path) => {
                    Definition::External(Arc::from(format!("{path}::{segment}")))
                }
            };
        }
        Some(at)
    }

    /// `Type::segment` or `Trait::segment`.
    pub(super) fn associated(&self, node: NodeId, segment: &str) -> Option<Definition> {
        if let NodeKind::Type(syntax) = &self.model.nodes[node].kind
            && let Some(alias) = &syntax.alias
        {
            let module = self.model.nodes[node].module;
            let behind = self.resolve(module, &alias.path, Namespace::Type)?;
            return match behind {
                Definition::Node(other) if other != node => self.associated(other, segment),
                Definition::External(path) => Some(Definition::External(Arc::from(format!(
                    "{path}::{segment}"
                )))),
                _ => None,
            };
        }
        if let Some(method) = self.method(node, segment) {
            return Some(Definition::Node(method));
        }
        Some(Definition::Associated(node, segment.to_owned()))
    }

    /// A type's own method, or one that a trait of it provides.
    pub(super) fn method(&self, ty: NodeId, name: &str) -> Option<NodeId> {
        let own = |node: NodeId| {
            let methods = self.index.methods.get(&node)?;
            methods.get(name)?.first().copied()
        };
        own(ty).or_else(|| {
            let traits = self.index.traits_of.get(&ty)?;
            traits.iter().find_map(|it| own(*it))
        })
    }

    /// The type that an alias stands for.
    pub(super) fn through_aliases(&self, node: NodeId) -> NodeId {
        let mut at = node;
        for _ in 0..8 {
            let NodeKind::Type(syntax) = &self.model.nodes[at].kind else {
                break;
            };
            let Some(alias) = &syntax.alias else { break };
            let module = self.model.nodes[at].module;
            match self.resolve(module, &alias.path, Namespace::Type) {
                Some(Definition::Node(next)) if next != at => at = next,
                _ => break,
            }
        }
        at
    }
}

fn external(head: &str, tail: &[String]) -> Definition {
    Definition::External(Arc::from(format!("{head}::{}", tail.join("::"))))
}

/// `core` and `alloc` are re-exported by `std`; paths are compared under that name.
fn canonical_std(name: &str) -> &str {
    match name {
        "core" | "alloc" => "std",
        other => other,
    }
}
