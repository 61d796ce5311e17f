//! The type of a receiver, as far as declarations tell.

use std::sync::Arc;

use super::resolve::Resolver;
use super::{Definition, ModuleId, Namespace, Node, NodeId, NodeKind, Owner};
use crate::inspect::syntax::{Shape, TypeName};

/// The type of an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ty {
    /// a type or a trait of the workspace
    Node(NodeId),
    /// `std::process::Command`; `std::sync::mpsc::channel()` for what that returns
    External(Arc<str>),
}

/// Where an expression stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Position<'a> {
    pub(super) module: ModuleId,
    pub(super) owner: Option<&'a Owner>,
}

/// Methods that give back their receiver, or what it wraps.
const TRANSPARENT: [&str; 32] = [
    "as_deref",
    "as_deref_mut",
    "as_mut",
    "as_ref",
    "blocking_lock",
    "borrow",
    "borrow_mut",
    "by_ref",
    "clone",
    "cloned",
    "context",
    "copied",
    "deref",
    "deref_mut",
    "expect",
    "get_or_init",
    "instrument",
    "into_inner",
    "lock",
    "map_err",
    "ok",
    "ok_or",
    "ok_or_else",
    "or_else",
    "read",
    "to_owned",
    "try_lock",
    "unwrap",
    "unwrap_or_default",
    "unwrap_or_else",
    "with_context",
    "write",
];

/// How many declarations a type may be followed through.
const DEEPEST: usize = 24;

