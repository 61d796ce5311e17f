//! The sniffer on bytes that nobody means well with: whatever comes, it does not panic, stays
//! within its limits, and reads what is well-formed as an independent parser does.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends here")]

#[path = "../sniffer/captures.rs"]
#[expect(dead_code, reason = "the fast tier uses the rest of it")]
mod captures;

use std::sync::LazyLock;

use captures::{OwnedFrame, frames, names, report};
use decnet::sniffer::{
    Analyzer, CaptureFile, CaptureFileError, DISSECTORS, Event, Limits, LinkType, Observation,
    Packet, Refusal, TcpFlags, dissect,
};
use etherparse::{NetSlice, SlicedPacket, TransportSlice};
use proptest::{collection::vec, prelude::*, sample::Index};

/// Every frame of every capture.
static FRAMES: LazyLock<Vec<OwnedFrame>> =
    LazyLock::new(|| names().iter().flat_map(|name| frames(name)).collect());

/// Those that both parsers know the framing of.
static ETHERNET: LazyLock<Vec<OwnedFrame>> = LazyLock::new(|| {
    FRAMES
        .iter()
        .filter(|frame| frame.link == LinkType::Ethernet)
        .cloned()
        .collect()
});

/// Small enough for a test to reach.
const LIMITS: Limits = Limits {
    streams: 8,
    stream_bytes: 2048,
    total_bytes: 4096,
};

fn link() -> impl Strategy<Value = LinkType> {
    prop::sample::select(vec![0, 1, 101, 108, 113, 276])
        .prop_map(|number| LinkType::from_number(number).unwrap())
}

/// What may happen to bytes.
#[derive(Clone, Debug)]
enum Mutation {
    Set(Index, u8),
    Flip(Index, u8),
    Insert(Index, Vec<u8>),
    Remove(Index, Index),
    Truncate(Index),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    prop_oneof![
        4 => (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Mutation::Set(at, byte)),
        4 => (any::<Index>(), 0..8_u8).prop_map(|(at, bit)| Mutation::Flip(at, bit)),
        1 => (any::<Index>(), vec(any::<u8>(), 1..9)).prop_map(|(at, b)| Mutation::Insert(at, b)),
        1 => (any::<Index>(), any::<Index>()).prop_map(|(a, b)| Mutation::Remove(a, b)),
        1 => any::<Index>().prop_map(Mutation::Truncate),
    ]
}

fn mutate(mut bytes: Vec<u8>, mutations: &[Mutation]) -> Vec<u8> {
    for mutation in mutations {
        if bytes.is_empty() {
            break;
        }
        let length = bytes.len();
        match mutation {
            Mutation::Set(at, byte) => bytes[at.index(length)] = *byte,
            Mutation::Flip(at, bit) => bytes[at.index(length)] ^= 1 << bit,
            Mutation::Insert(at, new) => {
                let at = at.index(length);
                bytes.splice(at..at, new.iter().copied());
            }
            Mutation::Remove(a, b) => {
                let (a, b) = (a.index(length), b.index(length));
                bytes.drain(a.min(b)..a.max(b));
            }
            Mutation::Truncate(at) => bytes.truncate(at.index(length)),
        }
    }
    bytes
}

/// One of these frames, changed in a few places.
fn mutated_frame_of(frames: &'static [OwnedFrame]) -> impl Strategy<Value = OwnedFrame> {
    (any::<Index>(), vec(mutation(), 0..6)).prop_map(move |(which, mutations)| {
        let frame = which.get(frames);
        OwnedFrame {
            bytes: mutate(frame.bytes.clone(), &mutations),
            ..frame.clone()
        }
    })
}

/// A frame of a capture, changed in a few places.
fn mutated_frame() -> impl Strategy<Value = OwnedFrame> {
    mutated_frame_of(&FRAMES)
}

