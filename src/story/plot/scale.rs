//! From figures to places: linear and logarithmic axes with round ticks.

use super::canvas::{Anchor, Canvas};

/// The rectangle that a plot's lines live in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

/// An axis.
#[derive(Clone, Debug)]
pub(crate) struct Scale {
    low: f64,
    high: f64,
    logarithmic: bool,
    pub(crate) ticks: Vec<(f64, String)>,
}

impl Scale {
    /// From 0 to a round number at or above `high`.
    pub(crate) fn from_zero(high: f64, label: impl Fn(f64) -> String) -> Self {
        let high = if high > 0.0 && high.is_finite() {
            high
        } else {
            1.0
        };
        let step = round_step(high / 4.0);
        let count = (high / step).ceil().clamp(1.0, 10.0);
        let mut ticks = Vec::new();
        let mut tick = 0.0;
        while tick <= count {
            ticks.push((tick * step, label(tick * step)));
            tick += 1.0;
        }
        Self {
            low: 0.0,
            high: count * step,
            logarithmic: false,
            ticks,
        }
    }

    /// Between two figures, with the ticks given.
    pub(crate) fn between(low: f64, high: f64, ticks: Vec<(f64, String)>) -> Self {
        Self {
            low,
            high: if high > low { high } else { low + 1.0 },
            logarithmic: false,
            ticks,
        }
    }

    /// Logarithmic from the decade step (1, 2 or 5) below `low` to that above `high`.
    pub(crate) fn logarithmic(low: f64, high: f64, label: impl Fn(f64) -> String) -> Self {
        let steps = decade_steps();
        let below = steps.iter().rev().find(|step| **step <= low);
        let above = steps.iter().find(|step| **step >= high);
        let low = below.copied().unwrap_or(steps[0]);
        let mut high = above.copied().unwrap_or(steps[steps.len() - 1]);
        if high <= low {
            high = low * 10.0;
        }
        let within: Vec<f64> = steps
            .into_iter()
            .filter(|s| *s >= low && *s <= high)
            .collect();
        let is_decade = |value: f64| (value.log10() - value.log10().round()).abs() < 1e-9;
        let decades = within.iter().filter(|value| is_decade(**value)).count();
        let ticks = within
            .into_iter()
            .filter(|value| decades < 4 || is_decade(*value))
            .map(|value| (value, label(value)))
            .collect();
        Self {
            low,
            high,
            logarithmic: true,
            ticks,
        }
    }

    /// Where `value` lies, 0 at the low end and 1 at the high one; never beyond.
    pub(crate) fn place(&self, value: f64) -> f64 {
        let place = if self.logarithmic {
            (value.max(self.low).ln() - self.low.ln()) / (self.high.ln() - self.low.ln())
        } else {
            (value - self.low) / (self.high - self.low)
        };
        if place.is_finite() {
            place.clamp(0.0, 1.0)
        } else {
            0.0
        }
    }
}

impl Frame {
    pub(crate) fn x(&self, scale: &Scale, value: f64) -> f64 {
        self.left + self.width * scale.place(value)
    }

    pub(crate) fn y(&self, scale: &Scale, value: f64) -> f64 {
        self.top + self.height * (1.0 - scale.place(value))
    }

    pub(crate) fn bottom(&self) -> f64 {
        self.top + self.height
    }

    pub(crate) fn right(&self) -> f64 {
        self.left + self.width
    }

    /// Horizontal grid lines with the labels of `y` at their left.
    pub(crate) fn draw_y(&self, canvas: &mut Canvas, y: &Scale) {
        for (value, label) in &y.ticks {
            let at = self.y(y, *value);
            canvas.line("grid", (self.left, at), (self.right(), at));
            canvas.text("soft", Anchor::End, (self.left - 8.0, at + 4.0), label);
        }
    }

