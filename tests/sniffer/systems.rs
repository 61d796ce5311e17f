//! Who sent a SYN: what was recorded here, and the published defaults of other systems.

use decnet::sniffer::{Observation, OsGuess, SenderKind};
use rstest::rstest;

use crate::{
    captures::{OwnedFrame, events, report},
    crafted::ethernet,
};

fn guesses(capture: &str) -> Vec<Option<OsGuess>> {
    let guess = |observation| match observation {
        Observation::TcpSyn(signature) => Some(signature.os()),
        _ => None,
    };
    events(capture)
        .into_iter()
        .filter_map(|event| guess(event.observation))
        .collect()
}

#[rstest]
#[case("curl-h2.pcap", "Linux 4.20 or later", SenderKind::System)]
#[case("curl-ipv6.pcap", "Linux", SenderKind::System)]
#[case("small-mtu.pcap", "Linux", SenderKind::System)]
#[case("nmap-syn.pcap", "nmap SYN scan", SenderKind::Tool)]
fn names_who_was_recorded(#[case] capture: &str, #[case] name: &str, #[case] kind: SenderKind) {
    let guesses = guesses(capture);
    assert!(!guesses.is_empty());
    for guess in guesses {
        let guess = guess.unwrap();
        assert_eq!((guess.name, guess.kind), (name, kind));
    }
}

/// Option fields as the systems send them.
const WINDOWS: &[u8] = &[2, 4, 5, 180, 1, 3, 3, 8, 1, 1, 4, 2];
const DARWIN: &[u8] = &[
    2, 4, 5, 180, 1, 3, 3, 6, 1, 1, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0, 4, 2, 0, 0,
];
const FREEBSD: &[u8] = &[
    2, 4, 5, 180, 1, 3, 3, 6, 4, 2, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0,
];
const LINUX: &[u8] = &[
    2, 4, 5, 180, 4, 2, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0, 1, 3, 3, 7,
];

#[rstest]
#[case(117, 64240, WINDOWS, Some("Windows 10 or later"))]
#[case(128, 8192, WINDOWS, Some("Windows Vista to 8.1"))]
#[case(54, 65535, DARWIN, Some("macOS or iOS"))]
#[case(64, 65535, FREEBSD, Some("FreeBSD"))]
#[case(50, 29200, LINUX, Some("Linux 3.11 to 4.19"))]
#[case(50, 14600, LINUX, Some("Linux 2.6.39 to 3.10"))]
#[case(250, 65535, &[], Some("zmap"))]
#[case(245, 1024, &[], Some("masscan"))]
#[case(64, 4242, &[], None)]
#[case(250, 64240, LINUX, None)] // Linux does not start at 255
fn names_the_defaults_of_a_system(
    #[case] ttl: u8,
    #[case] window: u16,
    #[case] options: &[u8],
    #[case] expected: Option<&str>,
) {
    // Systems set "don't fragment", scanners do not.
    let fragment = if options.is_empty() { 0 } else { 0x40 };
    let length = 40 + options.len() as u8;
    let mut ip = vec![
        0x45, 0, 0, length, 1, 1, fragment, 0, ttl, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
    ];
    ip.extend([
        4,
        210,
        0,
        80,
        0,
        0,
        0,
        9,
        0,
        0,
        0,
        0,
        (5 + options.len() as u8 / 4) << 4,
        2,
    ]);
    ip.extend(window.to_be_bytes());
    ip.extend([0; 4]);
    ip.extend(options);
    let frame = OwnedFrame::ethernet(ethernet(0x0800, &ip));
    let events = report(&mut decnet::sniffer::Analyzer::default(), [&frame]);
    let Observation::TcpSyn(signature) = &events[0].observation else {
        panic!("not a SYN: {events:?}");
    };
    assert_eq!(
        signature.os().map(|guess| guess.name),
        expected,
        "{signature}"
    );
}
