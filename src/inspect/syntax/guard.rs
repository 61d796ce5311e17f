//! Which flags a condition proves.
//!
//! `if config.embed_sniffer && ready { here }` proves `embed_sniffer` and
//! `ready`; `a || b` proves only what both sides prove; `!a` proves what the
//! falsehood of `a` does. A flag is named by its last identifier: the field, the
//! method, the variable, or a string literal handed to a method (`on("x")`).

use std::sync::Arc;

use super::Shape;
use super::attribute::name;

/// What a local variable is known to be.
#[derive(Debug, Clone)]
pub(super) struct Local {
    pub(super) name: String,
    pub(super) shape: Arc<Shape>,
    /// flags that are on when this boolean is true
    pub(super) proves: Vec<String>,
    /// a fixed port in its initialiser
    pub(super) port: Option<(u16, super::Extent)>,
}

/// Local variables, innermost last.
#[derive(Debug, Default)]
pub(super) struct Scope {
    pub(super) locals: Vec<Local>,
}

impl Scope {
    pub(super) fn local(&self, name: &str) -> Option<&Local> {
        self.locals.iter().rev().find(|local| local.name == name)
    }

    pub(super) fn shape(&self, expression: &syn::Expr) -> Arc<Shape> {
        super::shape::read(expression, &|name| {
            self.local(name).map(|local| Arc::clone(&local.shape))
        })
    }

    /// Flags that are on when `condition` is true.
    pub(super) fn proven_by(&self, condition: &syn::Expr) -> Vec<String> {
        self.proven(condition, true)
    }

    /// Flags that are on when `condition` is false.
    pub(super) fn proven_by_failure_of(&self, condition: &syn::Expr) -> Vec<String> {
        self.proven(condition, false)
    }

    fn proven(&self, condition: &syn::Expr, holds: bool) -> Vec<String> {
        use syn::Expr as E;
        match condition {
            E::Paren(inner) => self.proven(&inner.expr, holds),
            E::Group(inner) => self.proven(&inner.expr, holds),
            E::Reference(inner) => self.proven(&inner.expr, holds),
            E::Await(inner) => self.proven(&inner.base, holds),
            E::Try(inner) => self.proven(&inner.expr, holds),
            E::Unary(unary) => match unary.op {
                syn::UnOp::Not(_) => self.proven(&unary.expr, !holds),
                _ => self.proven(&unary.expr, holds),
            },
            E::Binary(binary) => self.proven_binary(binary, holds),
            E::MethodCall(call) => self.proven_method(call, holds),
            E::Let(binding) if holds && refutes_absence(&binding.pat) => self.names(&binding.expr),
            _ if holds => self.names(condition),
            _ => Vec::new(),
        }
    }

    fn proven_binary(&self, binary: &syn::ExprBinary, holds: bool) -> Vec<String> {
        let left = || self.proven(&binary.left, holds);
        let right = || self.proven(&binary.right, holds);
        match (&binary.op, holds) {
            (syn::BinOp::And(_), true) | (syn::BinOp::Or(_), false) => {
                let mut both = left();
                both.extend(right());
                both
            }
            (syn::BinOp::And(_), false) | (syn::BinOp::Or(_), true) => {
                let right = right();
                left().into_iter().filter(|it| right.contains(it)).collect()
            }
            (syn::BinOp::Eq(_), _) => self.proven_equality(binary, holds),
            (syn::BinOp::Ne(_), _) => self.proven_equality(binary, !holds),
            _ => Vec::new(),
        }
    }

    /// `flag == true`, `flag != false`, `mode == Mode::Embedded`.
    fn proven_equality(&self, binary: &syn::ExprBinary, equal: bool) -> Vec<String> {
        match boolean(&binary.right) {
            Some(value) => self.proven(&binary.left, equal == value),
            None if equal => self.names(&binary.right),
            None => Vec::new(),
        }
    }

    fn proven_method(&self, call: &syn::ExprMethodCall, holds: bool) -> Vec<String> {
        match call.method.to_string().as_str() {
            "is_none" | "is_err" | "is_empty" => {
                if holds {
                    Vec::new()
                } else {
                    self.names(&call.receiver)
                }
            }
            "is_some" | "is_ok" | "is_some_and" | "is_ok_and" if holds => {
                self.names(&call.receiver)
            }
            "unwrap_or" | "unwrap_or_default" | "clone" | "get" | "load" | "copied" | "cloned" => {
                self.proven(&call.receiver, holds)
            }
            _ if holds => {
                let mut names = vec![name(&call.method)];
                names.extend(call.args.iter().filter_map(text));
                names
            }
            _ => Vec::new(),
        }
    }

    /// The flag that an expression without logic names.
    pub(super) fn names(&self, expression: &syn::Expr) -> Vec<String> {
        if boolean(expression).is_some() {
            return Vec::new();
        }
        let mut found = Vec::new();
        if let syn::Expr::Path(path) = expression
            && let Some(ident) = path.path.get_ident()
            && let Some(local) = self.local(&name(ident))
        {
            found.push(local.name.clone());
            found.extend(local.proves.iter().cloned());
        }
        if let syn::Expr::Call(call) = expression {
            found.extend(call.args.iter().filter_map(text));
        }
        if let Some(flag) = self.shape(expression).flag() {
            found.push(flag.to_owned());
        }
        found
    }
}

/// Whether matching the pattern proves that something is there or on.
pub(super) fn refutes_absence(pattern: &syn::Pat) -> bool {
    match pattern {
        syn::Pat::TupleStruct(pattern) => pattern
            .path
            .segments
            .last()
            .is_some_and(|last| last.ident != "None" && last.ident != "Err"),
        syn::Pat::Lit(literal) => matches!(
            &literal.lit,
            syn::Lit::Bool(value) if value.value
        ),
        syn::Pat::Guard(guarded) => refutes_absence(&guarded.pat),
        syn::Pat::Reference(reference) => refutes_absence(&reference.pat),
        syn::Pat::Paren(paren) => refutes_absence(&paren.pat),
        _ => false,
    }
}

fn boolean(expression: &syn::Expr) -> Option<bool> {
    match expression {
        syn::Expr::Lit(syn::ExprLit {
            lit: syn::Lit::Bool(value),
            ..
        }) => Some(value.value),
        _ => None,
    }
}

fn text(expression: &syn::Expr) -> Option<String> {
    match expression {
        syn::Expr::Lit(syn::ExprLit {
            lit: syn::Lit::Str(text),
            ..
        }) => Some(text.value()),
        _ => None,
    }
}
