//! What a profiler is told.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// How a warning leaves the profiler.
pub(super) type Warn = Arc<dyn Fn(&str) + Send + Sync>;

#[derive(Clone)]
pub(super) struct Settings {
    pub(super) directory: PathBuf,
    /// Looks a second.
    pub(super) hertz: u32,
    /// Share of requests that are profiled, 0 to 1.
    pub(super) rate: f64,
    /// Shorter requests leave no page.
    pub(super) slow: Duration,
    /// Most pages kept.
    pub(super) keep: usize,
    pub(super) warn: Warn,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("directory", &self.directory)
            .field("hertz", &self.hertz)
            .field("rate", &self.rate)
            .field("slow", &self.slow)
            .field("keep", &self.keep)
            .finish_non_exhaustive()
    }
}

impl Settings {
    pub(super) fn new(directory: PathBuf) -> Self {
        Self {
            directory,
            hertz: 997, // never in step with what runs each millisecond
            rate: 1.0,
            slow: Duration::ZERO,
            keep: 200,
            warn: Arc::new(|text| {
                use std::io::Write as _;
                // A warning that nobody can read changes nothing.
                drop(writeln!(std::io::stderr(), "warning: {text}"));
            }),
        }
    }
}

/// A setting out of range.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum SettingError {
    /// The share of requests is not between 0 and 1.
    Rate(f64),
    /// Looks a second are none, or more than the timer gives.
    Hertz(u32),
}

impl fmt::Display for SettingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rate(rate) => write!(f, "a rate of {rate}: expected a share from 0 to 1"),
            Self::Hertz(hertz) => write!(f, "{hertz} looks a second: expected 1 to 5000"),
        }
    }
}

impl std::error::Error for SettingError {}
