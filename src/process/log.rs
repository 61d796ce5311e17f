//! A program's output: one file that both standard output and standard error
//! are appended to, read from its end or line by line in bounded pieces.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// The most that is read from the end of a log, bytes.
const TAIL_BYTES: u64 = 64 * 1024;
/// A longer line counts as several, so that a flood without newlines does not
/// grow the buffer.
const LINE_BYTES: usize = 16 * 1024;
/// How much a tail shows of one line, characters.
const SHOWN_CHARS: usize = 500;

/// The log file of one process.
#[derive(Debug)]
pub(super) struct Log {
    path: PathBuf,
}

impl Log {
    /// Creates the file, empty.
    pub(super) fn create(path: PathBuf) -> io::Result<(Self, File)> {
        let file = OpenOptions::new().create(true).append(true).open(&path)?;
        file.set_len(0)?;
        Ok((Self { path }, file))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The last `lines` lines, as far as they are within the last 64 KiB.
    pub(super) fn tail(&self, lines: usize) -> io::Result<String> {
        let mut file = File::open(&self.path)?;
        let size = file.metadata()?.len();
        let start = size.saturating_sub(TAIL_BYTES);
        file.seek(SeekFrom::Start(start))?;
        let mut bytes = Vec::new();
        file.take(TAIL_BYTES).read_to_end(&mut bytes)?;
        // The first line of a cut is half a line, unless it is all there is.
        if start > 0
            && let Some(end) = bytes.iter().position(|&byte| byte == b'\n')
            && end + 1 < bytes.len()
        {
            bytes.drain(..=end);
        }
        let text = String::from_utf8_lossy(&bytes);
        let all: Vec<&str> = text.lines().collect();
        let shown: Vec<String> = all[all.len().saturating_sub(lines)..]
            .iter()
            .map(|line| shown(line))
            .collect();
        Ok(shown.join("\n"))
    }

    /// A reader from the start of the log.
    pub(super) fn lines(&self) -> io::Result<Lines> {
        Ok(Lines {
            file: File::open(&self.path)?,
            pending: Vec::new(),
            scanned: 0,
        })
    }
}

/// One line as it is shown: without control characters, cut when very long.
fn shown(line: &str) -> String {
    let clean = line.chars().filter(|c| !c.is_control() || *c == '\t');
    let mut text: String = clean.clone().take(SHOWN_CHARS).collect();
    if clean.count() > SHOWN_CHARS {
        text.push_str(" ...");
    }
    text
}

/// Reads a growing log line by line. Holds at most one line and one piece.
#[derive(Debug)]
pub(super) struct Lines {
    file: File,
    pending: Vec<u8>,
    /// How much of `pending` is known to hold no newline.
    scanned: usize,
}

impl Lines {
    /// The next complete line, without its end; `None` when the log holds no
    /// further one yet.
    pub(super) fn next_line(&mut self) -> io::Result<Option<String>> {
        loop {
            let end = self.pending[self.scanned..]
                .iter()
                .position(|&byte| byte == b'\n')
                .map(|at| at + self.scanned);
            if let Some(end) = end {
                let line: Vec<u8> = self.pending.drain(..=end).collect();
                self.scanned = 0;
                return Ok(Some(text_of(&line)));
            }
            if self.pending.len() >= LINE_BYTES {
                let line: Vec<u8> = self.pending.drain(..LINE_BYTES).collect();
                self.scanned = 0;
                return Ok(Some(text_of(&line)));
            }
            self.scanned = self.pending.len();
            let mut piece = [0; 8 * 1024];
            match self.file.read(&mut piece)? {
                0 => return Ok(None),
                n => self.pending.extend_from_slice(&piece[..n]),
            }
        }
    }
}

fn text_of(line: &[u8]) -> String {
    String::from_utf8_lossy(line)
        .trim_end_matches(['\n', '\r'])
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn log() -> (tempfile::TempDir, Log, File) {
        let dir = tempfile::tempdir().unwrap();
        let (log, file) = Log::create(dir.path().join("x.log")).unwrap();
        (dir, log, file)
    }

    #[test]
    fn tail_is_bounded_and_starts_at_a_whole_line() {
        let (_dir, log, mut file) = log();
        for n in 0..100_000 {
            writeln!(file, "line {n}").unwrap();
        }
        assert_eq!(log.tail(2).unwrap(), "line 99998\nline 99999");
        let all = log.tail(usize::MAX).unwrap();
        assert!(u64::try_from(all.len()).unwrap() <= TAIL_BYTES);
        assert!(all.starts_with("line "), "{}", &all[..20]);
    }

    #[test]
    fn tail_shows_bytes_that_are_no_utf8() {
        let (_dir, log, mut file) = log();
        file.write_all(b"caf\xe9 \x1b[31mred\0\n").unwrap();
        assert_eq!(log.tail(5).unwrap(), "caf\u{fffd} [31mred");
    }

    #[test]
    fn a_line_is_given_once_it_is_complete() {
        let (_dir, log, mut file) = log();
        let mut lines = log.lines().unwrap();
        file.write_all(b"listening on 127.0").unwrap();
        assert_eq!(lines.next_line().unwrap(), None);
        file.write_all(b".0.1:80\r\nnext").unwrap();
        assert_eq!(
            lines.next_line().unwrap().as_deref(),
            Some("listening on 127.0.0.1:80")
        );
        assert_eq!(lines.next_line().unwrap(), None);
    }

    #[test]
    fn a_flood_without_newlines_does_not_grow_the_buffer() {
        let (_dir, log, mut file) = log();
        file.write_all(&vec![b'x'; 1 << 20]).unwrap();
        let mut lines = log.lines().unwrap();
        let mut count = 0;
        while lines.next_line().unwrap().is_some() {
            count += 1;
            assert!(lines.pending.capacity() <= 4 * LINE_BYTES);
        }
        assert_eq!(count, (1 << 20) / LINE_BYTES);
    }
}
