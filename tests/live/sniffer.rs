//! A live capture of a real TLS handshake, between two network namespaces made here, so that
//! nothing else on the machine is captured and nothing leaves it.
//!
//! The test thread moves into a fresh namespace of its own; whatever it starts is in there,
//! the capture thread, too. The client is a second namespace, held by a process. Both are
//! gone when the thread and the process are.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends here")]
#![expect(clippy::print_stdout, reason = "says how long a capture took to stop")]

pub(crate) mod namespace;

use std::{
    fs,
    io::Write,
    sync::mpsc::{Receiver, TryRecvError, channel},
    thread,
    time::Instant,
};

use decnet::sniffer::{
    CaptureError, CaptureOptions, Event, Observation, Sniffer, Tally,
    command::{Format, Outcome, SniffOptions, run},
    spawn,
};
pub(crate) use namespace::can_capture;
use namespace::{Client, WATCHDOG, in_namespace, serve, sh, wait_until};

/// Starts a capture whose events come out of a channel.
fn sniff(options: &CaptureOptions) -> (Sniffer, Receiver<Event>) {
    let (sender, events) = channel();
    let sniffer = spawn(options, move |event| {
        // The test may be over; then nobody listens.
        let _ = sender.send(event);
    });
    (sniffer.unwrap(), events)
}

/// Stops a capture, prints how long that took, and fails if it hangs.
#[track_caller]
fn stop(what: &str, sniffer: Sniffer) -> Tally {
    let (sender, stopped) = channel();
    let start = Instant::now();
    let thread = thread::spawn(move || sender.send(sniffer.stop()).unwrap());
    let tally = stopped
        .recv_timeout(WATCHDOG)
        .expect("the capture ends")
        .unwrap();
    let took = start.elapsed();
    thread.join().unwrap();
    println!("stopped after {took:?} ({what}); {tally}");
    tally
}

/// Names of the threads of this process.
fn threads() -> Vec<String> {
    let tasks = fs::read_dir("/proc/self/task").unwrap();
    // A thread may end between being listed and being asked.
    let name = |task: fs::DirEntry| fs::read_to_string(task.path().join("comm")).ok();
    tasks
        .filter_map(|task| name(task.unwrap()))
        .map(|name| name.trim().to_owned())
        .collect()
}

#[test]
fn a_handshake_is_fingerprinted_from_the_side_of_the_decoy() {
    in_namespace(|| {
        let client = Client::new();
        let _server = serve();
        let (sniffer, events) = sniff(&CaptureOptions::interface("decoy0"));
        client.handshake();
        let syn = events.recv_timeout(WATCHDOG).unwrap();
        assert_eq!(syn.source.ip().to_string(), "10.9.0.1");
        let Observation::TcpSyn(signature) = syn.observation else {
            panic!("{syn:?}")
        };
        assert!(
            signature.os().unwrap().name.starts_with("Linux"),
            "{signature}"
        );
        let hello = events.recv_timeout(WATCHDOG).unwrap();
        let Observation::ClientHello { hello, ja4, ja3 } = hello.observation else {
            panic!("{hello:?}");
        };
        assert_eq!(hello.server_name.as_deref(), Some(&b"live.example"[..]));
        assert_eq!(hello.alpn, [&b"h2"[..], b"http/1.1"]);
        assert!(ja4.fingerprint.starts_with("t13d"), "{}", ja4.fingerprint);
        println!("{signature} {} {}", ja4.fingerprint, ja3.digest);
        let tally = stop("after a handshake", sniffer);
        // Outgoing frames are not captured, so the server was not heard.
        assert_eq!(
            (tally.syns, tally.client_hellos, tally.server_hellos),
            (1, 1, 0)
        );
        assert!(events.try_recv().is_err());
    });
}

#[test]
fn the_server_is_heard_when_outgoing_frames_are_captured() {
    in_namespace(|| {
        let client = Client::new();
        let _server = serve();
        let (sniffer, events) = sniff(
            &CaptureOptions::interface("decoy0")
                .outgoing(true)
                .promiscuous(true),
        );
        client.handshake();
        let server = std::iter::repeat_with(|| events.recv_timeout(WATCHDOG).unwrap())
            .find(|event| matches!(event.observation, Observation::ServerHello { .. }))
            .unwrap();
        assert_eq!(server.source.to_string(), "10.9.0.2:443");
        stop("after a handshake, both directions", sniffer);
    });
}

