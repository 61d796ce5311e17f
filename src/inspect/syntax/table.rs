//! Tables of keyed entries in statics: `[("tcp", parse_tcp), ..]`,
//! `&[Dissector { name: "tcp", .. }]`, `[Dissector::new(Layer::Tcp, ..)]`,
//! `phf_map! { "tcp" => .. }`, `LazyLock::new(|| HashMap::from([..]))`.

use proc_macro2::{TokenStream, TokenTree};

use super::Extent;
use super::attribute::segments;

/// One entry: its key and where the key stands.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) key: String,
    /// other literals and paths in the entry, which are keys too if asked for
    pub(crate) others: Vec<String>,
    pub(crate) extent: Extent,
}

/// The entries of the table that `value` holds, if it holds one.
pub(super) fn read(value: &syn::Expr) -> Option<Vec<Entry>> {
    use syn::Expr as E;
    match value {
        E::Reference(inner) => read(&inner.expr),
        E::Paren(inner) => read(&inner.expr),
        E::Group(inner) => read(&inner.expr),
        E::Closure(closure) => read(&closure.body),
        E::Block(block) => match block.block.stmts.last() {
            Some(syn::Stmt::Expr(last, None)) => read(last),
            _ => None,
        },
        E::Call(call) => call.args.first().and_then(read),
        E::MethodCall(call) => read(&call.receiver),
        E::Macro(call) => read_macro(&call.mac),
        E::Array(array) => array.elems.iter().map(entry).collect(),
        _ => None,
    }
}

fn entry(element: &syn::Expr) -> Option<Entry> {
    use syn::Expr as E;
    match element {
        E::Tuple(tuple) => key(tuple.elems.first()?),
        E::Struct(literal) => {
            let named = literal.fields.iter().find(|field| {
                matches!(&field.member, syn::Member::Named(ident)
                    if ["key", "name", "id", "kind"].iter().any(|it| ident == it))
            });
            let mut found = key(&named.or_else(|| literal.fields.first())?.expr)?;
            let others = literal.fields.iter().filter_map(|field| key(&field.expr));
            found.others = others.map(|it| it.key).collect();
            Some(found)
        }
        E::Call(call) => key(call.args.first()?),
        E::Reference(inner) => entry(&inner.expr),
        E::Paren(inner) => entry(&inner.expr),
        other => key(other),
    }
}

fn key(expression: &syn::Expr) -> Option<Entry> {
    match expression {
        syn::Expr::Path(path) => Some(Entry {
            key: segments(&path.path).join("::"),
            others: Vec::new(),
            extent: Extent::of_path(&path.path),
        }),
        syn::Expr::Lit(literal) => {
            let (text, span) = match &literal.lit {
                syn::Lit::Str(text) => (text.value(), text.span()),
                syn::Lit::Int(number) => (number.base10_digits().to_owned(), number.span()),
                syn::Lit::Char(character) => (character.value().to_string(), character.span()),
                _ => return None,
            };
            Some(Entry {
                key: text,
                others: Vec::new(),
                extent: Extent::of(span),
            })
        }
        syn::Expr::Reference(inner) => key(&inner.expr),
        syn::Expr::Paren(inner) => key(&inner.expr),
        _ => None,
    }
}

/// `vec![..]` as an array; `phf_map! { key => value }` by its arrows.
fn read_macro(call: &syn::Macro) -> Option<Vec<Entry>> {
    use syn::punctuated::Punctuated;
    type Elements = Punctuated<syn::Expr, syn::Token![,]>;
    if let Ok(elements) = call.parse_body_with(Elements::parse_terminated) {
        return elements.iter().map(entry).collect();
    }
    let entries = arrows(call.tokens.clone());
    (!entries.is_empty()).then_some(entries)
}

fn arrows(tokens: TokenStream) -> Vec<Entry> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let is = |token: Option<&TokenTree>, character| matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == character);
    tokens
        .iter()
        .enumerate()
        .filter(|(at, _)| is(tokens.get(at + 1), '=') && is(tokens.get(at + 2), '>'))
        .filter_map(|(_, token)| match token {
            TokenTree::Literal(literal) => Some(Entry {
                key: literal_text(literal),
                others: Vec::new(),
                extent: Extent::of(literal.span()),
            }),
            TokenTree::Ident(ident) => Some(Entry {
                key: ident.to_string(),
                others: Vec::new(),
                extent: Extent::of(ident.span()),
            }),
            _ => None,
        })
        .collect()
}

/// A literal's value: strings without their quotes.
fn literal_text(literal: &proc_macro2::Literal) -> String {
    let text = literal.to_string();
    match syn::parse_str::<syn::LitStr>(&text) {
        Ok(string) => string.value(),
        Err(_) => text,
    }
}
