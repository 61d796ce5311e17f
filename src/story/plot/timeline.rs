//! One run over time: throughput above, response times below, the ramp shaded; and
//! what the server used, where somebody looked.

use super::canvas::{Anchor, Canvas};
use super::legend::Legend;
use super::scale::{Frame, Scale, count_label, time_label};
use super::{Plot, Width};
use crate::story::{Profile, Second};

/// A quantity of a second.
type Of = fn(&Second) -> Option<f64>;

/// Draws `run` second by second. `None` with fewer than two seconds.
#[must_use]
pub fn timeline(slug: &str, title: &str, run: &Profile) -> Option<Plot> {
    let seconds = run.timeline();
    if seconds.len() < 2 {
        return None;
    }
    let since = if run.timeline_is_windowed {
        "of the last seconds"
    } else {
        "since the beginning"
    };
    let ramp = ramp_end(run, &seconds);
    let caption = format!(
        "Requests and failures per second, and response times {since}; where a record has them, the cores that \
         the server used and the writes that waited in it. The shaded time is the ramp."
    );
    Some(Plot::new(slug, title, &caption, |width| {
        draw(&seconds, ramp, width)
    }))
}

/// When the ramp was over: as recorded, or the first second with all users.
fn ramp_end(run: &Profile, seconds: &[Second]) -> Option<f64> {
    let most = highest(seconds, |second| second.users);
    let full = || {
        let mut seconds = seconds.iter();
        let full = seconds.find(|one| most > 0.0 && one.users.is_some_and(|users| users >= most));
        full.map(|second| second.at)
    };
    run.ramp_s.or_else(full).filter(|end| *end > 0.0)
}

/// One panel: its name, what it shows with the class and the legend's word of each.
struct Panel {
    name: &'static str,
    label: fn(f64) -> String,
    lines: Vec<(&'static str, Of)>,
}

fn panels(seconds: &[Second]) -> Vec<Panel> {
    let has = |of: Of| {
        seconds
            .iter()
            .any(|second| of(second).is_some_and(|value| value > 0.0))
    };
    let mut rates: Vec<(&'static str, Of)> = vec![("requests/s", |second| second.rps)];
    let failures: Of = |second| second.failures_per_second;
    if has(failures) {
        rates.push(("failures/s", failures));
    }
    let mut panels = vec![
        Panel {
            name: "requests per second",
            label: count_label,
            lines: rates,
        },
        Panel {
            name: "response time",
            label: time_label,
            lines: vec![
                ("p50", |second| second.p50_ms),
                ("p95", |second| second.p95_ms),
            ],
        },
    ];
    let cores: Of = |second| second.server_cores;
    let queue: Of = |second| second.queue_depth;
    let memory: Of = |second| {
        second
            .server_rss_bytes
            .map(|bytes| bytes / f64::from(1 << 20))
    };
    for (name, word, of) in [
        ("cores of the server", "server's cores", cores),
        ("memory of the server, MiB", "server's memory", memory),
        ("writes that wait", "queue", queue),
    ] {
        if has(of) {
            panels.push(Panel {
                name,
                label: count_label,
                lines: vec![(word, of)],
            });
        }
    }
    panels
}

/// The height of the two panels that every run has, and of the others.
const TALL: f64 = 150.0;
const LOW: f64 = 80.0;

fn draw(seconds: &[Second], ramp: Option<f64>, width: Width) -> Canvas {
    let panels = panels(seconds);
    let words = panels.iter().flat_map(|panel| &panel.lines);
    let legend = Legend::new(words.map(|(word, _)| *word), width.units());
    let mut frames: Vec<Frame> = Vec::new();
    for index in 0..panels.len() {
        frames.push(Frame {
            left: 66.0,
            top: frames.last().map_or(30.0, |above| above.bottom() + 42.0),
            width: width.units() - 66.0 - 20.0,
            height: if index < 2 { TALL } else { LOW },
        });
    }
    let lowest = frames.last().map_or(0.0, Frame::bottom);
    let mut canvas = Canvas::new(width.units(), lowest + 48.0 + legend.height() + 8.0);
    let end = seconds.iter().map(|second| second.at).fold(1.0, f64::max);
    let x = seconds_axis(end);
    let mut style = 0;
    for (index, (panel, frame)) in panels.iter().zip(&frames).enumerate() {
        if let Some(ramp) = ramp {
            shade_ramp(&mut canvas, frame, &x, ramp.min(end));
        }
        let tops = panel.lines.iter().map(|(_, of)| highest(seconds, of));
        let y = Scale::from_zero(tops.fold(0.0, f64::max), panel.label);
        frame.draw_y(&mut canvas, &y);
        let is_last = index + 1 == panels.len();
        let bare = Scale::between(0.0, end, Vec::new());
        frame.draw_x(&mut canvas, if is_last { &x } else { &bare });
        let at = (12.0, frame.top - 12.0);
        canvas.text("soft", Anchor::Start, at, panel.name);
        for (_, of) in &panel.lines {
            let class = format!("s{style}");
            draw_line(&mut canvas, &class, frame, (&x, &y), seconds, of);
            style += 1;
        }
    }
    let middle = (66.0 + (width.units() - 86.0) / 2.0, lowest + 40.0);
    canvas.text("soft", Anchor::Middle, middle, "seconds since the start");
    legend.draw(&mut canvas, lowest + 50.0);
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

/// From the beginning to the end of the ramp.
fn shade_ramp(canvas: &mut Canvas, frame: &Frame, x: &Scale, ramp: f64) {
    let width = frame.x(x, ramp) - frame.left;
    canvas.rectangle("shade", frame.left, frame.top, width, frame.height);
    if width > 40.0 {
        let at = (frame.left + 6.0, frame.top + 15.0);
        canvas.text("soft", Anchor::Start, at, "ramp");
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
