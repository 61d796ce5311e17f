//! The sniffer inside the API: a real server process, in a network namespace made by the
//! test, sees a real TLS handshake; and without its flag there is no capture thread.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends here")]

use std::{
    fs,
    process::Command,
    time::{Duration, Instant},
};

use serde_json::Value;
use shakedown::process::Process;

use crate::server::{self, DecnetServer};
pub(crate) use crate::sniffer::can_capture;
use crate::sniffer::namespace::{Client, WATCHDOG, in_namespace, serve, sh, wait_until};

/// Names of the threads of a process.
fn threads(pid: u32) -> Vec<String> {
    let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) else {
        return Vec::new();
    };
    // A thread may end between being listed and being asked.
    let name = |task: fs::DirEntry| fs::read_to_string(task.path().join("comm")).ok();
    tasks
        .filter_map(|task| name(task.ok()?))
        .map(|name| name.trim().to_owned())
        .collect()
}

fn captures(pid: u32) -> bool {
    threads(pid).iter().any(|name| name == "sniffer")
}

fn embedded(interface: &str) -> server::DecnetBuilder {
    DecnetServer::builder()
        .env("DECNET_EMBED_SNIFFER", "true")
        .env("DECNET_SNIFFER_INTERFACE", interface)
        .env("DECNET_BATCH_MAX_WAIT_MS", "10")
}

/// What the server answers to `path`; on this thread, which is in the namespace.
fn get(server: &DecnetServer, token: &str, path: &str) -> Value {
    let url = format!("{}/api/v1/{path}", server.url());
    on_this_thread(async move {
        let request = reqwest::Client::new().get(url).bearer_auth(token);
        request.send().await.unwrap().json().await.unwrap()
    })
}

fn on_this_thread<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(work)
}

/// The value of the fingerprint of this kind.
fn fingerprint<'a>(attacker: &'a Value, kind: &str) -> Option<&'a str> {
    let all = attacker["fingerprints"].as_array()?;
    let mut values = all.iter().filter_map(Value::as_str);
    values.find_map(|text| text.strip_prefix(kind)?.strip_prefix(':'))
}

#[test]
fn a_handshake_is_on_the_attacker_and_the_thread_is_joined_at_the_stop() {
    in_namespace(|| {
        let client = Client::new();
        let _tls = serve();
        let mut server = embedded("decoy0").start().unwrap();
        let token = on_this_thread(server.token()).unwrap();
        let health = get(&server, &token, "health");
        assert_eq!(health["components"]["sniffer"]["status"], "healthy");
        assert!(captures(server.pid()), "{:?}", threads(server.pid()));

        client.handshake();
        let attacker = || get(&server, &token, "attackers")["data"][0].clone();
        wait_until("the handshake is on an attacker", || {
            fingerprint(&attacker(), "ja4").is_some()
        });
        let attacker = attacker();
        println!("{attacker:#}");
        assert_eq!(attacker["ip"], "10.9.0.1");
        let ja3 = fingerprint(&attacker, "ja3").unwrap();
        assert!(
            ja3.len() == 32 && ja3.bytes().all(|byte| byte.is_ascii_hexdigit()),
            "{ja3}"
        );
        assert!(
            fingerprint(&attacker, "ja4").unwrap().starts_with("t13d"),
            "{attacker}"
        );
        assert!(
            fingerprint(&attacker, "os").unwrap().starts_with("Linux"),
            "{attacker}"
        );

        let pid = server.pid();
        let start = Instant::now();
        server.process().signal(libc::SIGTERM).unwrap();
        wait_until("the capture thread is gone", || !captures(pid));
        println!(
            "the capture thread was gone {:?} after SIGTERM",
            start.elapsed()
        );
        let status = server.process().wait(WATCHDOG).unwrap();
        let log = server.process().log_tail(20);
        assert!(status.is_some_and(|it| it.success()), "{status:?}\n{log}");
    });
}

