//! Bodies: every path, call and macro, with the flags that guard it.

use std::sync::Arc;

use syn::visit::{self, Visit};

use super::attribute::{name, segments};
use super::guard::{Local, Scope};
use super::type_name::Generics;
use super::{Body, Extent, Mention, MentionKind, Shape, Within};

/// Reads one body.
pub(super) struct Reader {
    pub(super) body: Body,
    pub(super) scope: Scope,
    pub(super) generics: Generics,
    pub(super) within: Within,
    /// in the child of a fork
    pub(super) forked: bool,
    guards: Vec<String>,
    shared_guards: Arc<[String]>,
}

impl Reader {
    pub(super) fn new(generics: Generics, asynchronous: bool) -> Self {
        Self {
            body: Body::default(),
            scope: Scope::default(),
            generics,
            within: Within {
                asynchronous,
                ..Within::default()
            },
            forked: false,
            guards: Vec::new(),
            shared_guards: Arc::new([]),
        }
    }

    pub(super) fn finish(self) -> Body {
        self.body
    }

    pub(super) fn block(&mut self, block: &syn::Block) {
        self.visit_block(block);
    }

    pub(super) fn type_mentions(&mut self, ty: &syn::Type) {
        self.visit_type(ty);
    }

    pub(super) fn generics_mentions(&mut self, generics: &syn::Generics) {
        self.visit_generics(generics);
    }

    pub(super) fn expression(&mut self, expression: &syn::Expr) {
        self.visit_expr(expression);
    }

    pub(super) fn guards(&self) -> Arc<[String]> {
        Arc::clone(&self.shared_guards)
    }

    /// How many flags are known, to return to with [`Reader::forget`].
    pub(super) fn known(&self) -> usize {
        self.guards.len()
    }

    pub(super) fn learn(&mut self, flags: Vec<String>) {
        if !flags.is_empty() {
            self.guards.extend(flags);
            self.shared_guards = self.guards.as_slice().into();
        }
    }

    pub(super) fn forget(&mut self, known: usize) {
        if self.guards.len() > known {
            self.guards.truncate(known);
            self.shared_guards = self.guards.as_slice().into();
        }
    }

    /// Reads something in which `flags` are on and locals end with it.
    pub(super) fn guarded(&mut self, flags: Vec<String>, read: impl FnOnce(&mut Self)) {
        let (known, locals) = (self.known(), self.scope.locals.len());
        self.learn(flags);
        read(self);
        self.forget(known);
        self.scope.locals.truncate(locals);
    }

    /// Reads something under other circumstances.
    pub(super) fn inside(&mut self, within: Within, read: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.within, within);
        read(self);
        self.within = outer;
    }

    pub(super) fn mention(&mut self, kind: MentionKind, path: Vec<String>, extent: Extent) {
        self.body.mentions.push(Mention {
            kind,
            path,
            extent,
            guards: self.guards(),
            within: self.within,
            port: None,
        });
        self.within.awaited = false;
    }

    fn called_with(&mut self, arguments: &syn::punctuated::Punctuated<syn::Expr, syn::Token![,]>) {
        let port = arguments.iter().find_map(|it| self.scope.fixed_port(it));
        if let Some(mention) = self.body.mentions.last_mut() {
            mention.port = port;
        }
    }

    fn read_call(&mut self, call: &syn::ExprCall) {
        let (mut bounded, mut spawned) = (false, false);
        if let syn::Expr::Path(function) = &*call.func {
            let path = segments(&function.path);
            bounded = path.last().is_some_and(|last| last.starts_with("timeout"));
            spawned = path.last().is_some_and(|last| last.starts_with("spawn"));
            self.mention(MentionKind::Call, path, Extent::of_path(&function.path));
            self.called_with(&call.args);
            visit::visit_path(self, &function.path);
        } else {
            self.visit_expr(&call.func);
        }
        let within = Within {
            deferred: self.within.deferred || spawned,
            bounded: self.within.bounded || bounded,
            awaited: false,
            ..self.within
        };
        self.inside(within, |reader| {
            for argument in &call.args {
                reader.visit_expr(argument);
            }
        });
    }

    fn read_method(&mut self, call: &syn::ExprMethodCall) {
        let shape = self.scope.shape(&call.receiver);
        let method = name(&call.method);
        let awaited = std::mem::take(&mut self.within.awaited);
        let bounded = self.within.bounded || method.starts_with("timeout");
        let within = Within {
            bounded,
            ..self.within
        };
        self.inside(within, |reader| reader.visit_expr(&call.receiver));
        self.within.awaited = awaited;
        let extent = Extent::of(call.method.span());
        self.mention(MentionKind::Method(shape), vec![method.clone()], extent);
        self.called_with(&call.args);
        let flags = match method.as_str() {
            "then" | "then_some" => self.scope.proven_by(&call.receiver),
            _ => Vec::new(),
        };
        self.guarded(flags, |reader| {
            if let Some(turbofish) = &call.turbofish {
                visit::visit_angle_bracketed_generic_arguments(reader, turbofish);
            }
            for argument in &call.args {
                reader.visit_expr(argument);
            }
        });
    }

    /// Forgets what names meant that a pattern binds anew.
    pub(super) fn bind_unknown(&mut self, pattern: &syn::Pat) {
        let mut names = Names(Vec::new());
        names.visit_pat(pattern);
        self.bind_all(names.0, &Arc::new(Shape::Unknown));
    }

    pub(super) fn bind_all(&mut self, names: Vec<String>, shape: &Arc<Shape>) {
        self.scope
            .locals
            .extend(names.into_iter().map(|name| Local {
                name,
                shape: Arc::clone(shape),
                proves: Vec::new(),
                port: None,
            }));
    }

    fn deferred(&self, asynchronous: bool) -> Within {
        Within {
            deferred: true,
            polling: false,
            awaited: false,
            asynchronous,
            ..self.within
        }
    }
}

