//! Where a value came from: enough of an expression to guess its type later,
//! when the whole workspace is known.

use std::sync::Arc;

use super::TypeName;
use super::attribute::{name, segments};

/// An expression, reduced to what its type depends on.
#[derive(Debug, Clone)]
pub(crate) enum Shape {
    /// a declared type
    Type(TypeName),
    SelfValue,
    /// a path that is no local: a static, a unit struct, a function
    Path(Vec<String>),
    Call(Vec<String>),
    Method(Arc<Shape>, String),
    Field(Arc<Shape>, String),
    Unknown,
}

/// How long a chain may get before its type is given up.
const DEEPEST: usize = 24;

impl Shape {
    /// The flag that a boolean of this shape would be called.
    pub(crate) fn flag(&self) -> Option<&str> {
        match self {
            Self::Method(_, name) | Self::Field(_, name) => Some(name),
            Self::Path(path) | Self::Call(path) => path.last().map(String::as_str),
            Self::Type(_) | Self::SelfValue | Self::Unknown => None,
        }
    }

    fn depth(&self) -> usize {
        match self {
            Self::Method(inner, _) | Self::Field(inner, _) => 1 + inner.depth(),
            _ => 0,
        }
    }
}

/// Functions that wrap their only argument.
const WRAPPING: [&str; 12] = [
    "Some",
    "Ok",
    "Err",
    "Arc",
    "Rc",
    "Box",
    "Mutex",
    "RwLock",
    "Pin",
    "RefCell",
    "pin",
    "spawn_blocking",
];

/// The shape of `expression`; `local` looks up local variables.
pub(super) fn read(
    expression: &syn::Expr,
    local: &dyn Fn(&str) -> Option<Arc<Shape>>,
) -> Arc<Shape> {
    use syn::Expr as E;
    let unknown = || Arc::new(Shape::Unknown);
    match expression {
        E::Path(path) => of_path(&path.path, local),
        E::Call(call) => of_call(call, local),
        E::MethodCall(call) => deeper(read(&call.receiver, local), |inner| {
            Shape::Method(inner, name(&call.method))
        }),
        E::Field(field) => deeper(read(&field.base, local), |inner| {
            let member = match &field.member {
                syn::Member::Named(ident) => name(ident),
                syn::Member::Unnamed(index) => index.index.to_string(),
            };
            Shape::Field(inner, member)
        }),
        E::Reference(inner) => read(&inner.expr, local),
        E::Paren(inner) => read(&inner.expr, local),
        E::Group(inner) => read(&inner.expr, local),
        E::Try(inner) => read(&inner.expr, local),
        E::Await(inner) => read(&inner.base, local),
        E::Unary(inner) => read(&inner.expr, local),
        E::Struct(literal) => Arc::new(Shape::Type(TypeName {
            path: segments(&literal.path),
            dynamic: false,
        })),
        E::Block(block) => match block.block.stmts.last() {
            Some(syn::Stmt::Expr(last, None)) => read(last, local),
            _ => unknown(),
        },
        _ => unknown(),
    }
}

fn deeper(inner: Arc<Shape>, outer: impl FnOnce(Arc<Shape>) -> Shape) -> Arc<Shape> {
    if inner.depth() > DEEPEST {
        return Arc::new(Shape::Unknown);
    }
    Arc::new(outer(inner))
}

fn of_path(path: &syn::Path, local: &dyn Fn(&str) -> Option<Arc<Shape>>) -> Arc<Shape> {
    if let Some(ident) = path.get_ident() {
        if ident == "self" {
            return Arc::new(Shape::SelfValue);
        }
        if let Some(shape) = local(&name(ident)) {
            return shape;
        }
    }
    Arc::new(Shape::Path(segments(path)))
}

fn of_call(call: &syn::ExprCall, local: &dyn Fn(&str) -> Option<Arc<Shape>>) -> Arc<Shape> {
    let syn::Expr::Path(function) = &*call.func else {
        return Arc::new(Shape::Unknown);
    };
    let path = segments(&function.path);
    let holder = match path.as_slice() {
        [.., holder, last] if last == "new" || last == "pin" || last == "clone" => Some(holder),
        [single] => Some(single),
        _ => None,
    };
    if let Some(holder) = holder
        && WRAPPING.contains(&holder.as_str())
        && let Some(argument) = call.args.first()
        && call.args.len() == 1
    {
        return read(argument, local);
    }
    Arc::new(Shape::Call(path))
}
