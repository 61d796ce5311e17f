//! A live capture of a real TLS handshake, between two network namespaces made here, so that
//! nothing else on the machine is captured and nothing leaves it.
//!
//! The test thread moves into a fresh namespace of its own; whatever it starts is in there,
//! the capture thread, too. The client is a second namespace, held by a process. Both are
//! gone when the thread and the process are.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends here")]
#![expect(clippy::print_stdout, reason = "says how long a capture took to stop")]

use std::{
    fs,
    io::Write,
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::{Duration, Instant},
};

use decnet::sniffer::{CaptureError, CaptureOptions, Event, Observation, Sniffer, Tally, spawn};

/// How long anything here may take before the test says that it hangs.
const WATCHDOG: Duration = Duration::from_secs(20);

/// What live capture needs, if it is not here.
pub(crate) fn can_capture() -> Result<(), String> {
    for tool in ["ip", "unshare", "nsenter", "openssl"] {
        let found = Command::new("sh")
            .args(["-c", &format!("command -v {tool}")])
            .output();
        if !found.is_ok_and(|output| output.status.success()) {
            return Err(format!(
                "there is no `{tool}`; `make live-tools` installs it"
            ));
        }
    }
    match Command::new("unshare").args(["--net", "true"]).output() {
        Ok(output) if output.status.success() => Ok(()),
        _ => Err("network namespaces and packet sockets need root".to_owned()),
    }
}

/// Runs a test in a network namespace of its own.
fn in_namespace(test: impl FnOnce() + Send + 'static) {
    let thread = thread::spawn(|| {
        // SAFETY: takes no pointers; this thread alone moves to a new network namespace.
        let outcome = unsafe { libc::unshare(libc::CLONE_NEWNET) };
        assert_eq!(outcome, 0, "unshare: {}", std::io::Error::last_os_error());
        test();
    });
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}

#[track_caller]
fn sh(script: &str) {
    let output = Command::new("sh").args(["-ec", script]).output().unwrap();
    assert!(
        output.status.success(),
        "{script}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// A process that is killed when the test is over, however it is over.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The client's namespace, joined to ours by a pair of interfaces: ours is `decoy0` with
/// 10.9.0.2, the client's has 10.9.0.1.
struct Client(Running);

impl Client {
    fn new() -> Self {
        let mut holder = Command::new("unshare")
            .args(["--net", "sh", "-c", "echo ready; exec sleep 600"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut ready = [0; 5];
        std::io::Read::read_exact(holder.stdout.as_mut().unwrap(), &mut ready).unwrap();
        let client = Self(Running(holder));
        sh(&format!(
            "ip link add decoy0 type veth peer name client0 netns {}
             ip addr add 10.9.0.2/24 dev decoy0
             ip link set lo up
             ip link set decoy0 up",
            client.0.0.id()
        ));
        let setup = "ip addr add 10.9.0.1/24 dev client0; ip link set client0 up";
        let status = client.command("sh").args(["-ec", setup]).status().unwrap();
        assert!(status.success());
        client
    }

    /// A command in the client's namespace.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new("nsenter");
        command
            .arg(format!("--net=/proc/{}/ns/net", self.0.0.id()))
            .arg(program);
        command
    }

    /// A TLS handshake with the server.
    fn handshake(&self) {
        let mut client = Running(
            self.command("openssl")
                .args([
                    "s_client",
                    "-connect",
                    "10.9.0.2:443",
                    "-servername",
                    "live.example",
                ])
                .args(["-alpn", "h2,http/1.1"])
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap(),
        );
        let _ = client.0.wait().unwrap();
    }
}

/// A TLS server in our namespace that is listening.
fn serve() -> (Running, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).display().to_string();
    let (key, certificate) = (path("key.pem"), path("cert.pem"));
    sh(&format!(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout {key} \
         -out {certificate} -days 1 -subj /CN=live.example"
    ));
    let server = Command::new("openssl")
        .args([
            "s_server",
            "-accept",
            "443",
            "-key",
            &key,
            "-cert",
            &certificate,
            "-quiet",
        ])
        .args(["-alpn", "http/1.1"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let server = Running(server);
    // The namespace has no other listener: 01BB is port 443, 0A is LISTEN.
    wait_until("the server listens", || {
        let listeners = fs::read_to_string("/proc/thread-self/net/tcp").unwrap();
        let v6 = fs::read_to_string("/proc/thread-self/net/tcp6").unwrap_or_default();
        [listeners, v6]
            .concat()
            .lines()
            .any(|line| line.contains(":01BB ") && line.contains(" 0A "))
    });
    (server, directory)
}

/// Waits for a condition, giving way to others in between.
#[track_caller]
fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(
            start.elapsed() < WATCHDOG,
            "{what}: not within {WATCHDOG:?}"
        );
        thread::yield_now();
    }
}

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
    println!("stopped after {took:?} ({what}; promised: 100 ms); {tally}");
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
            while flooding.try_recv() == Err(std::sync::mpsc::TryRecvError::Empty) {
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