/// Checks what must hold of an analyzer at any time, and that events can be written.
fn check(analyzer: &Analyzer, events: &[Event]) -> Result<(), TestCaseError> {
    let tally = analyzer.tally();
    prop_assert!(tally.streams <= LIMITS.streams, "{tally:?}");
    prop_assert!(tally.buffered_bytes <= LIMITS.total_bytes, "{tally:?}");
    for event in events {
        let json = serde_json::to_string(event).unwrap();
        prop_assert!(!json.contains('\n'));
        prop_assert_eq!(event.to_string().lines().count(), 1);
    }
    Ok(())
}

proptest! {
    #[test]
    fn no_dissector_panics_on_any_bytes(bytes in vec(any::<u8>(), 0..300)) {
        for dissector in DISSECTORS {
            let mut packet = Packet::new(dissector.protocol, &bytes);
            let length = packet.rest.len();
            let _ = (dissector.dissect)(&mut packet);
            prop_assert!(packet.rest.len() <= length, "{}", dissector.name);
            let _ = dissect(&mut Packet::new(dissector.protocol, &bytes));
        }
    }

    #[test]
    fn arbitrary_frames_stay_within_the_limits(
        all in vec((link(), vec(any::<u8>(), 0..200)), 0..20),
    ) {
        let mut analyzer = Analyzer::new(LIMITS);
        let frames = all.into_iter()
            .map(|(link, bytes)| OwnedFrame { link, ..OwnedFrame::ethernet(bytes) })
            .collect::<Vec<_>>();
        let events = report(&mut analyzer, &frames);
        check(&analyzer, &events)?;
    }

    #[test]
    fn mutated_frames_stay_within_the_limits(all in vec(mutated_frame(), 1..40)) {
        let mut analyzer = Analyzer::new(LIMITS);
        for frame in &all {
            let events = report(&mut analyzer, [frame]);
            check(&analyzer, &events)?;
        }
    }

    #[test]
    fn headers_are_read_as_another_parser_reads_them(frame in mutated_frame_of(&ETHERNET)) {
        if let Some(theirs) = Fields::of_etherparse(&frame.bytes) {
            match Fields::of_ours(&frame.bytes) {
                Ok(ours) => prop_assert_eq!(ours, theirs),
                Err(refusal) => prop_assert!(theirs.may_be_refused(refusal), "{refusal}: {theirs:?}"),
            }
        }
    }

    #[test]
    fn a_broken_capture_file_ends_with_an_error_inside_it(
        name in prop::sample::select(vec!["curl-h2.pcap", "curl-h2.pcapng", "crafted-big-endian.pcap"]),
        mutations in vec(mutation(), 0..6),
    ) {
        let bytes = std::fs::read(captures::directory().join(name)).unwrap();
        read_whole_file(&mutate(bytes, &mutations))?;
    }

    #[test]
    fn arbitrary_bytes_after_the_magic_of_a_capture_file_end(
        magic in prop::sample::select(vec![
            [0xd4, 0xc3, 0xb2, 0xa1], [0xa1, 0xb2, 0xc3, 0xd4], [0x4d, 0x3c, 0xb2, 0xa1],
            [0x0a, 0x0d, 0x0d, 0x0a], [1, 2, 3, 4],
        ]),
        bytes in vec(any::<u8>(), 0..400),
    ) {
        read_whole_file(&[&magic[..], &bytes].concat())?;
    }

    #[test]
    fn fingerprints_do_not_depend_on_how_the_stream_is_cut(
        capture in prop::sample::select(vec![
            "curl-h2.pcap", "openssl-tls12.pcap", "openssl-retry.pcap", "wget-gnutls.pcap", "curl-ipv6.pcap",
        ]),
        cuts in vec((any::<Index>(), 1..900_usize), 0..40),
        order in vec(any::<u32>(), 40),
        step in 1..1200_usize,
    ) {
        let whole = frames(capture);
        let expected = hellos(&report(&mut Analyzer::default(), &whole));
        prop_assert!(expected.len() >= 2);
        let recut = recut(&whole, &cuts, &order, step);
        let found = hellos(&report(&mut Analyzer::default(), &recut));
        prop_assert_eq!(found, expected);
    }
}

