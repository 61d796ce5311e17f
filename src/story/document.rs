//! The story as paragraphs, tables and plots, before it is Markdown or HTML.

use super::plot::Plot;

/// A piece of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Span {
    /// Words.
    Text(String),
    /// A name as it is in a file or a program.
    Code(String),
    /// Words that matter.
    Strong(String),
}

/// Whether a figure is good news.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Better than before.
    Good,
    /// Worse than before.
    Bad,
}

/// A cell of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// What it says.
    pub content: Span,
    /// What it is sorted by, where that is a number.
    pub sort: Option<f64>,
    /// Whether it is good news.
    pub tone: Option<Tone>,
}

/// A table.
#[derive(Clone, Debug, PartialEq)]
pub struct Sheet {
    /// What it holds, for those who cannot see it.
    pub caption: String,
    /// Names of the columns, and whether they hold numbers.
    pub columns: Vec<(String, bool)>,
    /// Rows, each as long as the columns.
    pub rows: Vec<Vec<Cell>>,
}

/// A part of the story.
#[derive(Clone, Debug, PartialEq)]
pub enum Block {
    /// A chapter's heading.
    Chapter(String),
    /// A heading within a chapter.
    Section(String),
    /// A paragraph.
    Paragraph(Vec<Span>),
    /// A list.
    List(Vec<Vec<Span>>),
    /// A table.
    Table(Sheet),
    /// A plot.
    Figure(Plot),
}

/// The whole story.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// Its title.
    pub title: String,
    /// Its parts.
    pub blocks: Vec<Block>,
}

impl Cell {
    /// Words.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self {
            content: Span::Text(text.into()),
            sort: None,
            tone: None,
        }
    }

    /// A name.
    #[must_use]
    pub fn code(text: impl Into<String>) -> Self {
        Self {
            content: Span::Code(text.into()),
            ..Self::text("")
        }
    }

    /// A figure, shown as `text`.
    #[must_use]
    pub fn number(value: Option<f64>, text: impl Into<String>) -> Self {
        Self {
            sort: value,
            ..Self::text(text)
        }
    }

    /// The same, as good or bad news.
    #[must_use]
    pub fn toned(self, tone: Option<Tone>) -> Self {
        Self { tone, ..self }
    }
}

impl Document {
    /// The plots, in order.
    pub fn plots(&self) -> impl Iterator<Item = &Plot> {
        self.blocks.iter().filter_map(|block| match block {
            Block::Figure(plot) => Some(plot),
            _ => None,
        })
    }
}
