//! The last lines of a host's log, as errors and failing tests quote them.

use std::fmt;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

/// Lines quoted.
const LINES: usize = 20;
/// Bytes read from the end, at most.
const BYTES: u64 = 8 * 1024;

/// The end of a host's log. Displayed with its path, or as nothing where the
/// log is empty.
#[derive(Debug, Clone, Default)]
pub struct LogTail(Box<Tail>);

#[derive(Debug, Clone, Default)]
struct Tail {
    path: PathBuf,
    text: String,
}

impl LogTail {
    /// Reads it; a log that cannot be read is an empty one.
    pub(super) fn read(path: &Path) -> Self {
        Self(Box::new(Tail {
            path: path.to_owned(),
            text: last_lines(path).unwrap_or_default(),
        }))
    }

    /// The lines.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0.text
    }
}

impl fmt::Display for LogTail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.text.is_empty() {
            return Ok(());
        }
        write!(f, "\n--- end of its log, `{}` ---", self.0.path.display())?;
        for line in self.0.text.lines() {
            write!(f, "\n| {line}")?;
        }
        Ok(())
    }
}

fn last_lines(path: &Path) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(BYTES)))?;
    let mut bytes = Vec::new();
    file.take(BYTES).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().collect();
    Ok(lines[lines.len().saturating_sub(LINES)..].join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_lines_are_quoted() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let all: Vec<String> = (0..1000).map(|n| format!("line {n}")).collect();
        std::fs::write(file.path(), all.join("\n")).unwrap();
        let tail = LogTail::read(file.path());
        assert_eq!(tail.text().lines().next(), Some("line 980"));
        assert_eq!(tail.text().lines().last(), Some("line 999"));
    }

    #[test]
    fn a_missing_log_is_displayed_as_nothing() {
        assert_eq!(LogTail::read(Path::new("/nonexistent")).to_string(), "");
    }
}
