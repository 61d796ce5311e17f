//! The story's plots, as SVG written by hand: the same runs give the same bytes.
//!
//! Every plot is drawn twice, wide and narrow, with letters of the same size, so
//! that it can be read on a phone without zooming. Series differ in colour and
//! in dash, and the colours come from a style sheet with a light and a dark half.

pub(crate) mod canvas;
mod deltas;
mod flame;
pub(crate) mod legend;
mod percentiles;
pub(crate) mod scale;
mod scaling;
mod theme;
mod timeline;

pub(crate) use canvas::escaped;
pub use deltas::deltas;
pub use flame::flame;
pub use percentiles::percentiles;
pub use scaling::scaling;
pub use theme::STYLE;
pub use timeline::timeline;

/// How wide a drawing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// For a page: 960 units.
    Wide,
    /// For a phone: 380 units.
    Narrow,
}

impl Width {
    pub(crate) fn units(self) -> f64 {
        match self {
            Self::Wide => 960.0,
            Self::Narrow => 380.0,
        }
    }
}

/// One plot in both widths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plot {
    /// Part of file names and anchors: lower-case letters, digits and dashes.
    pub slug: String,
    /// What it shows.
    pub title: String,
    /// How to read it.
    pub caption: String,
    /// The wide drawing, without a style sheet of its own.
    pub wide: String,
    /// The narrow drawing, without a style sheet of its own.
    pub narrow: String,
}

impl Plot {
    pub(crate) fn new(
        slug: &str,
        title: &str,
        caption: &str,
        draw: impl Fn(Width) -> canvas::Canvas,
    ) -> Self {
        Self {
            slug: slug.to_owned(),
            title: title.to_owned(),
            caption: caption.to_owned(),
            wide: draw(Width::Wide).inline(title, &format!("{slug}-wide")),
            narrow: draw(Width::Narrow).inline(title, &format!("{slug}-narrow")),
        }
    }

    /// The wide drawing as a file of its own, with its style sheet.
    #[must_use]
    pub fn file(&self) -> String {
        let style = format!("><style>{STYLE}</style>");
        let mut file = self.wide.replacen('>', &style, 1);
        file.push('\n');
        file
    }
}

/// A named line of a plot.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Its name in the legend.
    pub label: String,
    /// Its points.
    pub points: Vec<(f64, f64)>,
}
