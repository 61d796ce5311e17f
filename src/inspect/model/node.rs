//! Modules, the items in them, and their mentions of each other.

use std::collections::HashMap;
use std::sync::Arc;

use super::{FileId, TargetId};
use crate::inspect::syntax::{
    Attribute, Body, Extent, FunctionSyntax, ImplSyntax, Import, MacroCall, MentionKind,
    TypeSyntax, ValueSyntax, Within,
};

pub(crate) type ModuleId = usize;
pub(crate) type NodeId = usize;

/// A module: a crate's root, a file, an inline `mod`, or the inside of a
/// function that declares items.
#[derive(Debug)]
pub(crate) struct Module {
    pub(crate) name: String,
    /// `decnet::sniffer`; a block's is that of the function around it
    pub(crate) path: String,
    pub(crate) parent: Option<ModuleId>,
    /// the crate's root
    pub(crate) root: ModuleId,
    pub(crate) target: TargetId,
    pub(crate) file: FileId,
    /// its name in the `mod` line; the file's start for a crate's root
    pub(crate) extent: Extent,
    /// the file that holds the `mod` line
    pub(crate) declared_in: FileId,
    pub(crate) test_only: bool,
    /// under a `cfg` of the platform, which no single run satisfies everywhere
    pub(crate) platform: bool,
    /// under a `cfg` of another system than the one that inspection runs on
    pub(crate) foreign: bool,
    pub(crate) inline: bool,
    /// the inside of a function
    pub(crate) block: bool,
    pub(crate) names: HashMap<String, Vec<Name>>,
    /// paths of `use path::*`
    pub(crate) globs: Vec<Vec<String>>,
    pub(crate) imports: Vec<Import>,
    /// whether a node stands for its `use` items already
    pub(super) has_imports_node: bool,
}

/// What a name in a module stands for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Name {
    Module(ModuleId),
    Node(NodeId),
    /// index into the module's imports
    Import(usize),
}

/// An item that mentions others.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) name: String,
    /// `decnet::db::SqliteRepository::open`
    pub(crate) path: String,
    pub(crate) module: ModuleId,
    /// where its body's names are looked up: a block module if it declares items
    pub(crate) scope: ModuleId,
    pub(crate) file: FileId,
    pub(crate) extent: Extent,
    pub(crate) public: bool,
    pub(crate) test_only: bool,
    pub(crate) attributes: Arc<[Attribute]>,
    pub(crate) kind: NodeKind,
}

#[derive(Debug)]
pub(crate) enum NodeKind {
    Function {
        syntax: Arc<FunctionSyntax>,
        owner: Option<Owner>,
    },
    Type(Arc<TypeSyntax>),
    /// its methods are nodes of their own
    Trait,
    Value(Arc<ValueSyntax>),
    Macro(Arc<Body>),
    Impl(Arc<ImplSyntax>),
    MacroCall(Arc<MacroCall>),
    /// the `use` items of a module
    Imports,
}

/// The `impl` or `trait` that a method stands in.
#[derive(Debug, Clone)]
pub(crate) struct Owner {
    pub(crate) self_type: Vec<String>,
    pub(crate) interface: Option<Vec<String>>,
}

static NOTHING: Body = Body {
    mentions: Vec::new(),
    items: Vec::new(),
    endless_loops: Vec::new(),
    questions: 0,
};

impl Node {
    pub(crate) fn body(&self) -> &Body {
        match &self.kind {
            NodeKind::Function { syntax, .. } => &syntax.body,
            NodeKind::Type(syntax) => &syntax.body,
            NodeKind::Value(syntax) => &syntax.body,
            NodeKind::Macro(body) => body,
            NodeKind::Impl(syntax) => &syntax.body,
            NodeKind::MacroCall(call) => &call.body,
            NodeKind::Trait | NodeKind::Imports => &NOTHING,
        }
    }

    pub(crate) fn function(&self) -> Option<&FunctionSyntax> {
        match &self.kind {
            NodeKind::Function { syntax, .. } => Some(syntax),
            _ => None,
        }
    }

    pub(crate) fn owner(&self) -> Option<&Owner> {
        match &self.kind {
            NodeKind::Function { owner, .. } => owner.as_ref(),
            _ => None,
        }
    }

    pub(crate) fn is_test(&self) -> bool {
        self.function().is_some_and(FunctionSyntax::is_test)
    }

    /// Whether it can be part of a call chain.
    pub(crate) fn runs(&self) -> bool {
        matches!(
            self.kind,
            NodeKind::Function { .. } | NodeKind::Value(_) | NodeKind::Macro(_)
        )
    }
}

/// What a path leads to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Definition {
    Module(ModuleId),
    Node(NodeId),
    /// something under a workspace type that is no method we know: a variant, a derived function
    Associated(NodeId, String),
    /// a path into another crate
    External(Arc<str>),
}

/// How much is known about where a mention leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Certainty {
    /// a path that resolves
    Path,
    /// a method on a receiver whose type could be followed
    Receiver,
    /// a trait's method: any of its implementations
    Dispatch,
    /// an rstest fixture, by its parameter's name
    Fixture,
    /// only the method's name fits
    Name,
}

#[derive(Debug, Clone)]
pub(crate) enum SiteTarget {
    Known(Definition),
    /// every method of this name
    Named(String),
}

/// A mention, resolved.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    pub(crate) from: NodeId,
    pub(crate) target: SiteTarget,
    pub(crate) kind: MentionKind,
    pub(crate) certainty: Certainty,
    pub(crate) file: FileId,
    pub(crate) extent: Extent,
    pub(crate) guards: Arc<[String]>,
    pub(crate) within: Within,
    pub(crate) port: Option<(u16, Extent)>,
}

impl Site {
    pub(crate) fn definition(&self) -> Option<&Definition> {
        match &self.target {
            SiteTarget::Known(definition) => Some(definition),
            SiteTarget::Named(_) => None,
        }
    }

    /// The path into another crate that it leads to.
    pub(crate) fn external(&self) -> Option<&str> {
        match self.definition() {
            Some(Definition::External(path)) => Some(path),
            _ => None,
        }
    }

    /// Whether control may pass along it: a call, or a function handed on.
    pub(crate) fn transfers_control(&self) -> bool {
        !matches!(self.kind, MentionKind::Type)
    }
}