#[test]
fn without_the_flag_there_is_no_capture_thread() {
    in_namespace(|| {
        sh("ip link set lo up");
        let server = DecnetServer::builder()
            .env("DECNET_SNIFFER_INTERFACE", "lo")
            .start()
            .unwrap();
        let token = on_this_thread(server.token()).unwrap();
        let health = get(&server, &token, "health");
        assert_eq!(health["components"].get("sniffer"), None, "{health}");
        assert!(!captures(server.pid()), "{:?}", threads(server.pid()));
        // The login itself was a connection on `lo`: nobody saw it.
        assert_eq!(get(&server, &token, "attackers")["total"], 0);
    });
}

#[test]
fn an_interface_that_goes_away_degrades_the_health_and_nothing_else() {
    in_namespace(|| {
        sh("ip link set lo up
            ip link add gone0 type veth peer name gone1
            ip link set gone0 up; ip link set gone1 up");
        let mut server = embedded("gone0").start().unwrap();
        let token = on_this_thread(server.token()).unwrap();
        sh("ip link del gone0");
        let status = || get(&server, &token, "health")["components"]["sniffer"]["status"].clone();
        wait_until("the health is degraded", || status() == "degraded");
        assert_eq!(get(&server, &token, "stats")["total_logs"], 0);
        let status = server.process().terminate(Duration::from_secs(5)).unwrap();
        assert!(status.success(), "{status}");
    });
}

#[test]
fn a_sniffer_that_cannot_start_stops_the_start() {
    in_namespace(|| {
        sh("ip link set lo up");
        let error = embedded("nosuch0").start().unwrap_err().to_string();
        for part in [
            "error: cannot start the service",
            "caused by: cannot start the embedded sniffer",
            "caused by: there is no network interface `nosuch0`",
            "help: `DECNET_EMBED_SNIFFER=false` starts without",
        ] {
            assert!(error.contains(part), "{error}");
        }
    });
}

#[test]
fn without_the_capability_the_command_says_what_to_do() {
    let output = Command::new("setpriv")
        .args(["--bounding-set", "-net_raw", "--inh-caps", "-net_raw"])
        .arg(server::binary().unwrap())
        .args(["sniff", "--interface", "lo"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = String::from_utf8(output.stderr).unwrap();
    for part in [
        "error: cannot sniff from the interface\n",
        "capturing on `lo` needs root or the capability `CAP_NET_RAW`\n",
        "help: run it as root, or allow the program: `sudo setcap cap_net_raw+ep",
    ] {
        assert!(said.contains(part), "{said}");
    }
}

#[test]
fn the_command_prints_and_sends_what_it_sees_until_sigterm() {
    in_namespace(|| {
        let client = Client::new();
        let _tls = serve();
        let server = DecnetServer::start().unwrap();
        let token = on_this_thread(server.token()).unwrap();
        let mut sniff = Process::builder(server::binary().unwrap())
            .name("sniff")
            .args(["sniff", "--interface", "decoy0", "--outgoing", "--api"])
            .arg(server.url())
            .env("DECNET_API_TOKEN", &token)
            .env("DECNET_BATCH_MAX_WAIT_MS", "10")
            .start()
            .unwrap();
        let pid = sniff.pid();
        wait_until("it captures", || captures(pid));
        client.handshake();
        let attacker = || get(&server, &token, "attackers")["data"][0].clone();
        wait_until("the server's answer is on an attacker", || {
            fingerprint(&attacker(), "ja3s").is_some()
        });
        assert_eq!(attacker()["ip"], "10.9.0.1");
        let status = sniff.terminate(WATCHDOG).unwrap();
        let log = sniff.log_tail(40);
        assert!(status.success(), "{status}\n{log}");
        assert!(log.contains(" tls_client_hello ja4=t13d"), "{log}");
        assert!(log.contains(" 0 dropped, 0 unsent"), "{log}");
    });
}
