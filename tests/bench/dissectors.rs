//! How many packets a second one core takes through the sniffer, from real frames in memory.
//!
//! Prints figures and asserts none: a machine that is busy is not a wrong program. Time is
//! that of the thread, so that what else runs on the core does not count. What is asserted is
//! that the work was done: every packet gave its event.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends here")]
#![expect(
    clippy::print_stdout,
    reason = "its figures are what a measurement is for"
)]

#[path = "../sniffer/captures.rs"]
#[expect(dead_code, reason = "the fast tier uses the rest of it")]
mod captures;

use std::{hint::black_box, time::Duration};

pub(super) use captures::OwnedFrame;
use captures::frames;
use decnet::sniffer::{Analyzer, Event, Packet, TcpFlags, dissect};

/// Packets of one repetition; each is of a connection of its own.
const PACKETS: usize = 20_000;
const REPETITIONS: usize = 15;

/// Time that this thread ran on a core.
fn thread_time() -> Duration {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the pointer is that of a live, exclusively borrowed `timespec`.
    let outcome = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    assert_eq!(outcome, 0);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// `PACKETS` copies of a frame, each from another port: clients that were never seen before.
fn many(frame: &OwnedFrame) -> Vec<OwnedFrame> {
    (0..PACKETS)
        .map(|number| {
            let mut frame = frame.clone();
            frame.bytes[34..36].copy_from_slice(&(number as u16).to_be_bytes());
            frame.bytes[29] = (number >> 16) as u8;
            frame
        })
        .collect()
}

/// The first frame of a capture for which `wanted` holds.
fn frame(capture: &str, wanted: impl Fn(&Packet<'_>) -> bool) -> OwnedFrame {
    frames(capture)
        .into_iter()
        .find(|frame| {
            let mut packet = Packet::of_link(frame.link, &frame.bytes);
            dissect(&mut packet).is_ok() && wanted(&packet)
        })
        .unwrap()
}

pub(super) fn syn() -> OwnedFrame {
    frame("curl-h2.pcap", |packet| packet.finding.is_some())
}

pub(super) fn client_hello() -> OwnedFrame {
    frame("curl-h2.pcap", |packet| {
        !packet.segment.unwrap().payload.is_empty()
    })
}

/// Runs `work` on fresh copies, and prints packets a second: median, slowest and fastest.
fn measure(what: &str, target: &str, frame: &OwnedFrame, mut work: impl FnMut(&[OwnedFrame])) {
    let frames = many(frame);
    let mut rates: Vec<u64> = (0..REPETITIONS)
        .map(|_| {
            let start = thread_time();
            work(black_box(&frames));
            (PACKETS as f64 / (thread_time() - start).as_secs_f64()) as u64
        })
        .collect();
    rates.sort_unstable();
    let build = if cfg!(debug_assertions) {
        "dev"
    } else {
        "release"
    };
    println!(
        "{what} ({} bytes, {build}): {} packets/s/core (min {}, max {}, n={REPETITIONS} x {PACKETS}){target}",
        frame.bytes.len(),
        rates[REPETITIONS / 2],
        rates[0],
        rates[REPETITIONS - 1],
    );
}

/// Runs a fresh analyzer; every frame must give one event.
fn analyze(frames: &[OwnedFrame], mut take: impl FnMut(Event)) {
    let mut analyzer = Analyzer::default();
    let mut events = 0;
    for frame in frames {
        analyzer.frame(&frame.borrow(), &mut |event| {
            events += 1;
            take(event);
        });
    }
    assert_eq!(events, frames.len());
}

#[test]
fn syns_per_second() {
    let syn = syn();
    measure("SYN, dissectors", "; target 1000000", &syn, |frames| {
        for frame in frames {
            let mut packet = Packet::of_link(frame.link, &frame.bytes);
            dissect(&mut packet).unwrap();
            assert!(black_box(&packet).finding.is_some());
        }
    });
    measure(
        "SYN, to an event with the system guessed",
        "; target 1000000",
        &syn,
        |frames| {
            analyze(frames, |event| {
                let decnet::sniffer::Observation::TcpSyn(signature) = &event.observation else {
                    panic!("not a SYN");
                };
                assert!(black_box(signature.os()).is_some());
            });
        },
    );
    measure("SYN, to a line of JSON", "", &syn, |frames| {
        analyze(frames, |event| {
            black_box(serde_json::to_string(&event).unwrap());
        });
    });
}

#[test]
fn client_hellos_per_second() {
    let hello = client_hello();
    let to_event = |frames: &[OwnedFrame]| analyze(frames, |event| drop(black_box(event)));
    measure(
        "ClientHello, to an event with JA3 and JA4",
        "; target 200000",
        &hello,
        to_event,
    );
    measure("ClientHello, to a line of JSON", "", &hello, |frames| {
        analyze(frames, |event| {
            black_box(serde_json::to_string(&event).unwrap());
        });
    });
}

#[test]
fn segments_of_known_connections_per_second() {
    let acknowledgement = frame("curl-h2.pcap", |packet| {
        let segment = packet.segment.unwrap();
        segment.payload.is_empty() && !segment.flags.any(TcpFlags::SYN)
    });
    measure("bare ACK", "", &acknowledgement, |frames| {
        let mut analyzer = Analyzer::default();
        for frame in frames {
            analyzer.frame(&frame.borrow(), &mut |event: Event| panic!("{event}"));
        }
        assert_eq!(analyzer.tally().frames, frames.len() as u64);
    });
}
