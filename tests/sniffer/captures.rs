//! The recorded captures, and frames taken from them.

use std::path::{Path, PathBuf};

use decnet::sniffer::{Analyzer, CaptureFile, Event, Frame, LinkType, Timestamp};

/// A frame that owns its bytes.
#[derive(Clone, Debug)]
pub(crate) struct OwnedFrame {
    pub(crate) timestamp: Timestamp,
    pub(crate) link: LinkType,
    pub(crate) bytes: Vec<u8>,
}

impl OwnedFrame {
    pub(crate) fn ethernet(bytes: Vec<u8>) -> Self {
        Self {
            timestamp: Timestamp::UNIX_EPOCH,
            link: LinkType::Ethernet,
            bytes,
        }
    }

    pub(crate) fn borrow(&self) -> Frame<'_> {
        Frame {
            timestamp: self.timestamp,
            link: self.link,
            bytes: &self.bytes,
        }
    }
}

pub(crate) fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/captures")
}

/// All captures, sorted by name.
pub(crate) fn names() -> Vec<String> {
    let mut names: Vec<String> = directory()
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".pcap") || name.ends_with(".pcapng"))
        .collect();
    names.sort();
    names
}

/// The frames of a capture.
pub(crate) fn frames(name: &str) -> Vec<OwnedFrame> {
    let mut file = CaptureFile::open(&directory().join(name)).unwrap();
    let mut frames = Vec::new();
    while let Some(frame) = file.next_frame().unwrap() {
        frames.push(OwnedFrame {
            timestamp: frame.timestamp,
            link: frame.link,
            bytes: frame.bytes.to_vec(),
        });
    }
    frames
}

/// What an analyzer reports of frames.
pub(crate) fn report<'f>(
    analyzer: &mut Analyzer,
    frames: impl IntoIterator<Item = &'f OwnedFrame>,
) -> Vec<Event> {
    let mut events = Vec::new();
    for frame in frames {
        analyzer.frame(&frame.borrow(), &mut |event| events.push(event));
    }
    events
}

/// What a fresh analyzer reports of a capture.
pub(crate) fn events(name: &str) -> Vec<Event> {
    report(&mut Analyzer::default(), &frames(name))
}