/// The names that a pattern binds.
pub(super) struct Names(pub(super) Vec<String>);

impl<'ast> Visit<'ast> for Names {
    fn visit_pat_ident(&mut self, node: &'ast syn::PatIdent) {
        self.0.push(name(&node.ident));
        visit::visit_pat_ident(self, node);
    }

    fn visit_expr(&mut self, _: &'ast syn::Expr) {}
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_block(&mut self, block: &'ast syn::Block) {
        self.guarded(Vec::new(), |reader| reader.statements(&block.stmts));
    }

    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        self.read_call(call);
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        self.read_method(call);
    }

    fn visit_expr_await(&mut self, node: &'ast syn::ExprAwait) {
        self.within.awaited = matches!(&*node.base, syn::Expr::Call(_) | syn::Expr::MethodCall(_));
        self.visit_expr(&node.base);
        self.within.awaited = false;
    }

    fn visit_expr_path(&mut self, node: &'ast syn::ExprPath) {
        let local = node
            .path
            .get_ident()
            .is_some_and(|ident| self.scope.local(&name(ident)).is_some());
        if !local {
            let extent = Extent::of_path(&node.path);
            self.mention(MentionKind::Value, segments(&node.path), extent);
        }
        visit::visit_expr_path(self, node);
    }

    fn visit_expr_struct(&mut self, node: &'ast syn::ExprStruct) {
        self.mention(
            MentionKind::Type,
            segments(&node.path),
            Extent::of_path(&node.path),
        );
        visit::visit_expr_struct(self, node);
    }

    fn visit_pat_tuple_struct(&mut self, node: &'ast syn::PatTupleStruct) {
        self.mention(
            MentionKind::Type,
            segments(&node.path),
            Extent::of_path(&node.path),
        );
        visit::visit_pat_tuple_struct(self, node);
    }

    fn visit_pat_struct(&mut self, node: &'ast syn::PatStruct) {
        self.mention(
            MentionKind::Type,
            segments(&node.path),
            Extent::of_path(&node.path),
        );
        visit::visit_pat_struct(self, node);
    }

    fn visit_type_path(&mut self, node: &'ast syn::TypePath) {
        let generic = node
            .path
            .get_ident()
            .is_some_and(|ident| self.generics.contains_key(&name(ident)));
        if !generic {
            self.mention(
                MentionKind::Type,
                segments(&node.path),
                Extent::of_path(&node.path),
            );
        }
        visit::visit_type_path(self, node);
    }

    fn visit_trait_bound(&mut self, node: &'ast syn::TraitBound) {
        self.mention(
            MentionKind::Type,
            segments(&node.path),
            Extent::of_path(&node.path),
        );
        visit::visit_trait_bound(self, node);
    }

    fn visit_expr_if(&mut self, node: &'ast syn::ExprIf) {
        self.read_if(node);
    }

    fn visit_expr_match(&mut self, node: &'ast syn::ExprMatch) {
        self.read_match(node);
    }

    fn visit_expr_binary(&mut self, node: &'ast syn::ExprBinary) {
        self.visit_expr(&node.left);
        let flags = match node.op {
            syn::BinOp::And(_) => self.scope.proven_by(&node.left),
            syn::BinOp::Or(_) => self.scope.proven_by_failure_of(&node.left),
            _ => Vec::new(),
        };
        let known = self.known();
        self.learn(flags);
        self.visit_expr(&node.right);
        self.forget(known);
    }

    fn visit_expr_closure(&mut self, node: &'ast syn::ExprClosure) {
        let within = self.deferred(node.asyncness.is_some());
        self.inside(within, |reader| {
            reader.guarded(Vec::new(), |reader| {
                for input in &node.inputs {
                    reader.bind_typed(input);
                }
                reader.visit_expr(&node.body);
            });
        });
    }

    fn visit_expr_async(&mut self, node: &'ast syn::ExprAsync) {
        let within = self.deferred(true);
        self.inside(within, |reader| reader.visit_block(&node.block));
    }

    fn visit_expr_loop(&mut self, node: &'ast syn::ExprLoop) {
        self.read_endless(&node.body, Extent::of(node.loop_token.span));
    }

    fn visit_expr_while(&mut self, node: &'ast syn::ExprWhile) {
        self.read_while(node);
    }

    fn visit_expr_for_loop(&mut self, node: &'ast syn::ExprForLoop) {
        self.read_for(node);
    }

    fn visit_expr_try(&mut self, node: &'ast syn::ExprTry) {
        self.body.questions += 1;
        visit::visit_expr_try(self, node);
    }

    fn visit_macro(&mut self, node: &'ast syn::Macro) {
        self.read_macro(node);
    }

    fn visit_item(&mut self, node: &'ast syn::Item) {
        self.body.items.extend(super::items::read(node, false));
    }

    fn visit_attribute(&mut self, _: &'ast syn::Attribute) {}
}
