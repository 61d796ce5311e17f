//! Where the body of an HTTP answer ends: by its length, or by its last chunk.

/// Where the end of a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Body {
    /// After so many bytes.
    Bytes(u64),
    /// After its last chunk.
    Chunks,
}

/// How long the head of an answer is, and what it says of the end of its body; `None`
/// where it says nothing of it, or has no body.
pub(super) fn framing(head: &[u8]) -> Option<(usize, Body)> {
    let before = head.windows(4).position(|end| end == b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(&head[..before]);
    let status = text.split(' ').nth(1)?;
    if ["204", "304"].contains(&status.trim()) {
        return None;
    }
    let value = |wanted: &str| {
        let mut headers = text.lines().skip(1).filter_map(|line| line.split_once(':'));
        let found = headers.find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found.map(|(_, value)| value.trim().to_ascii_lowercase())
    };
    // It goes before a length, which then does not count (RFC 9112, 6.3).
    if let Some(codings) = value("transfer-encoding") {
        return codings
            .ends_with("chunked")
            .then_some((before, Body::Chunks));
    }
    Some((before, Body::Bytes(value("content-length")?.parse().ok()?)))
}

/// How far a body in chunks was read (RFC 9112, 7.1).
#[derive(Debug, Default)]
pub(super) struct Chunks {
    part: Part,
    /// The size of a chunk, and then what is left of it.
    left: u64,
    /// Letters of a line of the trailer.
    letters: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Part {
    #[default]
    Size,
    Extension,
    Data,
    AfterData,
    Trailer,
    End,
}

impl Chunks {
    /// Reads on: `bytes` follow those that were read before.
    pub(super) fn read(&mut self, mut bytes: &[u8]) {
        while let [byte, rest @ ..] = bytes {
            bytes = rest;
            match (self.part, byte) {
                (Part::Size | Part::Extension, b'\n') if self.left == 0 => {
                    self.part = Part::Trailer;
                }
                (Part::Size | Part::Extension, b'\n') => self.part = Part::Data,
                (Part::Size, byte) => match char::from(*byte).to_digit(16) {
                    Some(digit) => {
                        self.left = self.left.saturating_mul(16).saturating_add(digit.into());
                    }
                    None => self.part = Part::Extension,
                },
                (Part::Data, _) => {
                    let more = usize::try_from(self.left - 1).unwrap_or(usize::MAX);
                    let more = more.min(bytes.len());
                    bytes = &bytes[more..];
                    self.left -= 1 + more as u64;
                    if self.left == 0 {
                        self.part = Part::AfterData;
                    }
                }
                (Part::AfterData, b'\n') => self.part = Part::Size,
                (Part::Trailer, b'\n') if self.letters == 0 => self.part = Part::End,
                (Part::Trailer, b'\n') => self.letters = 0,
                (Part::Trailer, byte) => self.letters += usize::from(*byte != b'\r'),
                (Part::Extension | Part::AfterData | Part::End, _) => {}
            }
        }
    }

    /// Whether the last chunk and what may follow it have been read.
    pub(super) fn ended(&self) -> bool {
        self.part == Part::End
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_read_whatever_pieces_they_come_in() {
        let body = b"5\r\nab\r\nc\r\n12;x=\"y\"\r\n0123456789abcdef\r\n\r\n0\r\nX: 1\r\n\r\n";
        for size in 1..body.len() {
            let mut chunks = Chunks::default();
            let (last, before) = body.split_last().unwrap();
            before.chunks(size).for_each(|piece| chunks.read(piece));
            assert!(!chunks.ended(), "{size} {chunks:?}");
            chunks.read(&[*last]);
            assert!(chunks.ended(), "{size} {chunks:?}");
        }
    }
}
