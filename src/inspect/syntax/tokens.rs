//! Macro arguments that are neither expressions nor statements: paths and calls
//! are picked out of the tokens, and marked as found that way.

use std::sync::Arc;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::attribute::name;
use super::{Extent, Mention, MentionKind, Shape, Within};

/// Adds what `tokens` mention, in `guards` and `within` as at the macro call.
pub(super) fn scan(
    tokens: TokenStream,
    guards: &Arc<[String]>,
    within: Within,
    into: &mut Vec<Mention>,
) {
    let within = Within {
        tokens: true,
        ..within
    };
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at] {
            TokenTree::Group(group) => {
                scan(group.stream(), guards, within, into);
                at += 1;
            }
            TokenTree::Ident(_) => at = path(&tokens, at, guards, within, into),
            _ => at += 1,
        }
    }
}

/// Reads the path that starts at `at`; returns where to go on.
fn path(
    tokens: &[TokenTree],
    at: usize,
    guards: &Arc<[String]>,
    within: Within,
    into: &mut Vec<Mention>,
) -> usize {
    let TokenTree::Ident(first) = &tokens[at] else {
        return at + 1;
    };
    let (mut path, mut last, mut next) = (vec![name(first)], first, at + 1);
    while let (true, true, Some(TokenTree::Ident(segment))) = (
        is(tokens.get(next), ':'),
        is(tokens.get(next + 1), ':'),
        tokens.get(next + 2),
    ) {
        path.push(name(segment));
        last = segment;
        next += 3;
    }
    let after_dot =
        at > 0 && is(tokens.get(at - 1), '.') && !(at > 1 && is(tokens.get(at - 2), '.'));
    let called = matches!(tokens.get(next), Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis);
    let kind = match (after_dot, called) {
        (true, true) => Some(MentionKind::Method(Arc::new(Shape::Unknown))),
        (true, false) => None,
        (false, true) => Some(MentionKind::Call),
        (false, false) if is(tokens.get(next), '!') => Some(MentionKind::Macro),
        (false, false) => (path.len() > 1).then_some(MentionKind::Value),
    };
    if let Some(kind) = kind
        && !is_keyword(&path[0])
    {
        into.push(Mention {
            kind,
            path,
            extent: Extent::between(first.span(), last.span()),
            guards: Arc::clone(guards),
            within: Within {
                awaited: is(tokens.get(next + 1), '.') && is_await(tokens.get(next + 2)),
                ..within
            },
            port: None,
        });
    }
    next
}

fn is(token: Option<&TokenTree>, character: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == character)
}

fn is_await(token: Option<&TokenTree>) -> bool {
    matches!(token, Some(TokenTree::Ident(ident)) if ident == "await")
}

fn is_keyword(word: &str) -> bool {
    matches!(
        word,
        "if" | "match"
            | "while"
            | "for"
            | "in"
            | "return"
            | "fn"
            | "let"
            | "move"
            | "async"
            | "loop"
    )
}
