//! The legend below a plot, wrapped to its width.

use super::canvas::{Anchor, Canvas, LETTER};
use super::theme::SERIES;

const ROW: f64 = 22.0;
const SWATCH: f64 = 30.0;
const GAP: f64 = 20.0;
const MARGIN: f64 = 12.0;

/// Names with the series number that styles them, cut into rows.
#[derive(Debug)]
pub(crate) struct Legend {
    rows: Vec<Vec<(usize, String)>>,
}

impl Legend {
    pub(crate) fn new<'a>(labels: impl IntoIterator<Item = &'a str>, width: f64) -> Self {
        let mut rows: Vec<Vec<(usize, String)>> = Vec::new();
        let mut used = f64::INFINITY;
        for (index, label) in labels.into_iter().enumerate() {
            let label = shortened(label, width - 2.0 * MARGIN - SWATCH);
            let needs = SWATCH + length(&label) + GAP;
            if used + needs > width - 2.0 * MARGIN + GAP {
                rows.push(Vec::new());
                used = 0.0;
            }
            used += needs;
            if let Some(row) = rows.last_mut() {
                row.push((index, label));
            }
        }
        Self { rows }
    }

    #[expect(clippy::cast_precision_loss, reason = "rows of a legend")]
    pub(crate) fn height(&self) -> f64 {
        self.rows.len() as f64 * ROW
    }

    pub(crate) fn draw(&self, canvas: &mut Canvas, top: f64) {
        let mut y = top + ROW / 2.0;
        for row in &self.rows {
            let mut x = MARGIN;
            for (index, label) in row {
                let class = format!("line s{}", index % SERIES);
                canvas.line(&class, (x, y), (x + SWATCH - 8.0, y));
                canvas.text("", Anchor::Start, (x + SWATCH, y + 4.5), label);
                x += SWATCH + length(label) + GAP;
            }
            y += ROW;
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "letters of a label")]
pub(crate) fn length(label: &str) -> f64 {
    label.chars().count() as f64 * LETTER
}

/// `label`, cut where it would be longer than `room`.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "letters that fit into a drawing"
)]
pub(crate) fn shortened(label: &str, room: f64) -> String {
    let fits = (room / LETTER).max(4.0) as usize;
    if label.chars().count() <= fits {
        return label.to_owned();
    }
    let start: String = label.chars().take(fits - 1).collect();
    format!("{}…", start.trim_end())
}
