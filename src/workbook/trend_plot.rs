//! A phase over time, drawn: its 95th percentile, its target, and what changed.

use jiff::Timestamp;

use super::Trend;
use crate::story::plot::canvas::{Anchor, Canvas};
use crate::story::plot::legend::Legend;
use crate::story::plot::scale::{Frame, Scale, time_label};
use crate::story::plot::{Plot, Width};

const DAY: i64 = 86_400;

/// Draws a trend.
#[must_use]
pub fn trend_plot(trend: &Trend) -> Plot {
    // It is the name of a file.
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    let phase: String = trend.phase.to_lowercase().chars().map(plain).collect();
    let slug = format!("trend-{phase}");
    let title = format!("{}: P95 over time", trend.phase);
    let caption = "Each dot is one measurement, a ring one during which the machine changed its \
                   own speed. A dashed vertical line is another machine or \
                   build, an arrow with a commit a change of level; the dotted line is the target.";
    Plot::new(&slug, &title, caption, |width| draw(trend, width))
}

fn draw(trend: &Trend, width: Width) -> Canvas {
    let legend = Legend::new(["P95"], width.units());
    let frame = Frame {
        left: 66.0,
        top: 40.0,
        width: width.units() - 66.0 - 24.0,
        height: 190.0,
    };
    let mut canvas = Canvas::new(width.units(), frame.bottom() + 34.0 + legend.height() + 8.0);
    let (first, last) = match (trend.points.first(), trend.points.last()) {
        (Some(first), Some(last)) => (first.at - DAY, last.at.max(first.at) + DAY),
        _ => (0, DAY),
    };
    let x = time_axis(first, last);
    let highest = trend.points.iter().map(|point| point.p95_ms);
    let y = Scale::from_zero(highest.fold(trend.target_ms, f64::max), time_label);
    frame.draw_y(&mut canvas, &y);
    frame.draw_x(&mut canvas, &x);
    let target = frame.y(&y, trend.target_ms);
    canvas.line("hint", (frame.left, target), (frame.right(), target));
    let at = (frame.right() - 4.0, target - 5.0);
    canvas.text(
        "soft",
        Anchor::End,
        at,
        &format!("target {}", super::short(trend.target_ms)),
    );
    for index in &trend.machine_changes {
        let at = between(trend, *index, &frame, &x);
        canvas.line("line s1", (at, frame.top), (at, frame.bottom()));
        canvas.text(
            "soft",
            Anchor::Middle,
            (at, frame.top - 8.0),
            other(trend, *index),
        );
    }
    let place = |index: usize| {
        let point = &trend.points[index];
        (frame.x(&x, seconds(point.at)), frame.y(&y, point.p95_ms))
    };
    let mut from = 0;
    for to in trend
        .machine_changes
        .iter()
        .copied()
        .chain([trend.points.len()])
    {
        let line: Vec<(f64, f64)> = (from..to).map(place).collect();
        canvas.polyline("line s0", &line);
        from = to;
    }
    for index in 0..trend.points.len() {
        let unsteady = trend.points[index].unsteady;
        canvas.dot(if unsteady { "ring s0" } else { "f0" }, place(index));
    }
    for (number, change) in trend.changes.iter().enumerate() {
        let at = between(trend, change.index, &frame, &x);
        let worse = change.after_ms > change.before_ms;
        canvas.line("whisker", (at, frame.top + 4.0), (at, frame.bottom()));
        let arrow = if worse { "▲" } else { "▼" };
        let label = format!("{arrow} {}", change.to_commit);
        let anchor = if at > frame.left + frame.width * 0.75 {
            Anchor::End
        } else {
            Anchor::Start
        };
        let aside = if matches!(anchor, Anchor::End) {
            -5.0
        } else {
            5.0
        };
        // Neighbours are written below each other.
        #[expect(clippy::cast_precision_loss, reason = "rows of labels")]
        let down = frame.top + 16.0 + 15.0 * (number % 3) as f64;
        canvas.text(
            if worse { "bad" } else { "good" },
            anchor,
            (at + aside, down),
            &label,
        );
    }
    legend.draw(&mut canvas, frame.bottom() + 36.0);
    canvas
}

/// What is another at a point than at the one before it.
fn other(trend: &Trend, index: usize) -> &'static str {
    if trend.points[index].machine == trend.points[index - 1].machine {
        "other build"
    } else {
        "other machine"
    }
}

/// Half way between a point and the one before it.
fn between(trend: &Trend, index: usize, frame: &Frame, x: &Scale) -> f64 {
    let (before, after) = (&trend.points[index - 1], &trend.points[index]);
    f64::midpoint(
        frame.x(x, seconds(before.at)),
        frame.x(x, seconds(after.at)),
    )
}

#[expect(clippy::cast_precision_loss, reason = "seconds since 1970")]
fn seconds(at: i64) -> f64 {
    at as f64
}

/// Days as labels: every one, or as many as a dozen labels allow.
fn time_axis(first: i64, last: i64) -> Scale {
    let days = (last - first) / DAY;
    let step = DAY
        * [1, 2, 7, 14, 28]
            .into_iter()
            .find(|step| days / step <= 12)
            .unwrap_or(56);
    let start = first.div_euclid(DAY) * DAY + DAY;
    let mut ticks = Vec::new();
    let mut at = start;
    while at <= last {
        let date = Timestamp::from_second(at).map_or_else(|_| String::new(), |t| t.to_string());
        ticks.push((seconds(at), date.get(5..10).unwrap_or_default().to_owned()));
        at += step;
    }
    Scale::between(seconds(first), seconds(last), ticks)
}
