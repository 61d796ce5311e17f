//! One run over time: throughput above, response times below, the ramp shaded.

use super::canvas::{Anchor, Canvas};
use super::legend::Legend;
use super::scale::{Frame, Scale, count_label, time_label};
use super::{Plot, Width};
use crate::story::Second;

/// Draws a run second by second. `windowed` says that the percentiles are of the
/// last seconds and not since the beginning. `None` with fewer than two seconds.
#[must_use]
pub fn timeline(slug: &str, title: &str, seconds: &[Second], windowed: bool) -> Option<Plot> {
    if seconds.len() < 2 {
        return None;
    }
    let since = if windowed {
        "of the last seconds"
    } else {
        "since the beginning"
    };
    let caption = format!(
        "Requests and failures per second, and response times {since}. The shaded time is the ramp, \
         while users were still being added."
    );
    Some(Plot::new(slug, title, &caption, |width| {
        draw(seconds, width)
    }))
}

fn draw(seconds: &[Second], width: Width) -> Canvas {
    let failing = seconds
        .iter()
        .any(|second| second.failures_per_second.is_some_and(|rate| rate > 0.0));
    let mut labels = vec!["requests/s", "p50", "p95"];
    if failing {
        labels.push("failures/s");
    }
    let legend = Legend::new(labels, width.units());
    let upper = Frame {
        left: 66.0,
        top: 30.0,
        width: width.units() - 66.0 - 20.0,
        height: 150.0,
    };
    let lower = Frame {
        top: upper.bottom() + 42.0,
        ..upper
    };
    let mut canvas = Canvas::new(width.units(), lower.bottom() + 48.0 + legend.height() + 8.0);
    let end = seconds.iter().map(|second| second.at).fold(1.0, f64::max);
    let x = seconds_axis(end);
    for frame in [&upper, &lower] {
        shade_ramp(&mut canvas, frame, &x, seconds);
    }
    let rates = Scale::from_zero(highest(seconds, |second| second.rps), count_label);
    let times = Scale::from_zero(
        highest(seconds, |second| second.p95_ms).max(highest(seconds, |second| second.p50_ms)),
        time_label,
    );
    upper.draw_y(&mut canvas, &rates);
    lower.draw_y(&mut canvas, &times);
    upper.draw_x(&mut canvas, &Scale::between(0.0, end, Vec::new()));
    lower.draw_x(&mut canvas, &x);
    canvas.text("soft", Anchor::Start, (12.0, 18.0), "requests per second");
    canvas.text(
        "soft",
        Anchor::Start,
        (12.0, lower.top - 12.0),
        "response time",
    );
    let middle = lower.left + lower.width / 2.0;
    let at = (middle, lower.bottom() + 40.0);
    canvas.text("soft", Anchor::Middle, at, "seconds since the start");
    draw_line(&mut canvas, "s0", &upper, (&x, &rates), seconds, |second| {
        second.rps
    });
    draw_line(&mut canvas, "s1", &lower, (&x, &times), seconds, |second| {
        second.p50_ms
    });
    draw_line(&mut canvas, "s2", &lower, (&x, &times), seconds, |second| {
        second.p95_ms
    });
    if failing {
        draw_line(&mut canvas, "s3", &upper, (&x, &rates), seconds, |second| {
            second.failures_per_second
        });
    }
    legend.draw(&mut canvas, lower.bottom() + 50.0);
    canvas
}

fn seconds_axis(end: f64) -> Scale {
    let round = Scale::from_zero(end, count_label);
    let ticks = round.ticks.into_iter().filter(|(at, _)| *at <= end);
    Scale::between(0.0, end, ticks.collect())
}

fn highest(seconds: &[Second], of: impl Fn(&Second) -> Option<f64>) -> f64 {
    seconds.iter().filter_map(of).fold(0.0, f64::max)
}

/// From the beginning to the first second with all users.
fn shade_ramp(canvas: &mut Canvas, frame: &Frame, x: &Scale, seconds: &[Second]) {
    let most = highest(seconds, |second| second.users);
    let full = seconds
        .iter()
        .find(|second| most > 0.0 && second.users.is_some_and(|users| users >= most));
    if let Some(full) = full.filter(|full| full.at > 0.0) {
        let width = frame.x(x, full.at) - frame.left;
        canvas.rectangle("shade", frame.left, frame.top, width, frame.height);
        if width > 40.0 {
            let at = (frame.left + 6.0, frame.top + 15.0);
            canvas.text("soft", Anchor::Start, at, "ramp");
        }
    }
}

/// One line, broken where a second has no figure.
fn draw_line(
    canvas: &mut Canvas,
    style: &str,
    frame: &Frame,
    (x, y): (&Scale, &Scale),
    seconds: &[Second],
    of: impl Fn(&Second) -> Option<f64>,
) {
    let class = format!("line {style}");
    let mut points = Vec::new();
    for second in seconds {
        if let Some(value) = of(second) {
            points.push((frame.x(x, second.at), frame.y(y, value)));
        } else {
            canvas.polyline(&class, &points);
            points.clear();
        }
    }
    canvas.polyline(&class, &points);
}
