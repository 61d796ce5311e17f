//! Functions that attributes of types and fields name, for derives to call:
//! `#[serde(deserialize_with = "port")]`, `#[arg(value_parser = port)]`,
//! `#[error("no `{0}`", near(.0))]`.

use std::sync::Arc;

use proc_macro2::{TokenStream, TokenTree};

use super::attribute::name;
use super::body::Reader;
use super::{Extent, Mention, MentionKind, tokens};

/// Keys whose text is the path of a function.
const FUNCTIONS: [&str; 6] = [
    "default",
    "deserialize_with",
    "getter",
    "schema_with",
    "serialize_with",
    "skip_serializing_if",
];
/// Keys whose text is the path of a module, and the functions of it that are called.
const MODULES: [&str; 1] = ["with"];
const CALLED: [&str; 2] = ["serialize", "deserialize"];

/// Adds what `attributes` name to what `reader` has.
pub(super) fn read(attributes: &[syn::Attribute], reader: &mut Reader) {
    for attribute in attributes {
        if let syn::Meta::List(list) = &attribute.meta
            && !list.path.is_ident("cfg")
            && !list.path.is_ident("derive")
        {
            assigned(&list.tokens, reader);
            let (guards, within) = (reader.guards(), reader.within);
            let into = &mut reader.body.mentions;
            tokens::scan(list.tokens.clone(), &guards, within, into);
        }
    }
}

/// `key = "path"` and `key = function`.
fn assigned(tokens: &TokenStream, reader: &mut Reader) {
    let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
    for window in tokens.windows(3) {
        let [TokenTree::Ident(key), TokenTree::Punct(equals), value] = window else {
            continue;
        };
        if equals.as_char() != '=' {
            continue;
        }
        let key = name(key);
        match value {
            TokenTree::Ident(function) => {
                add(vec![name(function)], function.span(), reader);
            }
            TokenTree::Literal(literal) => {
                let text = literal.to_string();
                let Some(path) = path_in(&text) else { continue };
                if FUNCTIONS.contains(&key.as_str()) {
                    add(path, literal.span(), reader);
                } else if MODULES.contains(&key.as_str()) {
                    for function in CALLED {
                        let mut path = path.clone();
                        path.push(function.to_owned());
                        add(path, literal.span(), reader);
                    }
                }
            }
            _ => {}
        }
    }
}

/// The segments of a path in quotes.
fn path_in(literal: &str) -> Option<Vec<String>> {
    let text = literal.strip_prefix('"')?.strip_suffix('"')?;
    let path = syn::parse_str::<syn::Path>(text).ok()?;
    Some(super::attribute::segments(&path))
}

fn add(path: Vec<String>, span: proc_macro2::Span, reader: &mut Reader) {
    let mention = Mention {
        kind: MentionKind::Value,
        path,
        extent: Extent::of(span),
        guards: Arc::clone(&reader.guards()),
        within: reader.within,
        port: None,
    };
    reader.body.mentions.push(mention);
}
