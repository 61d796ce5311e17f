//! Statements and control flow of a body.

use std::sync::Arc;

use syn::punctuated::Punctuated;
use syn::visit::Visit;

use super::attribute::segments;
use super::body::{Names, Reader};
use super::exits::{diverges, expression_diverges, leaves};
use super::guard::{Local, refutes_absence};
use super::{Extent, MentionKind, Shape, Within, tokens, type_name};

impl Reader {
    /// Reads statements in order; an early return proves its condition false
    /// for the rest.
    pub(super) fn statements(&mut self, statements: &[syn::Stmt]) {
        for statement in statements {
            match statement {
                syn::Stmt::Local(local) => self.read_local(local),
                syn::Stmt::Item(item) => self.visit_item(item),
                syn::Stmt::Macro(call) => {
                    self.expected(&call.attrs, |it| it.visit_macro(&call.mac));
                }
                syn::Stmt::Expr(expression, _) => {
                    self.expected(attributes(expression), |it| it.visit_expr(expression));
                    let flags = self.proven_after(expression);
                    self.learn(flags);
                }
            }
        }
    }

    /// Reads under an `#[expect(..)]`, if `attributes` has one.
    fn expected(&mut self, attributes: &[syn::Attribute], read: impl FnOnce(&mut Self)) {
        let expected = attributes.iter().any(|it| {
            (it.path().is_ident("expect") || it.path().is_ident("allow"))
                && matches!(&it.meta, syn::Meta::List(list)
                    if list.tokens.to_string().contains("disallowed_methods"))
        });
        let within = Within {
            expected: self.within.expected || expected,
            ..self.within
        };
        self.inside(within, read);
    }

    fn proven_after(&self, statement: &syn::Expr) -> Vec<String> {
        match statement {
            syn::Expr::If(branch) if diverges(&branch.then_branch) => {
                self.scope.proven_by_failure_of(&branch.cond)
            }
            _ => Vec::new(),
        }
    }

    fn read_local(&mut self, local: &syn::Local) {
        let Some(init) = &local.init else {
            self.bind_typed(&local.pat);
            return;
        };
        self.expected(&local.attrs, |it| it.visit_expr(&init.expr));
        if let Some((_, otherwise)) = &init.diverge {
            self.visit_expr(otherwise);
            if expression_diverges(otherwise) && refutes_absence(&local.pat) {
                let flags = self.scope.names(&init.expr);
                self.learn(flags);
            }
        }
        let value = self.scope.shape(&init.expr);
        let proves = self.scope.proven_by(&init.expr);
        let port = self.scope.fixed_port(&init.expr);
        match &local.pat {
            syn::Pat::Ident(ident) => self.scope.locals.push(Local {
                name: super::attribute::name(&ident.ident),
                shape: value,
                proves,
                port,
            }),
            syn::Pat::Type(_) => self.bind_typed(&local.pat),
            syn::Pat::Tuple(_) | syn::Pat::TupleStruct(_) => {
                let mut names = Names(Vec::new());
                names.visit_pat(&local.pat);
                self.bind_all(names.0, &value);
                self.pattern(&local.pat);
            }
            other => {
                self.bind_unknown(other);
                self.pattern(other);
            }
        }
    }

    /// Binds `name: Type` to its type, other patterns to something unknown.
    pub(super) fn bind_typed(&mut self, pattern: &syn::Pat) {
        self.pattern(pattern);
        if let syn::Pat::Type(typed) = pattern
            && let syn::Pat::Ident(ident) = &*typed.pat
        {
            let ty = type_name::read(&typed.ty, &self.generics);
            let shape = Arc::new(ty.map_or(Shape::Unknown, Shape::Type));
            self.bind_all(vec![super::attribute::name(&ident.ident)], &shape);
        } else {
            self.bind_unknown(pattern);
        }
    }

    /// Mentions what a pattern names.
    fn pattern(&mut self, pattern: &syn::Pat) {
        self.visit_pat(pattern);
    }

    pub(super) fn read_if(&mut self, node: &syn::ExprIf) {
        let on = self.scope.proven_by(&node.cond);
        let off = self.scope.proven_by_failure_of(&node.cond);
        self.guarded(Vec::new(), |reader| {
            reader.condition(&node.cond);
            reader.guarded(on, |reader| reader.visit_block(&node.then_branch));
        });
        if let Some((_, otherwise)) = &node.else_branch {
            self.guarded(off, |reader| reader.visit_expr(otherwise));
        }
    }

    /// Reads a condition; `let` patterns in it bind for what follows.
    fn condition(&mut self, condition: &syn::Expr) {
        match condition {
            syn::Expr::Let(binding) => {
                self.visit_expr(&binding.expr);
                let value = self.scope.shape(&binding.expr);
                let mut names = Names(Vec::new());
                names.visit_pat(&binding.pat);
                self.bind_all(names.0, &value);
                self.pattern(&binding.pat);
            }
            syn::Expr::Binary(binary) if matches!(binary.op, syn::BinOp::And(_)) => {
                self.condition(&binary.left);
                let flags = self.scope.proven_by(&binary.left);
                let known = self.known();
                self.learn(flags);
                self.condition(&binary.right);
                self.forget(known);
            }
            other => self.visit_expr(other),
        }
    }

