//! Whether control can leave a block: the end of a guard, the exit of a loop.

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};

/// Whether a block never reaches its end: `return`, `break`, `panic!`, ...
pub(super) fn diverges(block: &syn::Block) -> bool {
    match block.stmts.last() {
        Some(syn::Stmt::Expr(last, _)) => expression_diverges(last),
        Some(syn::Stmt::Macro(last)) => macro_diverges(&last.mac),
        _ => false,
    }
}

pub(super) fn expression_diverges(expression: &syn::Expr) -> bool {
    match expression {
        syn::Expr::Return(_) | syn::Expr::Break(_) | syn::Expr::Continue(_) => true,
        syn::Expr::Block(block) => diverges(&block.block),
        syn::Expr::Macro(call) => macro_diverges(&call.mac),
        syn::Expr::Call(call) => ends_the_process(&call.func),
        syn::Expr::If(branch) => {
            diverges(&branch.then_branch)
                && branch
                    .else_branch
                    .as_ref()
                    .is_some_and(|(_, other)| expression_diverges(other))
        }
        _ => false,
    }
}

fn macro_diverges(call: &syn::Macro) -> bool {
    call.path.segments.last().is_some_and(|last| {
        [
            "panic",
            "bail",
            "unreachable",
            "todo",
            "unimplemented",
            "compile_error",
        ]
        .iter()
        .any(|name| last.ident == name)
    })
}

fn ends_the_process(function: &syn::Expr) -> bool {
    matches!(function, syn::Expr::Path(path)
        if path.path.segments.last().is_some_and(|last| last.ident == "exit" || last.ident == "abort"))
}

/// Whether something in a loop's body leaves the loop.
pub(super) fn leaves(body: &syn::Block) -> bool {
    let mut finder = Finder {
        depth: 0,
        found: false,
    };
    finder.visit_block(body);
    finder.found
}

struct Finder {
    /// loops entered since
    depth: usize,
    found: bool,
}

impl<'ast> Visit<'ast> for Finder {
    fn visit_expr_break(&mut self, node: &'ast syn::ExprBreak) {
        self.found |= self.depth == 0 || node.label.is_some();
    }

    fn visit_expr_return(&mut self, _: &'ast syn::ExprReturn) {
        self.found = true;
    }

    fn visit_expr_try(&mut self, _: &'ast syn::ExprTry) {
        self.found = true;
    }

    fn visit_expr_call(&mut self, node: &'ast syn::ExprCall) {
        self.found |= ends_the_process(&node.func);
        visit::visit_expr_call(self, node);
    }

    fn visit_expr_loop(&mut self, node: &'ast syn::ExprLoop) {
        self.depth += 1;
        visit::visit_expr_loop(self, node);
        self.depth -= 1;
    }

    fn visit_expr_while(&mut self, node: &'ast syn::ExprWhile) {
        self.depth += 1;
        visit::visit_expr_while(self, node);
        self.depth -= 1;
    }

    fn visit_expr_for_loop(&mut self, node: &'ast syn::ExprForLoop) {
        self.depth += 1;
        visit::visit_expr_for_loop(self, node);
        self.depth -= 1;
    }

    fn visit_expr_closure(&mut self, _: &'ast syn::ExprClosure) {}

    fn visit_expr_async(&mut self, _: &'ast syn::ExprAsync) {}

    fn visit_item(&mut self, _: &'ast syn::Item) {}

    fn visit_macro(&mut self, node: &'ast syn::Macro) {
        self.found |= !is_known_to_stay(node) || tokens_leave(node.tokens.clone());
    }
}

fn tokens_leave(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == "return" || ident == "break",
        TokenTree::Punct(punct) => punct.as_char() == '?',
        TokenTree::Group(group) => tokens_leave(group.stream()),
        TokenTree::Literal(_) => false,
    })
}

/// Macros of std and of logging crates that go on after themselves; any other
/// may hide a `return` or a `break`.
fn is_known_to_stay(call: &syn::Macro) -> bool {
    const STAYING: [&str; 22] = [
        "assert",
        "assert_eq",
        "assert_ne",
        "dbg",
        "debug",
        "debug_assert",
        "debug_assert_eq",
        "debug_assert_ne",
        "eprint",
        "eprintln",
        "error",
        "format",
        "format_args",
        "info",
        "matches",
        "print",
        "println",
        "trace",
        "vec",
        "warn",
        "write",
        "writeln",
    ];
    let last = call.path.segments.last();
    last.is_some_and(|last| STAYING.iter().any(|name| last.ident == name))
}
