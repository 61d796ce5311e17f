//! A line that says how much longer it takes, where somebody looks.

use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

const BAR: usize = 40;

/// Draws on standard error if that is a terminal; clears the line when dropped.
pub(super) struct Countdown {
    what: String,
    limit: Option<Duration>,
    drawn: bool,
    last: Option<u64>,
}

impl Countdown {
    pub(super) fn new(what: impl Into<String>, limit: Option<Duration>) -> Self {
        Self {
            what: what.into(),
            limit,
            drawn: std::io::stderr().is_terminal(),
            last: None,
        }
    }

    /// Shows that `passed` is over.
    pub(super) fn show(&mut self, passed: Duration) {
        if self.drawn && self.last != Some(passed.as_secs()) {
            self.last = Some(passed.as_secs());
            let mut terminal = std::io::stderr();
            let line = line(&self.what, passed, self.limit);
            drop(write!(terminal, "\r\x1b[K{line}"));
            drop(terminal.flush());
        }
    }
}

impl Drop for Countdown {
    fn drop(&mut self) {
        if self.drawn && self.last.is_some() {
            drop(write!(std::io::stderr(), "\r\x1b[K"));
        }
    }
}

fn line(what: &str, passed: Duration, limit: Option<Duration>) -> String {
    let Some(limit) = limit else {
        return format!("{what}: {} s (Ctrl-C ends it)", passed.as_secs());
    };
    let share = (passed.as_secs_f64() / limit.as_secs_f64()).min(1.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a number of letters"
    )]
    let full = (share * BAR as f64) as usize;
    let left = limit.saturating_sub(passed).as_secs();
    let bar = format!("{}{}", "#".repeat(full), "-".repeat(BAR - full));
    format!("{what} [{bar}] {left} s left")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_fills_up() {
        let of = |passed| {
            line(
                "7",
                Duration::from_secs(passed),
                Some(Duration::from_secs(30)),
            )
        };
        assert_eq!(
            of(15),
            format!("7 [{}{}] 15 s left", "#".repeat(20), "-".repeat(20))
        );
        assert_eq!(of(40), format!("7 [{}] 0 s left", "#".repeat(40)));
        assert_eq!(
            line("7", Duration::from_secs(3), None),
            "7: 3 s (Ctrl-C ends it)"
        );
    }
}
