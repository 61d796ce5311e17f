//! Stacks and how often each was seen; the folded text between programs.

use std::collections::BTreeMap;
use std::fmt;

/// Equal stacks, counted.
///
/// ```
/// use shakedown_lens::flame::Stacks;
///
/// let mut stacks = Stacks::new();
/// stacks.add(["main", "work"], 3);
/// stacks.add(["main"], 1);
/// stacks.add(["main", "work"], 2);
/// assert_eq!(stacks.to_string(), "main 1\nmain;work 5\n");
/// assert_eq!(stacks.total(), 6);
/// # assert_eq!(Stacks::parse(&stacks.to_string()).unwrap(), stacks);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stacks {
    counted: BTreeMap<Vec<String>, u64>,
}

/// A line of folded text that is none.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FoldedError {
    /// Which, counted from 1.
    pub line: usize,
    /// What stands there.
    pub text: String,
}

impl fmt::Display for FoldedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "line {}: expected `frame;frame .. weight`, found `{}`",
            self.line, self.text
        )
    }
}

impl std::error::Error for FoldedError {}

impl Stacks {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds `weight` to the stack of `frames`, outermost first. A stack without
    /// frames, or a weight of 0, adds nothing.
    pub fn add<S: Into<String>>(&mut self, frames: impl IntoIterator<Item = S>, weight: u64) {
        let frames: Vec<String> = frames
            .into_iter()
            .map(|frame| clean(frame.into()))
            .collect();
        if !frames.is_empty() && weight > 0 {
            *self.counted.entry(frames).or_default() += weight;
        }
    }

    /// Reads folded text. Empty lines are skipped.
    ///
    /// # Errors
    ///
    /// The first line that does not end in a blank and a whole number.
    pub fn parse(text: &str) -> Result<Self, FoldedError> {
        let mut stacks = Self::new();
        for (index, line) in text.lines().enumerate() {
            if line.trim().is_empty() {
                continue;
            }
            let parts = line.trim_end().rsplit_once(' ');
            let Some((frames, Ok(weight))) = parts.map(|(f, w)| (f, w.parse())) else {
                let (line, text) = (index + 1, line.to_owned());
                return Err(FoldedError { line, text });
            };
            stacks.add(frames.split(';'), weight);
        }
        Ok(stacks)
    }

    /// The weight of all stacks.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counted.values().sum()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.counted.is_empty()
    }

    /// Each stack, outermost frame first, and its weight; ordered by frames.
    pub fn iter(&self) -> impl Iterator<Item = (&[String], u64)> {
        self.counted
            .iter()
            .map(|(frames, weight)| (frames.as_slice(), *weight))
    }
}

impl fmt::Display for Stacks {
    /// The folded text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (frames, weight) in &self.counted {
            writeln!(f, "{} {weight}", frames.join(";"))?;
        }
        Ok(())
    }
}

/// A frame that fits into folded text: `[u8; 4]` would be cut in two.
fn clean(frame: String) -> String {
    if frame.is_empty() {
        return "[unknown]".to_owned();
    }
    if frame.contains([';', '\n', '\r']) {
        return frame.replace(';', ",").replace(['\n', '\r'], " ");
    }
    frame
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_hold_blanks_but_no_separator() {
        let mut stacks = Stacks::new();
        stacks.add(["<a::B as c::D>::e", "f::<[u8; 4]>", ""], 7);
        let text = stacks.to_string();
        assert_eq!(text, "<a::B as c::D>::e;f::<[u8, 4]>;[unknown] 7\n");
        assert_eq!(Stacks::parse(&text).unwrap(), stacks);
    }

    #[test]
    fn nothing_is_added_by_no_frames_or_no_weight() {
        let mut stacks = Stacks::new();
        stacks.add(Vec::<String>::new(), 3);
        stacks.add(["a"], 0);
        assert!(stacks.is_empty() && stacks.total() == 0);
    }

    #[test]
    fn a_line_without_a_weight_is_named() {
        let error = Stacks::parse("a;b 1\n\na;c\n").unwrap_err();
        assert_eq!(
            error.to_string(),
            "line 3: expected `frame;frame .. weight`, found `a;c`"
        );
    }
}
