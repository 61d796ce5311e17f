//! Places in a file: byte ranges into its text.

use proc_macro2::Span;

/// A byte range in a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Extent {
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Extent {
    /// The place of one token.
    pub(crate) fn of(span: Span) -> Self {
        let range = span.byte_range();
        Self {
            start: range.start,
            end: range.end,
        }
    }

    /// From the start of one token to the end of another.
    pub(crate) fn between(first: Span, last: Span) -> Self {
        Self {
            start: first.byte_range().start,
            end: last.byte_range().end,
        }
    }

    /// A path, from its first to its last segment, without generic arguments at its end.
    pub(crate) fn of_path(path: &syn::Path) -> Self {
        match (path.segments.first(), path.segments.last()) {
            (Some(first), Some(last)) => Self::between(first.ident.span(), last.ident.span()),
            _ => Self::default(),
        }
    }
}
