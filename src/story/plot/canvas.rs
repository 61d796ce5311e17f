//! An SVG drawing under construction.

use std::fmt::Write as _;

/// Where text is anchored.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// Shapes in the order they are drawn. Coordinates have one decimal.
#[derive(Debug)]
pub(crate) struct Canvas {
    width: f64,
    height: f64,
    body: String,
}

/// Width of a letter of the plots' font, on average and a little more.
pub(crate) const LETTER: f64 = 7.1;

impl Canvas {
    pub(crate) fn new(width: f64, height: f64) -> Self {
        let mut canvas = Self {
            width,
            height,
            body: String::new(),
        };
        canvas.rectangle("paper", 0.0, 0.0, width, height);
        canvas
    }

    pub(crate) fn rectangle(&mut self, class: &str, x: f64, y: f64, width: f64, height: f64) {
        self.push(format_args!(
            "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\"/>"
        ));
    }

    pub(crate) fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        let ((x1, y1), (x2, y2)) = (from, to);
        self.push(format_args!(
            "<line class=\"{class}\" x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\"/>"
        ));
    }

    pub(crate) fn polyline(&mut self, class: &str, points: &[(f64, f64)]) {
        if points.len() < 2 {
            return;
        }
        let mut path = String::new();
        for (x, y) in points {
            if !path.is_empty() {
                path.push(' ');
            }
            write!(path, "{x:.1},{y:.1}").expect("a String takes everything");
        }
        self.push(format_args!(
            "<polyline class=\"{class}\" points=\"{path}\"/>"
        ));
    }

    pub(crate) fn dot(&mut self, class: &str, (x, y): (f64, f64)) {
        self.push(format_args!(
            "<circle class=\"dot {class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.5\"/>"
        ));
    }

    pub(crate) fn text(&mut self, class: &str, anchor: Anchor, (x, y): (f64, f64), text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let text = escaped(text);
        self.push(format_args!(
            "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{text}</text>"
        ));
    }

    /// The drawing as an element for a page; `id` must be unique on it.
    pub(crate) fn inline(&self, title: &str, id: &str) -> String {
        let (width, height, body) = (self.width, self.height, &self.body);
        let title = escaped(title);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"plot\" viewBox=\"0 0 {width:.0} {height:.0}\" \
             role=\"img\" aria-labelledby=\"{id}\">\n<title id=\"{id}\">{title}</title>\n{body}</svg>"
        )
    }

    fn push(&mut self, shape: std::fmt::Arguments<'_>) {
        writeln!(self.body, "{shape}").expect("a String takes everything");
    }
}

/// Text for XML and HTML, quotes included.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            // XML has no way to write these.
            '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {
                escaped.push('\u{fffd}');
            }
            c => escaped.push(c),
        }
    }
    escaped
}