    /// The bottom line, with the labels of `x` below it. Labels that would touch
    /// the one before are left out.
    pub(crate) fn draw_x(&self, canvas: &mut Canvas, x: &Scale) {
        canvas.line(
            "axis",
            (self.left, self.bottom()),
            (self.right(), self.bottom()),
        );
        let mut free_from = f64::NEG_INFINITY;
        for (value, label) in &x.ticks {
            let at = self.x(x, *value);
            canvas.line("axis", (at, self.bottom()), (at, self.bottom() + 5.0));
            #[expect(clippy::cast_precision_loss, reason = "letters of a label")]
            let half = label.chars().count() as f64 * super::canvas::LETTER / 2.0;
            if at - half >= free_from {
                canvas.text("soft", Anchor::Middle, (at, self.bottom() + 20.0), label);
                free_from = at + half + 6.0;
            }
        }
    }
}

/// Response times as axis labels: `250 µs`, `10 ms`, `2 s`.
pub(crate) fn time_label(milliseconds: f64) -> String {
    let round = |value: f64| {
        let text = format!("{value:.2}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    if milliseconds == 0.0 {
        "0".to_owned()
    } else if milliseconds < 1.0 {
        format!("{} µs", round(milliseconds * 1_000.0))
    } else if milliseconds < 1_000.0 {
        format!("{} ms", round(milliseconds))
    } else {
        format!("{} s", round(milliseconds / 1_000.0))
    }
}

/// Counts as axis labels: `950`, `1.5k`, `30k`, `2M`.
pub(crate) fn count_label(value: f64) -> String {
    let round = |value: f64| {
        let text = format!("{value:.2}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    if value >= 1e6 {
        format!("{}M", round(value / 1e6))
    } else if value >= 1e3 {
        format!("{}k", round(value / 1e3))
    } else {
        round(value)
    }
}

/// 1, 2, 2.5 or 5 times a power of ten, at or above `least`.
fn round_step(least: f64) -> f64 {
    let power = 10_f64.powf(least.log10().floor());
    [1.0, 2.0, 2.5, 5.0]
        .into_iter()
        .map(|step| step * power)
        .find(|step| *step >= least * (1.0 - 1e-9))
        .unwrap_or(10.0 * power)
}

/// 0.001, 0.002, 0.005, 0.01, ... milliseconds, up to days.
fn decade_steps() -> Vec<f64> {
    let mut steps = Vec::new();
    for power in -3..9 {
        for step in [1.0, 2.0, 5.0] {
            steps.push(step * 10_f64.powi(power));
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_reach_the_highest_figure() {
        let scale = Scale::from_zero(1_585.1, count_label);
        let labels: Vec<&str> = scale
            .ticks
            .iter()
            .map(|(_, label)| label.as_str())
            .collect();
        assert_eq!(labels, ["0", "500", "1k", "1.5k", "2k"]);
        assert!((scale.place(2_000.0) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn a_logarithmic_axis_gives_every_decade_the_same_room() {
        let scale = Scale::logarithmic(1.0, 1_000.0, time_label);
        assert!((scale.place(10.0) - 1.0 / 3.0).abs() < 1e-9);
        assert_eq!(scale.place(0.0), 0.0);
        assert_eq!(scale.ticks.first().unwrap().1, "1 ms");
        assert_eq!(scale.ticks.last().unwrap().1, "1 s");
    }

    #[test]
    fn figures_that_make_no_axis_make_one_anyway() {
        for high in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(Scale::from_zero(high, count_label).place(0.5).is_finite());
        }
        assert!(
            Scale::logarithmic(0.0, 0.0, time_label)
                .place(0.5)
                .is_finite()
        );
        assert!(Scale::between(5.0, 5.0, Vec::new()).place(5.0).is_finite());
    }

    #[test]
    fn labels_have_the_unit_that_reads_best() {
        assert_eq!(time_label(0.2), "200 µs");
        assert_eq!(time_label(2_500.0), "2.5 s");
        assert_eq!(count_label(1_500.0), "1.5k");
    }
}
