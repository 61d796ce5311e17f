//! Capture files: every container gives the same frames, and a broken one an error that
//! says where and what.

use std::{error::Error as _, fs};

use decnet::sniffer::{CaptureFile, CaptureFileError};
use rstest::rstest;

use crate::captures::{directory, events, frames};

fn bytes(name: &str) -> Vec<u8> {
    fs::read(directory().join(name)).unwrap()
}

/// Reads everything; the frames before the error, and the error.
fn read(bytes: &[u8]) -> (usize, Option<CaptureFileError>) {
    let mut file = match CaptureFile::new(bytes) {
        Ok(file) => file,
        Err(error) => return (0, Some(error)),
    };
    let mut frames = 0;
    loop {
        match file.next_frame() {
            Ok(Some(_)) => frames += 1,
            Ok(None) => return (frames, None),
            Err(error) => return (frames, Some(error)),
        }
    }
}

#[rstest]
#[case("curl-h2.pcapng")]
#[case("curl-h2-nanoseconds.pcap")]
#[case("crafted-big-endian.pcap")]
fn every_container_gives_the_same_frames_at_the_same_times(#[case] name: &str) {
    let expected = frames("curl-h2.pcap");
    let found = frames(name);
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(&expected) {
        assert_eq!(found.bytes, expected.bytes);
        assert_eq!(found.timestamp, expected.timestamp);
    }
}

#[rstest]
#[case("curl-h2-raw-ip.pcap")]
#[case("crafted-null.pcap")]
#[case("crafted-loop.pcap")]
fn every_framing_gives_the_same_events(#[case] name: &str) {
    let lines = |name| {
        let events = events(name);
        events.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(lines(name), lines("curl-h2.pcap"));
}

#[test]
fn a_file_cut_short_anywhere_says_where_it_ends() {
    for name in ["curl-h2.pcap", "curl-h2.pcapng"] {
        let bytes = bytes(name);
        let (frames, error) = read(&bytes);
        assert!(error.is_none(), "{name}: {error:?}");
        for length in 0..bytes.len() {
            match read(&bytes[..length]) {
                // Between two records a shorter file is a whole one.
                (fewer, None) => assert!(fewer < frames, "{name} at {length}"),
                (
                    _,
                    Some(CaptureFileError::CutShort {
                        offset,
                        needed,
                        found,
                        ..
                    }),
                ) => {
                    assert_eq!(offset + found, length as u64, "{name} at {length}");
                    assert!(needed > found);
                }
                (_, Some(error)) => panic!("{name} at {length}: {error}"),
            }
        }
    }
}

/// A change to the bytes of a good file.
fn changed(name: &str, at: usize, with: &[u8]) -> Vec<u8> {
    let mut bytes = bytes(name);
    bytes[at..at + with.len()].copy_from_slice(with);
    bytes
}

#[rstest]
#[case::no_capture(b"PK\x03\x04 a zip file".to_vec(), "not a capture file: it starts with `[50, 4b, 03, 04]`; pcap and pcapng can be read (`tcpdump -w`, `tshark -w`)")]
#[case::empty(
    Vec::new(),
    "the capture is cut short at byte 0: the header of a capture file needs 4 bytes, 0 are left"
)]
#[case::link(changed("curl-h2.pcap", 20, &[105]), "link type 105 at byte 20 is not supported; Ethernet (1), raw IP (101), BSD loopback (0, 108) and Linux cooked (113, 276) are")]
#[case::length(changed("curl-h2.pcap", 32, &[0, 0, 0, 0x7f]), "the capture is malformed at byte 40: a length is larger than any record (found 2130706432)")]
#[case::fraction(changed("curl-h2.pcap", 28, &[0xff; 4]), "the capture is malformed at byte 40: the fraction of a second is a second or more (found 4294967295)")]
#[case::order(changed("curl-h2.pcapng", 8, &[9; 4]), "the capture is malformed at byte 12: the byte order mark of a section (found 151587081)")]
#[case::section(changed("curl-h2.pcapng", 4, &[2, 0, 0, 0]), "the capture is malformed at byte 12: a section is shorter than its header (found 2)")]
fn a_broken_file_says_what_is_wrong_and_where(#[case] bytes: Vec<u8>, #[case] expected: &str) {
    let (_, error) = read(&bytes);
    assert_eq!(error.unwrap().to_string(), expected);
}

