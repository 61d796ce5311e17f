//! Response time by percentile, several runs overlaid. The axis of percentiles
//! is logarithmic in what is left above: the tail gets the room.

use super::canvas::{Anchor, Canvas};
use super::legend::Legend;
use super::scale::{Frame, Scale, time_label};
use super::theme::SERIES;
use super::{Plot, Series, Width};

/// Room for the maximum, which lies beyond every percentile.
const MAX_STEP: f64 = 0.45;

/// Draws curves of (percent, milliseconds); a point at 100 is the maximum.
/// `None` when no curve has two points.
#[must_use]
pub fn percentiles(slug: &str, title: &str, curves: &[Series]) -> Option<Plot> {
    let curves: Vec<Series> = curves
        .iter()
        .filter(|curve| curve.points.len() >= 2)
        .cloned()
        .collect();
    if curves.is_empty() {
        return None;
    }
    let caption = "Response time by percentile, both axes logarithmic. Towards the right ever fewer requests \
                   were slower: one in ten at 90%, one in a hundred at 99%. Lower is better.";
    Some(Plot::new(slug, title, caption, |width| {
        draw(&curves, width)
    }))
}

fn draw(curves: &[Series], width: Width) -> Canvas {
    let legend = Legend::new(
        curves.iter().map(|curve| curve.label.as_str()),
        width.units(),
    );
    let frame = Frame {
        left: 66.0,
        top: 30.0,
        width: width.units() - 66.0 - 20.0,
        height: if width == Width::Wide { 320.0 } else { 260.0 },
    };
    let mut canvas = Canvas::new(width.units(), frame.bottom() + 48.0 + legend.height() + 8.0);
    let x = percent_axis(curves);
    let times = || {
        let points = curves.iter().flat_map(|curve| &curve.points);
        points.map(|(_, ms)| *ms).filter(|ms| *ms > 0.0)
    };
    let y = Scale::logarithmic(
        times().fold(f64::INFINITY, f64::min),
        times().fold(0.0, f64::max),
        time_label,
    );
    frame.draw_y(&mut canvas, &y);
    frame.draw_x(&mut canvas, &x);
    canvas.text("soft", Anchor::Start, (12.0, 18.0), "response time");
    canvas.text(
        "soft",
        Anchor::Middle,
        (frame.left + frame.width / 2.0, frame.bottom() + 40.0),
        "percentile",
    );
    for (index, curve) in curves.iter().enumerate() {
        let style = index % SERIES;
        let points: Vec<(f64, f64)> = curve
            .points
            .iter()
            .map(|(percent, ms)| (frame.x(&x, depth(*percent, curves)), frame.y(&y, *ms)))
            .collect();
        canvas.polyline(&format!("line s{style}"), &points);
        for point in points {
            canvas.dot(&format!("f{style}"), point);
        }
    }
    legend.draw(&mut canvas, frame.bottom() + 50.0);
    canvas
}

/// How far into the tail a percentile lies: 1 at 90, 2 at 99, 3 at 99.9.
fn depth(percent: f64, curves: &[Series]) -> f64 {
    if percent >= 100.0 {
        deepest(curves) + MAX_STEP
    } else {
        -(1.0 - percent / 100.0).log10()
    }
}

fn deepest(curves: &[Series]) -> f64 {
    let percents = curves.iter().flat_map(|curve| &curve.points);
    percents
        .map(|(percent, _)| *percent)
        .filter(|percent| *percent < 100.0)
        .map(|percent| -(1.0 - percent / 100.0).log10())
        .fold(1.0, f64::max)
}

fn percent_axis(curves: &[Series]) -> Scale {
    const NAMED: [(f64, &str); 9] = [
        (0.0, "0"),
        (50.0, "50%"),
        (75.0, "75%"),
        (90.0, "90%"),
        (95.0, "95%"),
        (99.0, "99%"),
        (99.9, "99.9%"),
        (99.99, "99.99%"),
        (99.999, "99.999%"),
    ];
    let points = || curves.iter().flat_map(|curve| &curve.points);
    let first = points().map(|(percent, _)| *percent).fold(50.0, f64::min);
    let last = deepest(curves);
    let has_max = points().any(|(percent, _)| *percent >= 100.0);
    let mut ticks: Vec<(f64, String)> = NAMED
        .iter()
        .map(|(percent, label)| (depth(*percent, curves), (*label).to_owned()))
        .filter(|(depth, _)| {
            *depth >= -(1.0 - first / 100.0).log10() - 1e-9 && *depth <= last + 1e-9
        })
        .collect();
    let mut end = last;
    if has_max {
        end += MAX_STEP;
        ticks.push((end, "max".to_owned()));
    }
    Scale::between(-(1.0 - first / 100.0).log10(), end, ticks)
}
