//! What is drawn: title, facts, notes, and one or more views.

use super::{Stacks, Unit, html, svg};

/// A flame graph, or several of one measurement, with what a reader must know
/// of them.
///
/// ```
/// use shakedown_lens::flame::{FlameGraph, Stacks, Unit};
///
/// let stacks = Stacks::parse("main;work 9\nmain 1\n")?;
/// let graph = FlameGraph::new("10 samples of demo")
///     .fact("program", "demo")
///     .note("inlined functions are part of their callers")
///     .view("all threads", Unit::Samples, stacks);
/// assert!(graph.html().contains("work"));
/// assert!(graph.svg().starts_with("<svg"));
/// # Ok::<(), shakedown_lens::flame::FoldedError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a flame graph is nothing until it is rendered"]
pub struct FlameGraph {
    pub(super) title: String,
    pub(super) facts: Vec<(String, String)>,
    pub(super) notes: Vec<String>,
    pub(super) views: Vec<View>,
}

/// One tree of a [`FlameGraph`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct View {
    /// What it shows, as the reader chooses it.
    pub label: String,
    /// The unit of its weights.
    pub unit: Unit,
    /// The stacks.
    pub stacks: Stacks,
}

impl FlameGraph {
    /// A graph without views.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            facts: Vec::new(),
            notes: Vec::new(),
            views: Vec::new(),
        }
    }

    /// Something that was measured or set, with its name.
    pub fn fact(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.facts.push((name.into(), value.into()));
        self
    }

    /// A sentence on what the graph does not show.
    pub fn note(mut self, sentence: impl Into<String>) -> Self {
        self.notes.push(sentence.into());
        self
    }

    /// A tree to draw. The first is the one that is shown at once, and the one
    /// of [`svg`](Self::svg).
    pub fn view(mut self, label: impl Into<String>, unit: Unit, stacks: Stacks) -> Self {
        self.views.push(View {
            label: label.into(),
            unit,
            stacks,
        });
        self
    }

    /// One HTML page that needs nothing else: no network, no fonts, no files.
    #[must_use]
    pub fn html(&self) -> String {
        html::page(self)
    }

    /// A picture of the first view, as wide as a document's column.
    #[must_use]
    pub fn svg(&self) -> String {
        svg::picture(self, 1_000.0, 0.4)
    }

    /// The same `wide` units wide, without bars that are narrower than
    /// `narrowest` of them: to be embedded in a page, where letters keep their
    /// size.
    #[must_use]
    pub fn svg_of_width(&self, wide: u16, narrowest: u16) -> String {
        svg::picture(self, wide.into(), narrowest.into())
    }
}

/// `text` as content or attribute of HTML and SVG.
pub(super) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            // XML has no way to hold other control characters.
            c if c.is_control() => safe.push(' '),
            c => safe.push(c),
        }
    }
    safe
}
