//! The log of a container, whole or as it grows.

use std::time::Duration;

use jiff::Timestamp;

use super::ContainerError;
use super::engine::{Engine, escaped};

/// Both streams are stamped one by one and then written to one log, so that a
/// message may follow one with a later stamp: by far less than this.
const OVERLAP: Duration = Duration::from_secs(1);
/// Among so many messages at the end of a log is the one with the latest stamp.
const LAST_MESSAGES: usize = 100;

/// The last `lines` lines that the container wrote, to either stream.
pub(super) fn log_tail(engine: &Engine, name: &str, lines: usize) -> String {
    let path = format!("{}&tail={lines}", path(name));
    match engine.try_call("GET", &path, None, String::new) {
        Ok(Some(answer)) => readable(&messages(&answer.body).concat()),
        _ => String::new(),
    }
}

/// Reads a log that grows, each time only what may be new. Times are those that
/// the engine stamped messages with; what this machine takes for now is not asked.
#[derive(Debug)]
pub(super) struct GrowingLog {
    engine: Engine,
    name: String,
    /// Messages from before this are none of ours.
    from: Timestamp,
    /// The latest stamp that was seen.
    latest: Timestamp,
}

impl GrowingLog {
    /// From the first message on.
    pub(super) fn whole(engine: Engine, name: String) -> Self {
        Self {
            engine,
            name,
            from: Timestamp::UNIX_EPOCH,
            latest: Timestamp::UNIX_EPOCH,
        }
    }

    /// What a container that has ended will write when it is started again.
    ///
    /// Not what was written since the engine's `StartedAt`: some engines set that
    /// when the first words have been written already.
    pub(super) fn to_come(engine: Engine, name: String) -> Result<Self, ContainerError> {
        let mut log = Self::whole(engine, name);
        let answer = log.ask(&format!("tail={LAST_MESSAGES}"))?;
        let stamps = messages(&answer).into_iter().map(|it| stamped(it).0);
        if let Some(last) = stamps.max() {
            let refused = || ContainerError::Refused {
                action: format!("read the log of the container `{}`", log.name),
                message: "its messages have no times".to_owned(),
            };
            log.from = last
                .and_then(|last| last.checked_add(Duration::from_nanos(1)).ok())
                .ok_or_else(refused)?;
        }
        Ok(log)
    }

    /// What was written since this was last called, and a little from before that.
    pub(super) fn read(&mut self) -> Result<String, ContainerError> {
        let since = self.latest.checked_sub(OVERLAP).unwrap_or(self.from);
        let since = since.max(self.from);
        let (second, rest) = (since.as_second(), since.subsec_nanosecond());
        let answer = self.ask(&format!("since={second}.{rest:09}"))?;
        let mut text = Vec::new();
        for message in messages(&answer) {
            let (stamp, words) = stamped(message);
            self.latest = stamp.map_or(self.latest, |stamp| self.latest.max(stamp));
            text.extend_from_slice(words);
        }
        Ok(readable(&text))
    }

    fn ask(&self, which: &str) -> Result<Vec<u8>, ContainerError> {
        let path = format!("{}&timestamps=1&{which}", path(&self.name));
        let answer = self.engine.call("GET", &path, None, || {
            format!("read the log of the container `{}`", self.name)
        })?;
        Ok(answer.body)
    }
}

fn path(name: &str) -> String {
    format!("/containers/{}/logs?stdout=1&stderr=1", escaped(name))
}

/// Takes the frames of both streams apart: a byte for the stream, three of
/// nothing, four of length, most significant first, and so many of text. What a
/// terminal wrote is not framed; its messages are lines.
fn messages(mut frames: &[u8]) -> Vec<&[u8]> {
    let mut messages = Vec::new();
    while let Some((&[0..=2, 0, 0, 0, ref length @ ..], rest)) = frames.split_first_chunk::<8>() {
        let length = u32::from_be_bytes(*length) as usize;
        let (message, rest) = rest.split_at(length.min(rest.len()));
        messages.push(message);
        frames = rest;
    }
    messages.extend(frames.split_inclusive(|byte| *byte == b'\n'));
    messages
}

/// The stamp of a message, as in `2026-11-22T05:00:00.000000001Z words`, and the rest.
fn stamped(message: &[u8]) -> (Option<Timestamp>, &[u8]) {
    let end = message.iter().position(|byte| *byte == b' ');
    let parts = end.map(|end| (&message[..end], &message[end + 1..]));
    parts
        .and_then(|(stamp, words)| {
            let stamp = std::str::from_utf8(stamp).ok()?.parse().ok()?;
            Some((Some(stamp), words))
        })
        .unwrap_or((None, message))
}

