//! Two network namespaces made by the test, a TLS server in one and a client in the other.

use std::{
    fs,
    io::Read,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// How long anything here may take before the test says that it hangs.
pub(crate) const WATCHDOG: Duration = Duration::from_secs(20);

/// What live capture needs, if it is not here.
pub(crate) fn can_capture() -> Result<(), String> {
    for tool in ["ip", "unshare", "nsenter", "setpriv", "openssl"] {
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
pub(crate) fn in_namespace(test: impl FnOnce() + Send + 'static) {
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
pub(crate) fn sh(script: &str) {
    let output = Command::new("sh").args(["-ec", script]).output().unwrap();
    assert!(
        output.status.success(),
        "{script}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// A process that is killed when the test is over, however it is over.
pub(crate) struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The client's namespace, joined to ours by a pair of interfaces: ours is `decoy0` with
/// 10.9.0.2, the client's has 10.9.0.1.
pub(crate) struct Client(Running);

impl Client {
    pub(crate) fn new() -> Self {
        let mut holder = Command::new("unshare")
            .args(["--net", "sh", "-c", "echo ready; exec sleep 600"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut ready = [0; 5];
        holder
            .stdout
            .as_mut()
            .unwrap()
            .read_exact(&mut ready)
            .unwrap();
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
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new("nsenter");
        command
            .arg(format!("--net=/proc/{}/ns/net", self.0.0.id()))
            .arg(program);
        command
    }

    /// A TLS handshake with the server.
    pub(crate) fn handshake(&self) {
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
pub(crate) fn serve() -> (Running, tempfile::TempDir) {
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
pub(crate) fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(
            start.elapsed() < WATCHDOG,
            "{what}: not within {WATCHDOG:?}"
        );
        thread::yield_now();
    }
}
