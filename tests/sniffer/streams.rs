//! TLS across segments: order, repetition, port reuse, and the limits on what is remembered.

use decnet::sniffer::{Analyzer, Limits, Observation, TcpFlags};

use crate::{
    captures::{OwnedFrame, events, frames, report},
    crafted::{Segment, stream},
};

/// The JA4 of every ClientHello reported.
fn ja4s(analyzer: &mut Analyzer, segments: &[Segment]) -> Vec<String> {
    let frames: Vec<OwnedFrame> = segments.iter().map(Segment::frame).collect();
    let events = report(analyzer, &frames);
    let ja4 = |observation| match observation {
        Observation::ClientHello { ja4, .. } => Some(ja4.fingerprint),
        _ => None,
    };
    events
        .into_iter()
        .filter_map(|event| ja4(event.observation))
        .collect()
}

const CURL: &str = "t13d3112h2_e8f1e7e78f70_b26ce05bbdd6";

fn hello() -> Vec<u8> {
    let mut stream = stream("curl-h2.pcap", true);
    stream.truncate(5 + 512);
    stream
}

/// A connection whose client's stream starts at `sequence`, byte by byte from the end.
fn backwards(port: u16, sequence: u32) -> Vec<Segment> {
    let hello = hello();
    let mut segments = vec![Segment::syn(port, sequence)];
    for (at, byte) in hello.iter().enumerate().rev() {
        let sequence = sequence.wrapping_add(1 + at as u32);
        segments.push(Segment::data(port, sequence, &[*byte]));
    }
    segments
}

#[test]
fn a_hello_is_found_however_late_its_first_byte_comes() {
    assert_eq!(ja4s(&mut Analyzer::default(), &backwards(1000, 7)), [CURL]);
}

#[test]
fn sequence_numbers_may_wrap_in_the_middle_of_a_hello() {
    assert_eq!(
        ja4s(&mut Analyzer::default(), &backwards(1000, u32::MAX - 200)),
        [CURL]
    );
}

#[test]
fn data_that_comes_with_the_syn_counts() {
    let hello = hello();
    let (first, second) = hello.split_at(100);
    let mut syn = Segment::syn(1000, 50);
    syn.payload = first.to_vec();
    let segments = [syn, Segment::data(1000, 151, second)];
    assert_eq!(ja4s(&mut Analyzer::default(), &segments), [CURL]);
}

#[test]
fn a_stream_that_was_not_seen_from_its_start_is_followed_from_a_hello() {
    let hello = hello();
    let (first, second) = hello.split_at(100);
    let segments = [
        Segment::data(1000, 1, b"half of something else"),
        Segment::data(1000, 500, first),
        Segment::data(1000, 600, second),
    ];
    assert_eq!(ja4s(&mut Analyzer::default(), &segments), [CURL]);
}

#[test]
fn what_is_sent_twice_is_reported_once() {
    let once = frames("openssl-tls12.pcap");
    let twice: Vec<OwnedFrame> = once
        .iter()
        .flat_map(|frame| [frame.clone(), frame.clone()])
        .chain(once.clone())
        .collect();
    let mut analyzer = Analyzer::default();
    assert_eq!(
        report(&mut analyzer, &twice).len(),
        events("openssl-tls12.pcap").len()
    );
    assert_eq!(analyzer.tally().repeated_syns, 2);
}

#[test]
fn a_port_used_again_is_a_new_stream() {
    let mut segments = backwards(1000, 7);
    segments.extend(backwards(1000, 7_000_000));
    assert_eq!(ja4s(&mut Analyzer::default(), &segments), [CURL, CURL]);
}

#[test]
fn a_retransmission_that_says_something_else_changes_nothing() {
    let hello = hello();
    // The first copy of bytes 20 to 42 is garbage, but they are random ones anyway; the rest
    // of the garbage comes after what it would overwrite.
    let segments = [
        Segment::syn(1000, 0),
        Segment::data(1000, 1 + 43, &hello[43..]),
        Segment::data(1000, 1 + 20, &[0xff; 300]),
        Segment::data(1000, 1, &hello[..20]),
    ];
    assert_eq!(ja4s(&mut Analyzer::default(), &segments), [CURL]);
}