/// A pcapng file of these blocks, each a type and a body, in this byte order.
fn pcapng(big: bool, blocks: &[(u32, Vec<u8>)]) -> Vec<u8> {
    let number = |number: u32| {
        if big {
            number.to_be_bytes()
        } else {
            number.to_le_bytes()
        }
    };
    let section = [number(0x1a2b_3c4d), [0; 4], [0xff; 4], [0xff; 4]].concat();
    let mut file = Vec::new();
    for (kind, body) in std::iter::once(&(0x0a0d_0d0a, section)).chain(blocks) {
        let length = number(12 + body.len() as u32);
        file.extend([&number(*kind)[..], &length, body, &length].concat());
    }
    file
}

#[test]
fn pcapng_times_follow_the_resolution_and_the_offset_of_the_interface() {
    // Ethernet; 2^-8 seconds a tick; 1,000 seconds to add. Big-endian.
    let interface = [
        &[0, 1, 0, 0, 0, 0, 0, 0][..],
        &[0, 9, 0, 1, 0x88, 0, 0, 0],
        &[0, 14, 0, 8, 0, 0, 0, 0, 0, 0, 0x03, 0xe8],
        &[0, 0, 0, 0],
    ]
    .concat();
    let packet = [
        &[0; 4][..],
        &[0, 0, 0, 1],
        &[0, 0, 0, 0x80],
        &[0, 0, 0, 2],
        &[0, 0, 0, 2],
        b"ab\0\0",
    ]
    .concat();
    let simple = [&[0, 0, 0, 9][..], b"wxyz"].concat();
    let file = pcapng(
        true,
        &[(1, interface), (0x99, vec![1; 8]), (6, packet), (3, simple)],
    );
    let mut file = CaptureFile::new(&file[..]).unwrap();
    let frame = file.next_frame().unwrap().unwrap();
    assert_eq!(frame.bytes, b"ab");
    // 2^32 + 128 ticks of 1/256 second.
    assert_eq!(
        frame.timestamp.as_nanosecond(),
        (1000 + (1 << 24)) * 1_000_000_000 + 500_000_000
    );
    assert_eq!(file.next_frame().unwrap().unwrap().bytes, b"wxyz");
    assert!(file.next_frame().unwrap().is_none());
}

#[test]
fn pcapng_frames_of_unknown_interfaces_and_links_are_errors() {
    let packet = [[0; 4], [0; 4], [0; 4], [0; 4], [0; 4]].concat();
    let file = pcapng(false, &[(6, packet.clone())]);
    let (_, error) = read(&file);
    assert_eq!(
        error.unwrap().to_string(),
        "the capture is malformed at byte 28: a frame is of an interface that was not described (found 0)"
    );
    let wireless = vec![105, 0, 0, 0, 0, 0, 0, 0];
    let (_, error) = read(&pcapng(false, &[(1, wireless), (6, packet)]));
    assert!(
        error
            .unwrap()
            .to_string()
            .starts_with("link type 105 at byte 28 is not supported")
    );
    let (_, error) = read(&pcapng(
        false,
        &[(1, vec![1, 0, 0, 0, 0, 0, 0, 0]), (6, vec![0; 8])],
    ));
    assert!(
        error
            .unwrap()
            .to_string()
            .contains("a packet block is too short (found 8)")
    );
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = CaptureFile::open("no/such.pcap".as_ref()).unwrap_err();
    assert_eq!(error.to_string(), "cannot open capture file `no/such.pcap`");
    assert!(error.source().unwrap().to_string().contains("No such file"));
}
