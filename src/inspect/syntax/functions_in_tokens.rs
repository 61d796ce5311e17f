//! Functions inside a macro call whose arguments are no Rust items, as in
//! `proptest! { #[test] fn f(x in 0..9) { .. } }`: found by their tokens
//! (attributes, `fn`, a name, parentheses, a block).

use std::sync::Arc;

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use syn::parse::Parser as _;

use super::attribute;
use super::body::Reader;
use super::type_name::Generics;
use super::{Extent, FunctionSyntax, Item, ItemKind};

pub(super) fn read(tokens: TokenStream, test_only: bool) -> Vec<Item> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut found = Vec::new();
    let mut attributes = TokenStream::new();
    let mut at = 0;
    while at < tokens.len() {
        match (&tokens[at], tokens.get(at + 1)) {
            (TokenTree::Punct(pound), Some(TokenTree::Group(_))) if pound.as_char() == '#' => {
                attributes.extend(tokens[at..at + 2].iter().cloned());
                at += 2;
            }
            (TokenTree::Ident(keyword), Some(TokenTree::Ident(name))) if keyword == "fn" => {
                let attributes = std::mem::take(&mut attributes);
                found.extend(function(name, &tokens[at + 2..], attributes, test_only));
                at += 2;
            }
            _ => at += 1,
        }
    }
    found
}

fn function(
    name: &Ident,
    rest: &[TokenTree],
    attributes: TokenStream,
    test_only: bool,
) -> Option<Item> {
    let block = rest.iter().take(24).find_map(|token| match token {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => Some(group),
        _ => None,
    })?;
    let statements = syn::Block::parse_within.parse2(block.stream()).ok()?;
    let parsed = syn::Attribute::parse_outer
        .parse2(attributes)
        .unwrap_or_default();
    let attributes: Arc<[_]> = attribute::read_all(&parsed).into();
    let mut reader = Reader::new(Generics::new(), false);
    reader.statements(&statements);
    let extent = Extent::of(name.span());
    let name = attribute::name(name);
    Some(Item {
        name: name.clone(),
        extent,
        attributes: Arc::clone(&attributes),
        public: false,
        test_only,
        kind: ItemKind::Function(Arc::new(FunctionSyntax {
            name,
            extent,
            whole: Extent::between(block.span_open(), block.span_close()),
            attributes,
            public: false,
            test_only,
            parameters: Vec::new(),
            returns: None,
            bounded_generics: false,
            has_body: true,
            body: reader.finish(),
        })),
    })
}
