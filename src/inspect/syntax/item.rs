//! The items of a file, and what happens in bodies.

use std::sync::Arc;

use super::{Attribute, Entry, Extent, Shape, TypeName};

/// One parsed file.
#[derive(Debug, Default)]
pub(crate) struct FileSyntax {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) items: Vec<Item>,
}

/// An item: a module, a function, a `use`, an `impl`, ...
#[derive(Debug)]
pub(crate) struct Item {
    /// empty for items without a name (`use`, `impl`, macro calls)
    pub(crate) name: String,
    pub(crate) extent: Extent,
    pub(crate) attributes: Arc<[Attribute]>,
    pub(crate) public: bool,
    /// under a `cfg` that only tests satisfy
    pub(crate) test_only: bool,
    pub(crate) kind: ItemKind,
}

#[derive(Debug)]
pub(crate) enum ItemKind {
    Module(ModuleSyntax),
    Imports(Vec<Import>),
    Function(Arc<FunctionSyntax>),
    Type(Arc<TypeSyntax>),
    Trait(Vec<Arc<FunctionSyntax>>),
    Impl(Arc<ImplSyntax>),
    Value(Arc<ValueSyntax>),
    /// `macro_rules!`: what its arms mention
    MacroRules(Arc<Body>),
    MacroCall(Arc<MacroCall>),
    /// `extern crate original as name`
    ExternCrate(String),
}

#[derive(Debug)]
pub(crate) struct ModuleSyntax {
    /// `None` for `mod name;`
    pub(crate) inline: Option<Vec<Item>>,
}

/// One name brought in by a `use` tree, or a glob.
#[derive(Debug, Clone)]
pub(crate) struct Import {
    /// `None` for a glob; `Some("_")` for `as _`
    pub(crate) name: Option<String>,
    pub(crate) path: Vec<String>,
    pub(crate) extent: Extent,
}

#[derive(Debug)]
pub(crate) struct Parameter {
    /// the name bound; empty for patterns
    pub(crate) name: String,
}

#[derive(Debug)]
pub(crate) struct FunctionSyntax {
    pub(crate) name: String,
    /// its name
    pub(crate) extent: Extent,
    /// from `fn` to the closing brace
    pub(crate) whole: Extent,
    pub(crate) attributes: Arc<[Attribute]>,
    pub(crate) public: bool,
    pub(crate) test_only: bool,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) returns: Option<TypeName>,
    pub(crate) bounded_generics: bool,
    /// `None` for a trait's required method
    pub(crate) has_body: bool,
    pub(crate) body: Body,
}

impl FunctionSyntax {
    pub(crate) fn is_test(&self) -> bool {
        self.attributes.iter().any(Attribute::marks_a_test)
    }

    pub(crate) fn is_fixture(&self) -> bool {
        self.attributes.iter().any(|it| it.name() == "fixture")
    }
}

#[derive(Debug)]
pub(crate) struct TypeSyntax {
    /// fields with their types; variants of an enum without
    pub(crate) fields: Vec<(String, Option<TypeName>)>,
    pub(crate) variants: Vec<String>,
    /// `type Name = Other;`
    pub(crate) alias: Option<TypeName>,
    pub(crate) body: Body,
}

#[derive(Debug)]
pub(crate) struct ImplSyntax {
    pub(crate) self_type: Option<TypeName>,
    pub(crate) interface: Option<Vec<String>>,
    pub(crate) methods: Vec<Arc<FunctionSyntax>>,
    /// what the header and the associated types mention
    pub(crate) body: Body,
}

/// A `static` or `const`.
#[derive(Debug)]
pub(crate) struct ValueSyntax {
    pub(crate) ty: Option<TypeName>,
    /// the entries, when it is a list of keyed entries
    pub(crate) table: Option<Vec<Entry>>,
    pub(crate) body: Body,
}

/// A macro called where items stand.
#[derive(Debug)]
pub(crate) struct MacroCall {
    pub(crate) path: Vec<String>,
    pub(crate) extent: Extent,
    /// the arguments, as tokens print themselves
    pub(crate) arguments: String,
    /// the arguments, where they are items
    pub(crate) items: Vec<Item>,
    pub(crate) body: Body,
}

/// What a body does, in source order.
#[derive(Debug, Default)]
pub(crate) struct Body {
    pub(crate) mentions: Vec<Mention>,
    /// items and `use`s declared inside
    pub(crate) items: Vec<Item>,
    /// the `loop` of each synchronous loop without an exit
    pub(crate) endless_loops: Vec<Extent>,
    /// how often `?` is used
    pub(crate) questions: usize,
}

/// A path or a method that a body names.
#[derive(Debug, Clone)]
pub(crate) struct Mention {
    pub(crate) kind: MentionKind,
    /// one segment, the method's name, for method calls
    pub(crate) path: Vec<String>,
    pub(crate) extent: Extent,
    /// flags known to be on here
    pub(crate) guards: Arc<[String]>,
    pub(crate) within: Within,
    /// the first fixed, non-zero port among the arguments
    pub(crate) port: Option<(u16, Extent)>,
}

#[derive(Debug, Clone)]
pub(crate) enum MentionKind {
    Call,
    Method(Arc<Shape>),
    Value,
    Type,
    Macro,
}

/// The circumstances of a mention.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Within {
    /// in a loop that something ends: polling
    pub(crate) polling: bool,
    /// among the arguments of a timeout
    pub(crate) bounded: bool,
    /// in a `select!`
    pub(crate) select: bool,
    /// in a closure or an async block
    pub(crate) deferred: bool,
    /// in async code
    pub(crate) asynchronous: bool,
    /// found in macro arguments that do not parse
    pub(crate) tokens: bool,
    /// directly awaited
    pub(crate) awaited: bool,
    /// under `#[expect(clippy::disallowed_methods)]` on a statement or expression
    pub(crate) expected: bool,
}
