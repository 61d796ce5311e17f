//! One comparison as bars: each figure's relative change, with its interval
//! where repeated runs gave one.

use super::canvas::{Anchor, Canvas};
use super::legend::{length, shortened};
use super::scale::{Frame, Scale};
use super::{Plot, Width};
use crate::story::digits;
use crate::story::{Comparison, Delta, Metric};

const ROW: f64 = 30.0;
/// Bars end here; the figure beside them goes on.
const LONGEST: f64 = 1.0;

/// Draws the changes of `comparison`. `None` when no figure changed by a ratio.
#[must_use]
pub fn deltas(slug: &str, title: &str, comparison: &Comparison<'_>) -> Option<Plot> {
    let rows: Vec<&Delta> = comparison
        .deltas
        .iter()
        .filter(|delta| delta.metric != Metric::Failures && delta.change.is_some())
        .collect();
    if rows.is_empty() {
        return None;
    }
    let caption = if comparison.is_repeated() {
        "Change of each figure, bars cut at 100%. Whiskers are 95% intervals over repeated runs."
    } else {
        "Change of each figure, bars cut at 100%. Without an interval, which takes repeated runs on both sides."
    };
    Some(Plot::new(slug, title, caption, |width| draw(&rows, width)))
}

#[expect(clippy::cast_precision_loss, reason = "rows of a plot")]
fn draw(rows: &[&Delta], width: Width) -> Canvas {
    let longest_figure = rows
        .iter()
        .map(|row| length(&figure(row)))
        .fold(0.0, f64::max);
    let frame = Frame {
        left: 84.0,
        top: 14.0,
        width: width.units() - 84.0 - longest_figure - 24.0,
        height: rows.len() as f64 * ROW,
    };
    let mut canvas = Canvas::new(width.units(), frame.bottom() + 58.0);
    let ends = [-1.0, -0.5, 0.0, 0.5, 1.0];
    let ticks = ends.map(|end| (end, digits::change(end).replace("0.0%", "0%")));
    let x = Scale::between(-LONGEST, LONGEST, ticks.to_vec());
    for end in ends {
        let at = frame.x(&x, end);
        let class = if end == 0.0 { "axis" } else { "grid" };
        canvas.line(class, (at, frame.top), (at, frame.bottom()));
    }
    for (index, row) in rows.iter().enumerate() {
        let top = frame.top + index as f64 * ROW;
        draw_row(&mut canvas, &frame, &x, row, top);
    }
    frame.draw_x(&mut canvas, &x);
    let middle = (frame.left + frame.width / 2.0, frame.bottom() + 42.0);
    let room = width.units() - 20.0;
    let how = shortened("more throughput and less latency are better", room);
    canvas.text("soft", Anchor::Middle, middle, &how);
    canvas
}

fn draw_row(canvas: &mut Canvas, frame: &Frame, x: &Scale, row: &Delta, top: f64) {
    let change = row.change.unwrap_or(0.0);
    let middle = top + ROW / 2.0;
    let label = (frame.left - 10.0, middle + 4.5);
    canvas.text("", Anchor::End, label, row.metric.label());
    let (zero, end) = (frame.x(x, 0.0), frame.x(x, change.clamp(-LONGEST, LONGEST)));
    let class = if change.abs() < 0.000_5 {
        "even"
    } else if (change > 0.0) == row.metric.more_is_better() {
        "good"
    } else {
        "bad"
    };
    canvas.rectangle(
        class,
        zero.min(end),
        top + 6.0,
        (end - zero).abs().max(1.0),
        ROW - 12.0,
    );
    if let Some(interval) = row.interval {
        let place = |value: f64| frame.x(x, value.clamp(-LONGEST, LONGEST));
        let (low, high) = (place(interval.low), place(interval.high));
        canvas.line("whisker", (low, middle), (high, middle));
        for at in [low, high] {
            canvas.line("whisker", (at, middle - 5.0), (at, middle + 5.0));
        }
    }
    let beside = (frame.right() + 10.0, middle + 4.5);
    canvas.text("", Anchor::Start, beside, &figure(row));
}

fn figure(row: &Delta) -> String {
    row.change.map_or_else(String::new, digits::change)
}
