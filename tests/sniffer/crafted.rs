//! Frames built by hand, from a payload outwards.

use decnet::sniffer::{Packet, Protocol, TcpFlags, dissect};

use crate::captures::{OwnedFrame, frames};

/// A TCP segment over IPv4 over Ethernet.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    pub(crate) source: [u8; 4],
    pub(crate) source_port: u16,
    pub(crate) sequence: u32,
    pub(crate) flags: u16,
    pub(crate) payload: Vec<u8>,
}

impl Segment {
    pub(crate) fn syn(source_port: u16, sequence: u32) -> Self {
        let source = [10, 0, 0, 1];
        Self {
            source,
            source_port,
            sequence,
            flags: TcpFlags::SYN,
            payload: Vec::new(),
        }
    }

    pub(crate) fn data(source_port: u16, sequence: u32, payload: &[u8]) -> Self {
        Self {
            flags: TcpFlags::ACK,
            payload: payload.to_vec(),
            ..Self::syn(source_port, sequence)
        }
    }

    pub(crate) fn tcp(&self) -> Vec<u8> {
        let mut tcp = Vec::new();
        tcp.extend(self.source_port.to_be_bytes());
        tcp.extend(443_u16.to_be_bytes());
        tcp.extend(self.sequence.to_be_bytes());
        tcp.extend([0; 4]);
        tcp.extend((5 << 12 | self.flags).to_be_bytes());
        tcp.extend([0xff, 0xff, 0, 0, 0, 0]);
        tcp.extend(&self.payload);
        tcp
    }

    pub(crate) fn frame(&self) -> OwnedFrame {
        OwnedFrame::ethernet(ethernet(0x0800, &ipv4(self.source, 0, &self.tcp())))
    }
}

pub(crate) fn ethernet(ether_type: u16, payload: &[u8]) -> Vec<u8> {
    [&[2; 12][..], &ether_type.to_be_bytes(), payload].concat()
}

/// An IPv4 packet of TCP; `fragment` is the field of flags and offset.
pub(crate) fn ipv4(source: [u8; 4], fragment: u16, tcp: &[u8]) -> Vec<u8> {
    let length = 20 + tcp.len() as u16;
    let mut ip = vec![0x45, 0];
    ip.extend(length.to_be_bytes());
    ip.extend([0, 0]);
    ip.extend(fragment.to_be_bytes());
    ip.extend([64, 6, 0, 0]);
    ip.extend(source);
    ip.extend([10, 0, 0, 2]);
    ip.extend(tcp);
    ip
}

/// An IPv6 packet whose payload is announced as `next`.
pub(crate) fn ipv6(next: u8, payload: &[u8]) -> Vec<u8> {
    let mut ip = vec![0x60, 0, 0, 0];
    ip.extend((payload.len() as u16).to_be_bytes());
    ip.extend([next, 64]);
    ip.extend([0xfd; 16]);
    ip.extend([0xfe; 16]);
    ip.extend(payload);
    ip
}

/// The bytes that one side of a captured connection sent, with everything that was sent
/// twice left out: `client` is the one that opened it.
pub(crate) fn stream(capture: &str, client: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut first = None;
    for frame in frames(capture) {
        let mut packet = Packet::of_link(frame.link, &frame.bytes);
        if dissect(&mut packet).is_err() {
            continue;
        }
        let segment = packet.segment.unwrap();
        let from_client = segment.source_port > segment.destination_port;
        if from_client != client {
            continue;
        }
        if segment.flags.any(TcpFlags::SYN) {
            first = Some(segment.sequence.wrapping_add(1));
        }
        let offset = segment.sequence.wrapping_sub(first.unwrap()) as usize;
        if offset == bytes.len() {
            bytes.extend(segment.payload);
        }
    }
    bytes
}

/// Runs one dissector of the table on bytes.
pub(crate) fn run(protocol: Protocol, bytes: &[u8]) -> Packet<'_> {
    let mut packet = Packet::new(protocol, bytes);
    dissect(&mut packet).unwrap();
    packet
}