/// What both parsers can say of a TCP segment.
#[derive(Debug, PartialEq, Eq)]
struct Fields {
    source: (std::net::IpAddr, u16),
    destination: (std::net::IpAddr, u16),
    ttl: u8,
    sequence: u32,
    acknowledgement: u32,
    flags: u16,
    window: u16,
    options: Vec<u8>,
    payload: Vec<u8>,
}

impl Fields {
    fn of_ours(bytes: &[u8]) -> Result<Self, Refusal> {
        let mut packet = Packet::of_link(LinkType::Ethernet, bytes);
        dissect(&mut packet)?;
        let (network, segment) = (packet.network.unwrap(), packet.segment.unwrap());
        Ok(Self {
            source: (network.source, segment.source_port),
            destination: (network.destination, segment.destination_port),
            ttl: network.ttl,
            sequence: segment.sequence,
            acknowledgement: segment.acknowledgement,
            flags: segment.flags.0,
            window: segment.window,
            options: segment.options.to_vec(),
            payload: segment.payload.to_vec(),
        })
    }

    fn of_etherparse(bytes: &[u8]) -> Option<Self> {
        let packet = SlicedPacket::from_ethernet(bytes).ok()?;
        let TransportSlice::Tcp(tcp) = packet.transport? else {
            return None;
        };
        let (source, destination, ttl) = match packet.net? {
            NetSlice::Ipv4(ip) => {
                let header = ip.header();
                (
                    header.source_addr().into(),
                    header.destination_addr().into(),
                    header.ttl(),
                )
            }
            NetSlice::Ipv6(ip) => {
                let header = ip.header();
                (
                    header.source_addr().into(),
                    header.destination_addr().into(),
                    header.hop_limit(),
                )
            }
            NetSlice::Arp(_) => return None,
        };
        let header = tcp.to_header();
        let flag = |set: bool, flag: u16| if set { flag } else { 0 };
        Some(Self {
            source: (source, header.source_port),
            destination: (destination, header.destination_port),
            ttl,
            sequence: header.sequence_number,
            acknowledgement: header.acknowledgment_number,
            flags: flag(header.fin, TcpFlags::FIN)
                | flag(header.syn, TcpFlags::SYN)
                | flag(header.rst, TcpFlags::RST)
                | flag(header.psh, TcpFlags::PSH)
                | flag(header.ack, TcpFlags::ACK)
                | flag(header.urg, TcpFlags::URG)
                | flag(header.ece, TcpFlags::ECE)
                | flag(header.cwr, TcpFlags::CWR)
                | flag(header.ns, TcpFlags::NS),
            window: header.window_size,
            options: tcp.options().to_vec(),
            payload: tcp.payload().to_vec(),
        })
    }

    /// The one thing that is refused although it can be read: flags that exclude each other.
    fn may_be_refused(&self, refusal: Refusal) -> bool {
        matches!(refusal, Refusal::Malformed(..))
            && self.flags & TcpFlags::SYN != 0
            && self.flags & (TcpFlags::FIN | TcpFlags::RST) != 0
    }
}

/// Reads a file to its end or its first error, which must be inside the file.
fn read_whole_file(bytes: &[u8]) -> Result<(), TestCaseError> {
    let mut file = match CaptureFile::new(bytes) {
        Ok(file) => file,
        Err(error) => return check_error(&error, bytes),
    };
    // A record takes at least 12 bytes, so there cannot be more of them than that.
    for _ in 0..=bytes.len() / 12 {
        match file.next_frame() {
            Ok(Some(frame)) => prop_assert!(frame.bytes.len() <= bytes.len()),
            Ok(None) => return Ok(()),
            Err(error) => return check_error(&error, bytes),
        }
    }
    Err(TestCaseError::fail("more frames than fit into the file"))
}

