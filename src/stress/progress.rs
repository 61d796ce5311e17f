//! A line a second while a run lasts, where a person sees it.
//!
//! Test runners capture what a test prints, so the line goes to the controlling
//! terminal. Where there is none, as in CI, it goes to a file whose name is
//! announced on stderr when the run starts (`tail -f` it); the file is removed
//! when the run is over, because its content is in the archived history.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::fd::AsRawFd;

use tempfile::NamedTempFile;

use super::StressError;

/// Where the line goes.
#[derive(Default)]
#[non_exhaustive]
pub enum Progress {
    /// The controlling terminal, or a file named on stderr.
    #[default]
    Auto,
    /// Nowhere.
    Off,
    /// A writer of the caller's.
    To(Box<dyn Write + Send>),
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "Auto",
            Self::Off => "Off",
            Self::To(_) => "To(..)",
        })
    }
}

/// An opened destination. A line that cannot be written is given up: progress
/// never fails a run.
pub(super) enum Lines {
    Nowhere,
    Terminal(File),
    Named(NamedTempFile),
    Given(Box<dyn Write + Send>),
}

impl Lines {
    pub(super) fn open(progress: Progress) -> Result<Self, StressError> {
        match progress {
            Progress::Off => Ok(Self::Nowhere),
            Progress::To(writer) => Ok(Self::Given(writer)),
            Progress::Auto => match terminal() {
                Some(terminal) => Ok(Self::Terminal(terminal)),
                None => named(),
            },
        }
    }

    pub(super) fn write(&mut self, line: &str) {
        let text = format!("{line}\n");
        let _ = match self {
            Self::Nowhere => Ok(()),
            Self::Terminal(file) => file.write_all(text.as_bytes()),
            Self::Named(file) => file.write_all(text.as_bytes()),
            Self::Given(writer) => writer.write_all(text.as_bytes()),
        };
    }
}

/// The controlling terminal, if a background process may write to it: nextest
/// puts each test into a process group of its own, and a terminal set to
/// `tostop` stops such a process when it writes.
fn terminal() -> Option<File> {
    let terminal = OpenOptions::new().write(true).open("/dev/tty").ok()?;
    // SAFETY: an all-zero `termios` is a valid value of the plain C struct.
    let mut settings: libc::termios = unsafe { std::mem::zeroed() };
    // SAFETY: the descriptor is open for as long as `terminal` lives, and
    // `settings` is a valid place to write to.
    let read = unsafe { libc::tcgetattr(terminal.as_raw_fd(), &raw mut settings) };
    (read == 0 && settings.c_lflag & libc::TOSTOP == 0).then_some(terminal)
}

fn named() -> Result<Lines, StressError> {
    let file = tempfile::Builder::new()
        .prefix("stress-progress-")
        .suffix(".log")
        .tempfile()
        .map_err(|source| StressError::Progress {
            path: std::env::temp_dir(),
            source,
        })?;
    let _ = writeln!(
        io::stderr(),
        "no terminal: the run's progress is in {}",
        file.path().display()
    );
    Ok(Lines::Named(file))
}