impl Resolver<'_> {
    /// The type of `shape` at `position`.
    pub(super) fn type_of(
        &self,
        shape: &Shape,
        position: Position<'_>,
        depth: usize,
    ) -> Option<Ty> {
        if depth > DEEPEST {
            return None;
        }
        match shape {
            Shape::Unknown => None,
            Shape::SelfValue => self.own_type(position),
            Shape::Type(name) => self.named_type(name, position),
            Shape::Path(path) => self.type_of_value(path, position, depth),
            Shape::Call(path) => self.type_of_call(path, position, depth),
            Shape::Field(inner, field) => self.type_of_field(inner, field, position, depth),
            Shape::Method(inner, method) => {
                let receiver = self.type_of(inner, position, depth + 1)?;
                self.type_of_method(receiver, method, depth)
            }
        }
    }

    fn own_type(&self, position: Position<'_>) -> Option<Ty> {
        let owner = position.owner?;
        self.path_type(position.module, &owner.self_type)
    }

    fn named_type(&self, name: &TypeName, position: Position<'_>) -> Option<Ty> {
        if name.path.first().is_some_and(|first| first == "Self") {
            return self.own_type(position);
        }
        self.path_type(position.module, &name.path)
    }

    fn path_type(&self, module: ModuleId, path: &[String]) -> Option<Ty> {
        match self.resolve(module, path, Namespace::Type) {
            Some(Definition::Node(node)) => Some(self.aliased(node)),
            Some(Definition::Associated(node, _)) => Some(Ty::Node(node)),
            Some(Definition::External(path)) => Some(Ty::External(path)),
            Some(Definition::Module(_)) => None,
            None if path.len() == 1 => Some(Ty::External(Arc::from(path[0].as_str()))),
            None => None,
        }
    }

    fn aliased(&self, node: NodeId) -> Ty {
        let behind = self.through_aliases(node);
        match &self.model.nodes[behind].kind {
            NodeKind::Type(syntax) => match &syntax.alias {
                Some(alias) => match self.resolve(
                    self.model.nodes[behind].module,
                    &alias.path,
                    Namespace::Type,
                ) {
                    Some(Definition::External(path)) => Ty::External(path),
                    _ => Ty::Node(behind),
                },
                None => Ty::Node(behind),
            },
            _ => Ty::Node(behind),
        }
    }

    /// `resolve`, with `Self::` for the type of the `impl` around.
    pub(super) fn resolve_at(
        &self,
        position: Position<'_>,
        path: &[String],
        namespace: Namespace,
    ) -> Option<Definition> {
        if path.first().is_some_and(|first| first == "Self") {
            let Some(Ty::Node(ty)) = self.own_type(position) else {
                return None;
            };
            return match path.get(1) {
                Some(segment) => self.associated(ty, segment),
                None => Some(Definition::Node(ty)),
            };
        }
        self.resolve(position.module, path, namespace)
    }

    fn type_of_value(&self, path: &[String], position: Position<'_>, depth: usize) -> Option<Ty> {
        match self.resolve_at(position, path, Namespace::Value)? {
            Definition::Node(id) => match &self.model.nodes[id].kind {
                NodeKind::Value(value) => {
                    let node = &self.model.nodes[id];
                    self.declared(value.ty.as_ref()?, node, depth)
                }
                NodeKind::Type(_) => Some(self.aliased(id)),
                _ => None,
            },
            Definition::Associated(ty, _) => Some(Ty::Node(ty)),
            Definition::External(_) | Definition::Module(_) => None,
        }
    }

    /// A type written in the declaration of `node`.
    fn declared(&self, name: &TypeName, node: &Node, _depth: usize) -> Option<Ty> {
        let position = Position {
            module: node.module,
            owner: node.owner(),
        };
        self.named_type(name, position)
    }

    fn type_of_call(&self, path: &[String], position: Position<'_>, depth: usize) -> Option<Ty> {
        match self.resolve_at(position, path, Namespace::Value)? {
            Definition::Node(id) => self.returned_by(id, depth),
            Definition::Associated(ty, _) => Some(Ty::Node(ty)),
            Definition::External(path) => Some(Ty::External(constructed_by(&path))),
            Definition::Module(_) => None,
        }
    }

    fn returned_by(&self, function: NodeId, depth: usize) -> Option<Ty> {
        let node = &self.model.nodes[function];
        match &node.kind {
            NodeKind::Function { syntax, .. } => {
                let returns = syntax.returns.as_ref()?;
                if returns.path.first().is_some_and(|first| first == "Self")
                    && let Some(owner) = self.index.type_of_method.get(&function)
                {
                    return Some(Ty::Node(*owner));
                }
                self.declared(returns, node, depth)
            }
            NodeKind::Type(_) => Some(self.aliased(function)),
            _ => None,
        }
    }

    fn type_of_field(
        &self,
        inner: &Shape,
        field: &str,
        position: Position<'_>,
        depth: usize,
    ) -> Option<Ty> {
        let Ty::Node(holder) = self.type_of(inner, position, depth + 1)? else {
            return None;
        };
        let node = &self.model.nodes[holder];
        let NodeKind::Type(syntax) = &node.kind else {
            return None;
        };
        let (_, ty) = syntax.fields.iter().find(|(name, _)| name == field)?;
        self.declared(ty.as_ref()?, node, depth)
    }

    fn type_of_method(&self, receiver: Ty, method: &str, depth: usize) -> Option<Ty> {
        match receiver {
            Ty::Node(ty) => match self.method(ty, method) {
                Some(found) => match self.returned_by(found, depth) {
                    // `fn with(self) -> Self` of a trait: the receiver's own type
                    Some(Ty::Node(returned)) if self.is_trait_of(returned, ty) => {
                        Some(Ty::Node(ty))
                    }
                    other => other,
                },
                None if TRANSPARENT.contains(&method) => Some(Ty::Node(ty)),
                None => None,
            },
            // Builders return themselves; anything else is only compared by name.
            Ty::External(path) => Some(Ty::External(path)),
        }
    }

    fn is_trait_of(&self, interface: NodeId, ty: NodeId) -> bool {
        self.index
            .traits_of
            .get(&ty)
            .is_some_and(|traits| traits.contains(&interface))
    }
}

/// `std::process::Command::new` constructs a `std::process::Command`; what
/// `std::sync::mpsc::channel` returns is called `std::sync::mpsc::channel()`.
fn constructed_by(path: &Arc<str>) -> Arc<str> {
    if let Some((holder, _)) = path.rsplit_once("::") {
        let last = holder.rsplit("::").next().unwrap_or(holder);
        if last.starts_with(char::is_uppercase) {
            return Arc::from(holder);
        }
    }
    Arc::from(format!("{path}()"))
}
