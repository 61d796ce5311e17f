//! From text to [`FileSyntax`].

use super::{FileSyntax, attribute, items};

/// Why a file could not be parsed.
#[derive(Debug, Clone)]
pub(crate) struct ParseFailure {
    pub(crate) message: String,
    /// byte offset of the first token that did not fit
    pub(crate) offset: usize,
}

/// Parses `text`, which stays the text that extents refer to.
pub(crate) fn read(text: &str) -> Result<FileSyntax, ParseFailure> {
    let parsed = parse(text);
    let outcome = match parsed {
        Ok(file) => Ok(FileSyntax {
            attributes: attribute::read_all(&file.attrs),
            items: items::read_all(&file.items, false),
        }),
        Err(error) => Err(ParseFailure {
            offset: error.span().byte_range().start.min(text.len()),
            message: plainer(error.to_string()),
        }),
    };
    // Spans live in a thread-local map that only grows; nothing refers to them any more.
    proc_macro2::extra::invalidate_current_thread_spans();
    outcome
}

/// The tokeniser's only message says nothing of what it met.
fn plainer(message: String) -> String {
    match message.as_str() {
        "cannot parse string into token stream" | "lex error" => {
            "a bracket without its other half, or no token of Rust".to_owned()
        }
        _ => message,
    }
}

/// syn cuts off a byte order mark and a `#!` line, which would shift every
/// offset; both become blanks and a comment of the same length here.
fn parse(text: &str) -> syn::Result<syn::File> {
    if let Some(rest) = text.strip_prefix('\u{feff}') {
        return syn::parse_file(&format!("   {rest}"));
    }
    if let Some(rest) = text.strip_prefix("#!")
        && !rest.trim_start().starts_with('[')
    {
        return syn::parse_file(&format!("//{rest}"));
    }
    syn::parse_file(text)
}
