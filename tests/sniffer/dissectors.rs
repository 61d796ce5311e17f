//! The dispatch table, and headers that the captures do not have.

use decnet::sniffer::{
    Analyzer, DISSECTORS, Finding, LinkType, Packet, Protocol, Refusal, dissect,
};

use crate::{
    captures::{OwnedFrame, events, report},
    crafted::{Segment, ethernet, ipv4, ipv6, run, stream},
};

fn refusal(link: LinkType, bytes: &[u8]) -> Refusal {
    let mut packet = Packet::of_link(link, bytes);
    dissect(&mut packet).unwrap_err()
}

#[test]
fn the_table_has_one_named_row_per_protocol() {
    let mut names: Vec<&str> = DISSECTORS.iter().map(|dissector| dissector.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), DISSECTORS.len());
    for link in [0, 1, 101, 108, 113, 276] {
        let link = LinkType::from_number(link).unwrap();
        let row = Protocol::of_link(link) as usize;
        assert_eq!(DISSECTORS[row].protocol, Protocol::of_link(link));
    }
}

#[test]
fn a_dissector_alone_understands_a_header_alone() {
    let tcp = Segment::syn(1234, 5).tcp();
    let bytes = ipv4([10, 0, 0, 1], 0, &tcp);
    let packet = run(Protocol::Ipv4, &bytes);
    assert!(matches!(packet.finding, Some(Finding::Syn(_))));
    let hello = &stream("curl-h2.pcap", true)[9..][..508];
    let packet = run(Protocol::TlsClientHello, hello);
    assert!(matches!(packet.finding, Some(Finding::ClientHello(_))));
}

#[test]
fn fragments_are_refused_and_counted() {
    let tcp = Segment::syn(1234, 5).tcp();
    for (field, fragment) in [
        (0x2000, true),
        (0x0001, true),
        (0x1fff, true),
        (0x4000, false),
    ] {
        let bytes = ethernet(0x0800, &ipv4([10, 0, 0, 1], field, &tcp));
        let mut packet = Packet::of_link(LinkType::Ethernet, &bytes);
        let expected = if fragment {
            Err(Refusal::Fragment)
        } else {
            Ok(())
        };
        assert_eq!(dissect(&mut packet), expected, "{field:#x}");
    }
    let mut analyzer = Analyzer::default();
    let events = report(
        &mut analyzer,
        &crate::captures::frames("nmap-fragments.pcap"),
    );
    assert!(events.is_empty(), "{events:?}");
    let tally = analyzer.tally();
    // One SYN in three pieces, and the reset that answers the answer.
    assert_eq!((tally.fragments, tally.frames), (3, 4));
}

#[test]
fn extension_headers_of_ipv6_are_read_past() {
    let tcp = Segment::syn(1234, 5).tcp();
    let hop_by_hop = [43, 0, 1, 4, 0, 0, 0, 0];
    let routing = [60, 1, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let destination = [44, 0, 1, 4, 0, 0, 0, 0];
    let atomic_fragment = [51, 0, 0, 0, 0, 0, 0, 7];
    let authentication = [
        6, 4, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 5,
    ];
    let chain = [
        &hop_by_hop[..],
        &routing,
        &destination,
        &atomic_fragment,
        &authentication,
    ]
    .concat();
    let packet_bytes = ipv6(0, &[&chain[..], &tcp].concat());
    let packet = run(Protocol::Ipv6, &packet_bytes);
    assert_eq!(
        usize::from(packet.network.unwrap().options_length),
        chain.len()
    );
    assert_eq!(packet.segment.unwrap().source_port, 1234);

    let fragment = [6, 0, 0, 9, 0, 0, 0, 7];
    let bytes = ipv6(44, &[&fragment[..], &tcp].concat());
    assert_eq!(refusal(LinkType::RawIp, &bytes), Refusal::Fragment);
    let bytes = ipv6(60, &[60, 0, 1, 4, 0, 0, 0, 0].repeat(20));
    assert!(matches!(
        refusal(LinkType::RawIp, &bytes),
        Refusal::Malformed(Protocol::Ipv6, _)
    ));
    let bytes = ipv6(50, &tcp);
    assert_eq!(
        refusal(LinkType::RawIp, &bytes),
        Refusal::Foreign(Protocol::Ipv6)
    );
}

#[test]
fn a_frame_of_nothing_but_tags_is_refused() {
    let tags = [0, 1, 0x81, 0].repeat(64);
    assert!(matches!(
        refusal(LinkType::Ethernet, &ethernet(0x8100, &tags)),
        Refusal::Malformed(Protocol::Vlan, _)
    ));
}

#[test]
fn vlans_are_reported_outermost_first() {
    for event in events("crafted-qinq.pcap") {
        assert_eq!(event.vlans.ids(), [200, 300]);
    }
    for event in events("crafted-vlan.pcap") {
        // The tag has a priority, too, which is not part of the identifier.
        assert_eq!(event.vlans.ids(), [100]);
    }
}

#[test]
fn the_padding_of_a_short_frame_is_not_payload() {
    let mut bytes = Segment::data(1234, 5, b"x").frame().bytes;
    bytes.extend([0xaa; 30]);
    let mut packet = Packet::of_link(LinkType::Ethernet, &bytes);
    dissect(&mut packet).unwrap();
    assert_eq!(packet.segment.unwrap().payload, b"x");
    assert!(!packet.truncated);
}

#[test]
fn a_packet_cut_short_by_the_capture_is_read_as_far_as_it_is_there() {
    let bytes = Segment::data(1234, 5, &[7; 100]).frame().bytes;
    let cut = &bytes[..bytes.len() - 60];
    let mut packet = Packet::of_link(LinkType::Ethernet, cut);
    dissect(&mut packet).unwrap();
    assert_eq!(packet.segment.unwrap().payload.len(), 40);
    assert!(packet.truncated);
    let mut analyzer = Analyzer::default();
    report(&mut analyzer, [&OwnedFrame::ethernet(cut.to_vec())]);
    assert_eq!(analyzer.tally().cut_short, 1);
}

#[test]
fn every_prefix_of_a_real_frame_is_refused_or_read_but_never_misread() {
    for frame in crate::captures::frames("curl-h2.pcap") {
        let mut whole = Packet::of_link(frame.link, &frame.bytes);
        dissect(&mut whole).unwrap();
        for length in 0..frame.bytes.len() {
            let mut packet = Packet::of_link(frame.link, &frame.bytes[..length]);
            if dissect(&mut packet).is_ok() {
                assert_eq!(packet.endpoints(), whole.endpoints());
                assert!(packet.truncated, "{length} of {}", frame.bytes.len());
            }
        }
    }
}
