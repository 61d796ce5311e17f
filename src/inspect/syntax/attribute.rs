//! Attributes, and which `cfg` conditions hold only in tests.

use proc_macro2::{TokenStream, TokenTree};

use super::Extent;

/// One attribute that is not a doc comment.
#[derive(Debug, Clone)]
pub(crate) struct Attribute {
    /// `["tokio", "test"]` of `#[tokio::test(start_paused = true)]`
    pub(crate) path: Vec<String>,
    /// `start_paused = true`, as tokens print themselves; empty without arguments
    pub(crate) arguments: String,
    /// from `#` to `]`
    pub(crate) extent: Extent,
    /// whether it is a `cfg` that only tests satisfy
    pub(crate) test_only: bool,
}

impl Attribute {
    /// The last segment of its path.
    pub(crate) fn name(&self) -> &str {
        self.path.last().map_or("", String::as_str)
    }

    /// Whether it makes a function a test.
    pub(crate) fn marks_a_test(&self) -> bool {
        matches!(
            self.name(),
            "test" | "rstest" | "test_case" | "quickcheck" | "proptest" | "case"
        ) && self.path.first().is_none_or(|first| first != "cfg")
    }

    /// The file named by `#[path = ".."]` or `#[cfg_attr(.., path = "..")]`.
    pub(crate) fn file_path(&self) -> Option<&str> {
        let text = match self.name() {
            "path" => self.arguments.as_str(),
            "cfg_attr" => {
                let (_, text) = self.arguments.rsplit_once("path = ")?;
                text
            }
            _ => return None,
        };
        text.trim().strip_prefix('"')?.split('"').next()
    }
}

pub(super) fn read_all(attributes: &[syn::Attribute]) -> Vec<Attribute> {
    attributes.iter().filter_map(read).collect()
}

fn read(attribute: &syn::Attribute) -> Option<Attribute> {
    if attribute.path().is_ident("doc") {
        return None;
    }
    let path = segments(attribute.path());
    let (arguments, test_only) = match &attribute.meta {
        syn::Meta::List(list) => (
            list.tokens.to_string(),
            path == ["cfg"] && needs_test(list.tokens.clone()),
        ),
        syn::Meta::NameValue(pair) => (literal(&pair.value), false),
        _ => (String::new(), false),
    };
    Some(Attribute {
        path,
        arguments,
        extent: Extent::between(
            attribute.pound_token.span,
            attribute.bracket_token.span.close(),
        ),
        test_only,
    })
}

fn literal(value: &syn::Expr) -> String {
    match value {
        syn::Expr::Lit(syn::ExprLit {
            lit: syn::Lit::Str(text),
            ..
        }) => format!("{:?}", text.value()),
        _ => String::new(),
    }
}

/// The names in a path.
pub(super) fn segments(path: &syn::Path) -> Vec<String> {
    path.segments
        .iter()
        .map(|segment| name(&segment.ident))
        .collect()
}

/// An identifier without `r#`.
pub(super) fn name(ident: &proc_macro2::Ident) -> String {
    let text = ident.to_string();
    match text.strip_prefix("r#") {
        Some(plain) => plain.to_owned(),
        None => text,
    }
}

/// Whether a `cfg` predicate can only hold with `test` on.
fn needs_test(predicate: TokenStream) -> bool {
    predicates(predicate)
        .first()
        .is_some_and(|(name, arguments)| holds_only_in_tests(name, arguments.clone()))
}

fn holds_only_in_tests(name: &str, arguments: Option<TokenStream>) -> bool {
    let mut children = arguments.map(predicates).unwrap_or_default().into_iter();
    let test_only =
        |(name, arguments): (String, Option<TokenStream>)| holds_only_in_tests(&name, arguments);
    match name {
        "test" => children.len() == 0,
        "all" => children.any(test_only),
        "any" => children.len() > 0 && children.all(test_only),
        _ => false,
    }
}

/// The comma-separated predicates at one level: name and arguments in parentheses.
fn predicates(tokens: TokenStream) -> Vec<(String, Option<TokenStream>)> {
    let mut found: Vec<(String, Option<TokenStream>)> = Vec::new();
    let mut at_start = true;
    for token in tokens {
        match token {
            TokenTree::Ident(ident) if at_start => {
                found.push((ident.to_string(), None));
                at_start = false;
            }
            TokenTree::Group(group) => {
                if let Some(last) = found.last_mut() {
                    last.1 = Some(group.stream());
                }
            }
            TokenTree::Punct(punct) if punct.as_char() == ',' => at_start = true,
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(attribute: &str, expected: bool) {
        let item: syn::ItemFn = syn::parse_str(&format!("{attribute} fn f() {{}}")).unwrap();
        assert_eq!(
            read_all(&item.attrs)[0].test_only,
            expected,
            "of {attribute}"
        );
    }

    #[test]
    fn a_cfg_is_test_only_when_nothing_else_satisfies_it() {
        check("#[cfg(test)]", true);
        check("#[cfg(all(test, unix))]", true);
        check("#[cfg(any(test, unix))]", false);
        check("#[cfg(any(test, all(test, unix)))]", true);
        check("#[cfg(not(test))]", false);
        check("#[cfg(feature = \"test\")]", false);
    }
}
