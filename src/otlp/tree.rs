//! Spans in their trees: who is below whom, and how that looks.

use std::collections::{BTreeMap, HashSet};
use std::fmt;

use super::Span;

/// The spans of one trace, or of several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    spans: Vec<Span>,
}

impl Trace {
    pub(super) fn new(mut spans: Vec<Span>) -> Self {
        spans.sort_by(|a, b| (a.started, &a.span_id).cmp(&(b.started, &b.span_id)));
        Self { spans }
    }

    /// All its spans, in the order in which they started.
    #[must_use]
    pub fn spans(&self) -> &[Span] {
        &self.spans
    }

    /// The spans below which the others are: roots, and those whose parent was
    /// not received, because another process has it.
    pub fn tops(&self) -> impl Iterator<Item = &Span> {
        let here: HashSet<_> = self.spans.iter().map(|span| &span.span_id).collect();
        let is_top =
            move |span: &&Span| span.parent_id.as_ref().is_none_or(|id| !here.contains(id));
        self.spans.iter().filter(is_top)
    }

    /// The spans directly below `parent`, in the order in which they started.
    pub fn children(&self, parent: &Span) -> impl Iterator<Item = &Span> {
        let ids = (parent.trace_id.clone(), parent.span_id.clone());
        let is_child =
            move |span: &&Span| span.trace_id == ids.0 && span.parent_id.as_ref() == Some(&ids.1);
        self.spans.iter().filter(is_child)
    }

    /// The names alone, a line each, children below their parents and indented by
    /// two blanks: to be compared with what is expected.
    #[must_use]
    pub fn outline(&self) -> String {
        let mut lines = Vec::new();
        for top in self.tops() {
            self.walk(top, 0, &mut |depth, span| {
                lines.push(format!("{}{}", "  ".repeat(depth), span.name));
            });
        }
        lines.join("\n")
    }

    /// Calls `see` for `span` and all below it.
    fn walk<'a>(&'a self, span: &'a Span, depth: usize, see: &mut impl FnMut(usize, &'a Span)) {
        see(depth, span);
        // A span that is its own ancestor is never a top, so this ends.
        for child in self.children(span) {
            self.walk(child, depth + 1, see);
        }
    }
}

/// A line a trace and a line a span: name, kind, time, attributes, links, id.
impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut traces: BTreeMap<&str, Vec<&Span>> = BTreeMap::new();
        for top in self.tops() {
            traces.entry(&top.trace_id).or_default().push(top);
        }
        let mut separator = "";
        for (id, tops) in traces {
            write!(f, "{separator}trace {id}")?;
            separator = "\n";
            for top in tops {
                let mut lines = Vec::new();
                self.walk(top, 1, &mut |depth, span| {
                    lines.push(format!("\n{}{span}", "  ".repeat(depth)));
                });
                for line in lines {
                    f.write_str(&line)?;
                }
                if let Some(parent) = &top.parent_id {
                    write!(f, " below {parent}, which was not received")?;
                }
            }
        }
        Ok(())
    }
}