#[test]
fn a_hello_in_many_records_is_one() {
    let message = &hello()[5..];
    let records: Vec<u8> = message
        .chunks(7)
        .flat_map(|part| [&[22, 3, 1, 0, part.len() as u8], part].concat())
        .collect();
    let segments = [Segment::syn(1000, 0), Segment::data(1000, 1, &records)];
    assert_eq!(ja4s(&mut Analyzer::default(), &segments), [CURL]);
}

#[test]
fn a_stream_that_is_not_tls_is_not_buffered() {
    let mut analyzer = Analyzer::default();
    let ssh = b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n";
    let segments = [
        Segment::syn(1000, 0),
        Segment::data(1000, 1, ssh),
        Segment::data(1000, 1 + ssh.len() as u32, &[0; 1000]),
    ];
    assert!(ja4s(&mut analyzer, &segments).is_empty());
    assert_eq!(analyzer.tally().buffered_bytes, 0);
}

#[test]
fn the_least_recently_used_stream_is_forgotten_first() {
    let limits = Limits {
        streams: 3,
        ..Limits::default()
    };
    let mut analyzer = Analyzer::new(limits);
    let hello = hello();
    for port in [1, 2, 3] {
        ja4s(&mut analyzer, &[Segment::syn(port, 0)]);
    }
    // 1 is used, so 2 is the oldest when 4 comes.
    ja4s(
        &mut analyzer,
        &[Segment::data(1, 1, &hello[..50]), Segment::syn(4, 0)],
    );
    assert_eq!(analyzer.tally().streams, 3);
    assert_eq!(analyzer.tally().evicted, 1);
    assert_eq!(
        ja4s(&mut analyzer, &[Segment::data(1, 51, &hello[50..])]),
        [CURL]
    );
    // Of a forgotten stream nothing but a whole hello is recognised.
    assert!(ja4s(&mut analyzer, &[Segment::data(2, 51, &hello[50..])]).is_empty());
    let again = Segment {
        flags: TcpFlags::SYN,
        ..Segment::syn(2, 0)
    };
    let events = report(&mut analyzer, [&again.frame()]);
    assert_eq!(
        events.len(),
        1,
        "the SYN of a forgotten stream is news again"
    );
}

#[test]
fn a_flood_of_unfinished_hellos_stays_within_the_limits() {
    let limits = Limits {
        streams: 500,
        stream_bytes: 1 << 14,
        total_bytes: 1 << 16,
    };
    let mut analyzer = Analyzer::new(limits);
    // Each announces a message of 16,000 bytes and sends its last byte but not the others.
    let start = [22, 3, 1, 0x3e, 0x84, 1, 0, 0x3e, 0x80];
    for flood in 0..5000_u32 {
        let mut first = Segment::data(flood as u16, 0, &start);
        first.source = [10, (flood >> 8) as u8, flood as u8, 1];
        let mut last = Segment::data(flood as u16, 15_999, b"x");
        last.source = first.source;
        report(&mut analyzer, [&first.frame(), &last.frame()]);
        let tally = analyzer.tally();
        assert!(tally.streams <= limits.streams, "{tally:?}");
        assert!(tally.buffered_bytes <= limits.total_bytes, "{tally:?}");
    }
    assert!(analyzer.tally().evicted > 4000);
    // And it still works.
    let segments = [Segment::syn(1000, 0), Segment::data(1000, 1, &hello())];
    assert_eq!(ja4s(&mut analyzer, &segments), [CURL]);
}

#[test]
fn a_hello_longer_than_a_stream_may_be_is_given_up() {
    let mut analyzer = Analyzer::new(Limits {
        stream_bytes: 300,
        ..Limits::default()
    });
    let segments: Vec<Segment> = backwards(1000, 7);
    assert!(ja4s(&mut analyzer, &segments).is_empty());
    assert_eq!(analyzer.tally().buffered_bytes, 0);
}