fn readable(text: &[u8]) -> String {
    String::from_utf8_lossy(text)
        .chars()
        .filter(|c| !c.is_control() || matches!(c, '\n' | '\t'))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    fn plain(frames: &[u8]) -> String {
        readable(&messages(frames).concat())
    }

    fn frame(message: &str) -> Vec<u8> {
        let length = u32::try_from(message.len()).unwrap().to_be_bytes();
        [&[1, 0, 0, 0], &length[..], message.as_bytes()].concat()
    }

    /// An engine with these answers; ends with the paths that were asked for.
    fn engine(answers: Vec<Vec<u8>>) -> (Engine, thread::JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let engine = Engine::at(&format!("tcp://{}", listener.local_addr().unwrap()));
        let serving = thread::spawn(move || {
            let answer = |body: Vec<u8>| {
                let (mut stream, _) = listener.accept().unwrap();
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    let mut byte = [0];
                    stream.read_exact(&mut byte).unwrap();
                    head.extend(byte);
                }
                stream.write_all(b"HTTP/1.0 200 OK\r\n\r\n").unwrap();
                stream.write_all(&body).unwrap();
                let head = String::from_utf8(head).unwrap();
                head.split(' ').nth(1).unwrap().to_owned()
            };
            answers.into_iter().map(answer).collect()
        });
        (engine, serving)
    }

    #[test]
    fn both_streams_are_one_text() {
        let frames = b"\x01\0\0\0\0\0\0\x04out\n\x02\0\0\0\0\0\0\x04err\n";
        assert_eq!(plain(frames), "out\nerr\n");
        assert_eq!(plain(b"\x01\0\0\0\0\0\0\x09cut"), "cut");
        assert_eq!(plain(b"of a terminal\x1b[0m\n"), "of a terminal[0m\n");
        assert_eq!(plain(b""), "");
    }

    #[test]
    fn only_what_may_be_new_is_asked_for() {
        let first = [
            frame("2026-11-22T05:00:07.250000000Z a long line, "),
            frame("2026-11-22T05:00:07.250000001Z in two parts\n"),
            frame("2026-11-22T05:00:06.000000000Z of the other stream\n"),
        ];
        // Of a terminal.
        let second = b"2026-11-22T05:00:09.000000000Z more\r\nand no stamp\n".to_vec();
        let (engine, serving) = engine(vec![first.concat(), second, Vec::new()]);
        let mut log = GrowingLog::whole(engine, "box".to_owned());
        assert_eq!(
            log.read().unwrap(),
            "a long line, in two parts\nof the other stream\n"
        );
        assert_eq!(log.read().unwrap(), "more\nand no stamp\n");
        assert_eq!(log.read().unwrap(), "");
        let start = "/containers/box/logs?stdout=1&stderr=1&timestamps=1&since=";
        assert_eq!(
            serving.join().unwrap(),
            [
                format!("{start}0.000000000"),
                format!("{start}1795323606.250000001"),
                format!("{start}1795323608.000000000"),
            ]
        );
    }

    #[test]
    fn what_was_written_before_a_start_is_never_asked_for_again() {
        let before = [
            frame("2026-11-22T05:00:07.250000000Z ready\n"),
            frame("2026-11-22T05:00:07.200000000Z bye\n"),
        ];
        let after = frame("2026-11-22T05:00:07.300000000Z hello\n");
        let (engine, serving) = engine(vec![before.concat(), after, Vec::new()]);
        let mut log = GrowingLog::to_come(engine, "box".to_owned()).unwrap();
        assert_eq!(log.read().unwrap(), "hello\n");
        assert_eq!(log.read().unwrap(), "");
        let asked = serving.join().unwrap();
        assert!(asked[0].ends_with("&tail=100"), "{asked:?}");
        for asked in &asked[1..] {
            assert!(asked.ends_with("&since=1795323607.250000001"), "{asked}");
        }
    }

    #[test]
    fn a_log_without_times_cannot_be_told_from_what_is_to_come() {
        let (engine, serving) = engine(vec![frame("ready\n")]);
        let error = GrowingLog::to_come(engine, "box".to_owned()).unwrap_err();
        assert!(error.to_string().contains("have no times"), "{error}");
        serving.join().unwrap();
    }
}