    pub(super) fn read_match(&mut self, node: &syn::ExprMatch) {
        self.visit_expr(&node.expr);
        for arm in &node.arms {
            let mut flags = match &arm.pat {
                pattern if refutes_absence(pattern) => self.scope.proven_by(&node.expr),
                _ => Vec::new(),
            };
            if let syn::Pat::Guard(guarded) = &arm.pat {
                flags.extend(self.scope.proven_by(&guarded.guard));
            }
            let (forked, within) = (self.forked, self.within);
            if is_forked_child(&arm.pat) {
                self.forked = true;
                self.within.deferred = true;
            }
            self.guarded(flags, |reader| {
                reader.bind_unknown(&arm.pat);
                reader.pattern(&arm.pat);
                reader.visit_expr(&arm.body);
            });
            (self.forked, self.within) = (forked, within);
        }
    }

    /// `loop`, or `while true`.
    pub(super) fn read_endless(&mut self, body: &syn::Block, extent: Extent) {
        let exit = leaves(body);
        if !exit && !self.within.asynchronous && !self.forked {
            self.body.endless_loops.push(extent);
        }
        self.in_loop(exit, |reader| reader.visit_block(body));
    }

    pub(super) fn read_while(&mut self, node: &syn::ExprWhile) {
        if matches!(&*node.cond, syn::Expr::Lit(_)) {
            self.read_endless(&node.body, Extent::of(node.while_token.span));
            return;
        }
        let flags = self.scope.proven_by(&node.cond);
        self.in_loop(true, |reader| {
            reader.guarded(flags, |reader| {
                reader.condition(&node.cond);
                reader.visit_block(&node.body);
            });
        });
    }

    pub(super) fn read_for(&mut self, node: &syn::ExprForLoop) {
        self.visit_expr(&node.expr);
        self.in_loop(leaves(&node.body), |reader| {
            reader.guarded(Vec::new(), |reader| {
                reader.bind_unknown(&node.pat);
                reader.visit_block(&node.body);
            });
        });
    }

    fn in_loop(&mut self, exit: bool, read: impl FnOnce(&mut Self)) {
        let within = Within {
            polling: self.within.polling || exit,
            awaited: false,
            ..self.within
        };
        self.inside(within, read);
    }

    /// A macro: its name, and its arguments as expressions, statements, or tokens.
    pub(super) fn read_macro(&mut self, node: &syn::Macro) {
        let path = segments(&node.path);
        let last = path.last().cloned().unwrap_or_default();
        self.mention(MentionKind::Macro, path, Extent::of_path(&node.path));
        let within = Within {
            select: self.within.select || last.starts_with("select"),
            awaited: false,
            ..self.within
        };
        self.inside(within, |reader| reader.macro_arguments(node));
    }

    fn macro_arguments(&mut self, node: &syn::Macro) {
        type Arguments = Punctuated<syn::Expr, syn::Token![,]>;
        if node.tokens.is_empty() {
            return;
        }
        if let Ok(arguments) = node.parse_body_with(Arguments::parse_terminated) {
            for argument in &arguments {
                // `name = value` in formatting macros: `name` is no path.
                match argument {
                    syn::Expr::Assign(named) => self.visit_expr(&named.right),
                    other => self.visit_expr(other),
                }
            }
        } else if let Ok(statements) = node.parse_body_with(syn::Block::parse_within) {
            self.guarded(Vec::new(), |reader| reader.statements(&statements));
        } else {
            let guards = self.guards();
            tokens::scan(
                node.tokens.clone(),
                &guards,
                self.within,
                &mut self.body.mentions,
            );
        }
    }
}

/// The attributes of the expressions that usually carry some.
fn attributes(expression: &syn::Expr) -> &[syn::Attribute] {
    match expression {
        syn::Expr::Call(it) => &it.attrs,
        syn::Expr::MethodCall(it) => &it.attrs,
        syn::Expr::Await(it) => &it.attrs,
        syn::Expr::Try(it) => &it.attrs,
        syn::Expr::Block(it) => &it.attrs,
        syn::Expr::Unsafe(it) => &it.attrs,
        syn::Expr::Macro(it) => &it.attrs,
        syn::Expr::If(it) => &it.attrs,
        syn::Expr::Loop(it) => &it.attrs,
        syn::Expr::While(it) => &it.attrs,
        syn::Expr::ForLoop(it) => &it.attrs,
        _ => &[],
    }
}

/// `ForkResult::Child`: what follows runs in a process of its own.
fn is_forked_child(pattern: &syn::Pat) -> bool {
    match pattern {
        syn::Pat::Path(it) => {
            let segments = super::attribute::segments(&it.path);
            segments.ends_with(&["ForkResult".to_owned(), "Child".to_owned()])
        }
        // Under `use ForkResult::*`; a name of its own would be in lower case.
        syn::Pat::Ident(it) => it.ident == "Child",
        syn::Pat::TupleStruct(it) => it.elems.iter().any(is_forked_child),
        _ => false,
    }
}