#[test]
fn a_capture_stops_at_once_with_and_without_traffic() {
    in_namespace(|| {
        sh("ip link set lo up");
        for _ in 0..5 {
            let (sniffer, _events) = sniff(&CaptureOptions::interface("lo"));
            wait_until("the thread is named", || {
                threads().contains(&"sniffer".to_owned())
            });
            stop("idle", sniffer);
        }
        // A socket that sends to itself as fast as it can, in a thread of the same namespace.
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.connect(socket.local_addr().unwrap()).unwrap();
        let (stop_flood, flooding) = channel::<()>();
        let flood = thread::spawn(move || {
            while flooding.try_recv() == Err(TryRecvError::Empty) {
                let _ = socket.send(&[0; 64]);
            }
        });
        for _ in 0..5 {
            let (sniffer, _events) = sniff(&CaptureOptions::interface("lo"));
            wait_until("the capture runs", || sniffer.is_running());
            let tally = stop("flooded", sniffer);
            assert_eq!(tally.syns, 0);
        }
        drop(stop_flood);
        flood.join().unwrap();
    });
}

#[test]
fn dropping_the_handle_ends_the_thread() {
    in_namespace(|| {
        sh("ip link set lo up");
        let (sniffer, _events) = sniff(&CaptureOptions::interface("lo"));
        wait_until("the thread is named", || {
            threads().contains(&"sniffer".to_owned())
        });
        drop(sniffer);
        assert!(
            !threads().contains(&"sniffer".to_owned()),
            "{:?}",
            threads()
        );
    });
}

#[test]
fn frames_of_the_loopback_interface_are_seen_once() {
    in_namespace(|| {
        sh("ip link set lo up");
        let (sniffer, events) = sniff(&CaptureOptions::interface("lo"));
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let mut stream = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        stream.write_all(b"not TLS").unwrap();
        let event = events.recv_timeout(WATCHDOG).unwrap();
        assert!(
            matches!(event.observation, Observation::TcpSyn(_)),
            "{event}"
        );
        let tally = stop("after a connection", sniffer);
        assert_eq!((tally.syns, tally.repeated_syns), (1, 0));
    });
}

#[test]
fn an_interface_that_goes_away_ends_the_capture_with_an_error() {
    in_namespace(|| {
        sh(
            "ip link add gone0 type veth peer name gone1; ip link set gone0 up; ip link set gone1 up",
        );
        let (sniffer, _events) = sniff(&CaptureOptions::interface("gone0"));
        assert!(sniffer.is_running());
        sh("ip link del gone0");
        wait_until("the capture ends by itself", || !sniffer.is_running());
        let error = sniffer.stop().unwrap_err();
        assert!(matches!(error, CaptureError::Receive { .. }), "{error:?}");
        assert_eq!(error.to_string(), "capturing on `gone0` ended");
    });
}

#[test]
fn a_sink_that_panics_is_reported_when_the_capture_is_stopped() {
    in_namespace(|| {
        sh("ip link set lo up");
        let sniffer = spawn(&CaptureOptions::interface("lo"), |event: Event| {
            panic!("cannot take {}", event.observation.kind());
        })
        .unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let _stream = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        wait_until("the capture ends", || !sniffer.is_running());
        let error = sniffer.stop().unwrap_err();
        assert_eq!(
            error.to_string(),
            "the capture thread panicked: cannot take tcp_syn"
        );
    });
}

/// An output that does something when the first event is written.
struct OnFirstLine<F>(Option<F>);

impl<F: FnOnce() -> std::io::Result<()>> Write for OnFirstLine<F> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0
            .take()
            .map_or(Ok(()), |first| first())
            .map(|()| bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Runs `decnet sniff --interface lo` while somebody connects until it ends.
fn run_command(on_first_line: impl FnOnce() -> std::io::Result<()>) -> Outcome {
    sh("ip link set lo up");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (ended, running) = channel::<()>();
    let connects = thread::spawn(move || {
        while running.try_recv() == Err(TryRecvError::Empty) {
            let _ = std::net::TcpStream::connect(address);
            // Takes the connection, so that the backlog does not fill up.
            let _ = listener.accept();
        }
    });
    let options = SniffOptions {
        pcap: None,
        interface: Some("lo".to_owned()),
        outgoing: false,
        promiscuous: false,
        format: Format::Json,
    };
    let outcome = run(&options, &mut OnFirstLine(Some(on_first_line)));
    drop(ended);
    connects.join().unwrap();
    outcome.unwrap()
}

#[test]
fn the_command_ends_when_it_is_told_to() {
    in_namespace(|| {
        let outcome = run_command(|| {
            // SAFETY: takes no pointers. By now the command handles the signal, which
            // otherwise would end this process.
            let sent = unsafe { libc::kill(libc::getpid(), libc::SIGTERM) };
            assert_eq!(sent, 0);
            Ok(())
        });
        assert!(outcome.tally.syns >= 1, "{}", outcome.tally);
    });
}

#[test]
fn the_command_ends_when_nobody_reads_its_output() {
    in_namespace(|| {
        let outcome = run_command(|| Err(std::io::ErrorKind::BrokenPipe.into()));
        assert!(outcome.tally.syns >= 1, "{}", outcome.tally);
    });
}