fn check_error(error: &CaptureFileError, bytes: &[u8]) -> Result<(), TestCaseError> {
    let offset = match error {
        CaptureFileError::CutShort { offset, .. }
        | CaptureFileError::Malformed { offset, .. }
        | CaptureFileError::UnsupportedLink { offset, .. } => *offset,
        CaptureFileError::UnknownFormat { .. } => 0,
        other => {
            return Err(TestCaseError::fail(format!(
                "not an error of bytes: {other}"
            )));
        }
    };
    prop_assert!(
        offset <= bytes.len() as u64,
        "{error} in {} bytes",
        bytes.len()
    );
    Ok(())
}

/// What is reported of TLS, in an order that does not depend on that of the segments: the
/// two directions are independent.
fn hellos(events: &[Event]) -> Vec<String> {
    let mut lines: Vec<String> = events
        .iter()
        .filter(|event| !matches!(event.observation, Observation::TcpSyn(_)))
        .map(|event| {
            let line = event.to_string();
            line.split_once(' ').unwrap().1.to_owned()
        })
        .collect();
    lines.sort();
    lines
}

/// The same connection in other segments: every payload is cut into pieces of `step`, extra
/// pieces are sent twice as `cuts` says (so that segments overlap), and all of it is shuffled
/// by `order`. SYNs stay in front: without them nobody could tell where a stream starts.
fn recut(
    whole: &[OwnedFrame],
    cuts: &[(Index, usize)],
    order: &[u32],
    step: usize,
) -> Vec<OwnedFrame> {
    let (mut opening, mut pieces) = (Vec::new(), Vec::new());
    for frame in whole {
        let mut packet = Packet::of_link(frame.link, &frame.bytes);
        dissect(&mut packet).unwrap();
        let segment = packet.segment.unwrap();
        if segment.flags.any(TcpFlags::SYN) {
            opening.push(frame.clone());
        }
        let length = segment.payload.len();
        if length == 0 {
            continue;
        }
        for start in (0..length).step_by(step) {
            pieces.push(piece(frame, start, (start + step).min(length)));
        }
        for (at, more) in cuts {
            let start = at.index(length);
            pieces.push(piece(frame, start, (start + more).min(length)));
        }
    }
    let mut numbered: Vec<(u32, OwnedFrame)> = pieces
        .into_iter()
        .enumerate()
        .map(|(at, piece)| (order[at % order.len()].rotate_left(at as u32), piece))
        .collect();
    numbered.sort_by_key(|(number, _)| *number);
    opening.extend(numbered.into_iter().map(|(_, piece)| piece));
    opening
}

/// The frame with the bytes from `start` to `end` of its payload alone.
fn piece(frame: &OwnedFrame, start: usize, end: usize) -> OwnedFrame {
    let mut packet = Packet::of_link(frame.link, &frame.bytes);
    dissect(&mut packet).unwrap();
    let (network, segment) = (packet.network.unwrap(), packet.segment.unwrap());
    // Ethernet is 14 bytes; the payload is the last thing in the packet.
    let tcp = 14 + usize::from(network.header_length);
    let payload = tcp + 20 + segment.options.len();
    let mut bytes = frame.bytes[..payload].to_vec();
    bytes.extend(&segment.payload[start..end]);
    bytes[tcp + 4..tcp + 8]
        .copy_from_slice(&segment.sequence.wrapping_add(start as u32).to_be_bytes());
    let length = bytes.len() - 14;
    if network.source.is_ipv4() {
        bytes[16..18].copy_from_slice(&(length as u16).to_be_bytes());
    } else {
        bytes[18..20].copy_from_slice(&((length - 40) as u16).to_be_bytes());
    }
    OwnedFrame {
        bytes,
        ..frame.clone()
    }
}
