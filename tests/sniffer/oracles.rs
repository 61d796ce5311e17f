//! Every fingerprint of every capture equals what another program says it is: tshark for
//! JA3, JA3S, server name and ALPN, huginn-net-tls for JA4, p0f for SYNs.

use std::{collections::BTreeMap, fs};

use decnet::sniffer::{Event, Observation, Quirks};

use crate::captures::{directory, events, names};

/// The lines of an answer, if the program gave one.
fn answer(capture: &str, suffix: &str) -> Option<Vec<String>> {
    let bytes = fs::read(directory().join(format!("{capture}.{suffix}"))).ok()?;
    Some(
        String::from_utf8_lossy(&bytes)
            .lines()
            .map(str::to_owned)
            .collect(),
    )
}

/// Compares the answers about all captures with ours, and that there are as many as expected:
/// a file that got lost must not pass for agreement.
#[track_caller]
fn compare(
    suffix: &str,
    answers: usize,
    ours: impl Fn(&[Event]) -> Vec<String>,
    theirs: impl Fn(&[String]) -> Vec<String>,
) {
    let mut compared = 0;
    for name in names() {
        let Some(lines) = answer(&name, suffix) else {
            continue;
        };
        compared += lines.len();
        let (ours, theirs) = (ours(&events(&name)), theirs(&lines));
        for (ours, theirs) in ours.iter().zip(&theirs) {
            assert_eq!(ours, theirs, "{name}");
        }
        assert_eq!(ours.len(), theirs.len(), "lines about {name}");
    }
    assert_eq!(compared, answers, "lines in the files of {suffix}");
}

#[test]
fn signatures_of_syns_are_those_of_p0f() {
    compare(
        "p0f.txt",
        285,
        |events| events.iter().filter_map(p0f_line).collect(),
        <[String]>::to_vec,
    );
}

/// A SYN as p0f writes it.
fn p0f_line(event: &Event) -> Option<String> {
    let Observation::TcpSyn(signature) = &event.observation else {
        return None;
    };
    let mut signature = signature.to_string();
    if NMAP_PROBES.contains(&event.source.port()) {
        // p0f sees a stray acknowledgement number only where one bit of it is set.
        signature = signature.replacen(":ack+", ":", 1);
    }
    Some(format!(
        "{}/{} {signature}",
        spelled_out(event.source.ip()),
        event.source.port()
    ))
}

/// The ports of nmap's probes of the operating system in `nmap-os.pcap`.
const NMAP_PROBES: std::ops::RangeInclusive<u16> = 46519..=46536;

#[test]
fn a_stray_acknowledgement_number_of_nmap_is_a_quirk() {
    let stray = events("nmap-os.pcap")
        .iter()
        .filter(|event| match &event.observation {
            Observation::TcpSyn(signature) => signature.quirks.has(Quirks::STRAY_ACK),
            _ => false,
        })
        .map(|event| event.source.port())
        .collect::<Vec<_>>();
    assert!(
        stray.len() >= 6 && stray.iter().all(|port| NMAP_PROBES.contains(port)),
        "{stray:?}"
    );
}

/// An address as p0f writes it: IPv6 with all its zeros.
fn spelled_out(address: std::net::IpAddr) -> String {
    match address {
        std::net::IpAddr::V4(address) => address.to_string(),
        std::net::IpAddr::V6(address) => address
            .segments()
            .map(|segment| format!("{segment:x}"))
            .join(":"),
    }
}

#[test]
fn ja4_is_that_of_huginn() {
    compare(
        "ja4.tsv",
        15,
        |events| {
            let hello = |event: &Event| match &event.observation {
                Observation::ClientHello { ja4, .. } => Some(format!(
                    "{}\t{}\t{}\t{}",
                    event.source.ip(),
                    event.source.port(),
                    ja4.fingerprint,
                    ja4.raw
                )),
                _ => None,
            };
            events.iter().filter_map(hello).collect()
        },
        <[String]>::to_vec,
    );
}

#[test]
fn ja3_ja3s_server_name_and_alpn_are_those_of_tshark() {
    compare(
        "tshark.tsv",
        48,
        |events| events.iter().filter_map(tshark_line).collect(),
        |lines| {
            // The answer to a HelloRetryRequest is a second ClientHello, which we do not report.
            let mut clients = BTreeMap::new();
            lines
                .iter()
                .filter(|line| {
                    let fields: Vec<&str> = line.split('\t').collect();
                    fields[3] != "1" || clients.insert(fields[2].to_owned(), ()).is_none()
                })
                .map(|line| {
                    let mut fields: Vec<&str> = line.split('\t').collect();
                    // Before TLS 1.3 the server says more in the same frame.
                    fields[3] = fields[3].split(',').next().unwrap();
                    fields.join("\t")
                })
                .collect()
        },
    );
}

/// An event as the fields that tshark was asked for.
fn tshark_line(event: &Event) -> Option<String> {
    let lossy = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).into_owned();
    let (kind, ja3, ja3s, name, alpn) = match &event.observation {
        Observation::ClientHello { hello, ja3, .. } => (
            "1",
            Some(ja3),
            None,
            hello.server_name.as_ref().map(lossy),
            hello.alpn.iter().map(lossy).collect::<Vec<_>>().join(","),
        ),
        Observation::ServerHello { hello, ja3s } => (
            "2",
            None,
            Some(ja3s),
            None,
            hello.alpn.as_ref().map(lossy).unwrap_or_default(),
        ),
        _ => return None,
    };
    let (v4, v6) = match event.source.ip() {
        ip if ip.is_ipv4() => (ip.to_string(), String::new()),
        ip => (String::new(), ip.to_string()),
    };
    let part = |ja3: Option<&decnet::sniffer::Ja3>| match ja3 {
        Some(ja3) => [ja3.digest.clone(), ja3.full.clone()],
        None => Default::default(),
    };
    let ([a, b], [c, d]) = (part(ja3), part(ja3s));
    let port = event.source.port().to_string();
    let name = name.unwrap_or_default();
    Some([v4, v6, port, kind.into(), a, b, c, d, name, alpn].join("\t"))
}

#[test]
fn ja4_of_an_application_protocol_that_is_not_text_has_the_digits_of_its_bytes() {
    let ja4 = events("crafted-alpn.pcap")
        .iter()
        .find_map(|event| match &event.observation {
            Observation::ClientHello { ja4, .. } => Some(ja4.fingerprint.clone()),
            _ => None,
        });
    // 0xab .. 0x63: the first digit of one and the last of the other.
    assert_eq!(ja4.unwrap(), "t13d3112a3_e8f1e7e78f70_b26ce05bbdd6");
}

#[test]
fn every_recorded_capture_of_tls_has_an_answer_of_tshark() {
    for name in names() {
        let tls = events(&name)
            .iter()
            .any(|event| !matches!(event.observation, Observation::TcpSyn(_)));
        assert_eq!(tls, answer(&name, "tshark.tsv").is_some(), "{name}");
    }
}

#[test]
fn a_retry_request_and_the_hello_after_it_are_both_reported() {
    let retries: Vec<bool> = events("openssl-retry.pcap")
        .iter()
        .filter_map(|event| match &event.observation {
            Observation::ServerHello { hello, .. } => Some(hello.retry),
            _ => None,
        })
        .collect();
    assert_eq!(retries, [true, false]);
}
