//! Throughput and p95 against a factor that is a number: workers, users, cores.

use super::canvas::{Anchor, Canvas, LETTER};
use super::scale::{Frame, Scale, count_label, time_label};
use super::{Plot, Series, Width};

/// Draws throughput and p95 over `factor`; points are (value, figure), rising.
/// `None` with fewer than two points of throughput.
#[must_use]
pub fn scaling(slug: &str, title: &str, factor: &str, rps: &Series, p95: &Series) -> Option<Plot> {
    if rps.points.len() < 2 {
        return None;
    }
    let caption = format!(
        "Throughput and p95 over {factor}. The dotted line is what proportional growth from the first \
         point would be."
    );
    Some(Plot::new(slug, title, &caption, |width| {
        draw(factor, rps, p95, width)
    }))
}

fn draw(factor: &str, rps: &Series, p95: &Series, width: Width) -> Canvas {
    let left = 66.0;
    let beside = width == Width::Wide;
    let frame_width = if beside {
        (width.units() - 2.0 * left - 40.0) / 2.0
    } else {
        width.units() - left - 20.0
    };
    let upper = Frame {
        left,
        top: 30.0,
        width: frame_width,
        height: 210.0,
    };
    let lower = if beside {
        Frame {
            left: upper.right() + left + 20.0,
            ..upper
        }
    } else {
        Frame {
            top: upper.bottom() + 62.0,
            ..upper
        }
    };
    let mut canvas = Canvas::new(width.units(), lower.bottom() + 54.0);
    let x = values_axis(rps);
    let top = |series: &Series| series.points.iter().map(|(_, y)| *y).fold(0.0, f64::max);
    let rates = Scale::from_zero(top(rps), count_label);
    let times = Scale::from_zero(top(p95), time_label);
    let panels = [
        (&upper, &rates, rps, 0, "requests per second"),
        (&lower, &times, p95, 1, "p95 response time"),
    ];
    for (frame, y, series, style, name) in panels {
        frame.draw_y(&mut canvas, y);
        frame.draw_x(&mut canvas, &x);
        let at = (frame.left - left + 12.0, frame.top - 12.0);
        canvas.text("soft", Anchor::Start, at, name);
        let at = (frame.left + frame.width / 2.0, frame.bottom() + 40.0);
        canvas.text("soft", Anchor::Middle, at, factor);
        if style == 0 {
            draw_proportional(&mut canvas, frame, &x, y, series);
        }
        let points: Vec<(f64, f64)> = series
            .points
            .iter()
            .map(|(value, figure)| (frame.x(&x, *value), frame.y(y, *figure)))
            .collect();
        canvas.polyline(&format!("line s{style}"), &points);
        for point in points {
            canvas.dot(&format!("f{style}"), point);
        }
    }
    canvas
}

/// From the first point through proportion, up to the frame's edge.
fn draw_proportional(canvas: &mut Canvas, frame: &Frame, x: &Scale, y: &Scale, series: &Series) {
    let (Some(&(first, rate)), Some(&(last, _))) = (series.points.first(), series.points.last())
    else {
        return;
    };
    let Some(&(highest, _)) = y.ticks.last() else {
        return;
    };
    if first <= 0.0 || rate <= 0.0 {
        return;
    }
    let until = last.min(first * highest / rate);
    canvas.polyline(
        "hint",
        &[
            (frame.x(x, first), frame.y(y, rate)),
            (frame.x(x, until), frame.y(y, rate * until / first)),
        ],
    );
}

/// From 0 to the last value, with a tick at each value that was measured.
fn values_axis(series: &Series) -> Scale {
    let ticks: Vec<(f64, String)> = series
        .points
        .iter()
        .map(|(value, _)| (*value, count_label(*value)))
        .collect();
    let last = series
        .points
        .iter()
        .map(|(value, _)| *value)
        .fold(0.0, f64::max);
    Scale::between(0.0, last * (1.0 + LETTER / 400.0), ticks)
}
