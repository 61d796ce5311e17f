//! `decnet sniff`, run in process on recorded captures: what it says, and what arrives at a
//! real API.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use axum::http::StatusCode;
use axum::routing::{get, post};
use decnet::model::Decky;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::in_process::Service;

fn capture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/captures")
        .join(name)
}

/// Runs `decnet sniff` in process: exit code, stdout, stderr.
fn sniff(arguments: &[&str]) -> (ExitCode, String, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let words = ["decnet", "sniff"].iter().chain(arguments).map(Into::into);
    let code = decnet::cli::run(words, &|_| None, &mut out, &mut err);
    let text = |bytes| String::from_utf8(bytes).expect("text");
    (code, text(out), text(err))
}

fn sniff_file(name: &str, more: &[&str]) -> (ExitCode, String, String) {
    let path = capture(name).display().to_string();
    sniff(&[&["--pcap", &path], more].concat())
}

/// As [`sniff_file`], beside the tasks of this test: the command has a runtime of its own.
async fn sniff_file_to(url: &str, token: &str, name: &'static str) -> (ExitCode, String, String) {
    let more = [
        "--api".to_owned(),
        url.to_owned(),
        "--token".to_owned(),
        token.to_owned(),
    ];
    let run = move || sniff_file(name, &more.each_ref().map(String::as_str));
    tokio::task::spawn_blocking(run).await.expect("it returns")
}

/// Routes on a port of their own.
async fn serve(router: axum::Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

#[test]
fn its_help_says_everything() {
    let (code, out, err) = sniff(&["--help"]);
    assert_eq!((code, err.as_str()), (ExitCode::SUCCESS, ""));
    insta::assert_snapshot!(out);
}

#[test]
fn events_go_to_stdout_and_the_counts_to_stderr() {
    let (code, out, err) = sniff_file("openssl-tls13.pcap", &[]);
    assert_eq!(code, ExitCode::SUCCESS);
    assert_eq!(out.lines().count(), 3, "{out}");
    assert!(
        err.starts_with("decnet: ") && err.contains(" 1 SYNs "),
        "{err}"
    );
}

#[test]
fn what_cannot_be_sniffed_is_named_with_what_to_do() {
    let text = capture("README.md").display().to_string();
    let cases: &[(&[&str], u8, &[&str])] = &[
        (&[], 2, &["--pcap <FILE>"]),
        (
            &["--pcap", "no/such.pcap"],
            1,
            &[
                "error: cannot sniff from the file\n",
                "caused by: cannot open capture file `no/such.pcap`\n",
                "caused by: No such file or directory",
            ],
        ),
        (
            &["--pcap", &text],
            1,
            &[
                "caused by: not a capture file: it starts with `[23, 20,",
                "help: `tcpdump -w FILE` records one",
            ],
        ),
        (
            &["--interface", "nosuch0"],
            1,
            &["caused by: there is no network interface `nosuch0`; `ip link` lists them"],
        ),
        (
            &["--pcap", "a", "--api", "http://127.0.0.1:9"],
            2,
            &["error: no token to send events with\nhelp: `--token` or DECNET_API_TOKEN"],
        ),
        (
            &["--pcap", "a", "--api", "ftp://a", "--token", "t"],
            2,
            &["error: `ftp://a` is not the address of an API"],
        ),
        (&["--pcap", "a", "--token", "t"], 2, &["--api <URL>"]),
    ];
    for (arguments, code, expected) in cases {
        let (found, out, err) = sniff(arguments);
        assert_eq!(found, ExitCode::from(*code), "{arguments:?}: {err}");
        assert_eq!(out, "", "{arguments:?}");
        for part in *expected {
            assert!(err.contains(part), "{arguments:?}: {err}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_capture_becomes_logs_and_an_attacker_with_its_fingerprints() {
    let service = Service::start(|_| {}).await;
    let deployed = Decky {
        name: "web-1".to_owned(),
        ip: "10.9.0.2".to_owned(),
        hostname: "web".to_owned(),
        services: vec!["http".to_owned()],
    };
    let repository = service.app.repository();
    repository.deploy(vec![deployed]).await.expect("deployed");
    let url = serve(service.app.router()).await;
    let token = service.log_in(crate::in_process::PASSWORD).await;
    let (code, out, err) = sniff_file_to(&url, &token, "openssl-tls12.pcap").await;
    assert_eq!(code, ExitCode::SUCCESS, "{err}");
    assert_eq!(out.lines().count(), 3, "{out}");
    assert!(
        err.contains("decnet: 3 events, 3 stored, 0 refused, 0 dropped, 0 unsent\n"),
        "{err}"
    );

    let attackers = service.get("/api/v1/attackers").await.json();
    assert_eq!(attackers["total"], 1, "{attackers}");
    let attacker = &attackers["data"][0];
    assert_eq!(attacker["ip"], "10.9.0.1");
    assert_eq!(attacker["deckies"], json!(["web-1"]));
    assert_eq!(attacker["services"], json!(["tcp", "tls"]));
    // The values that tshark and p0f have for this capture.
    let expected = json!([
        "os:Linux 4.20 or later",
        "tcp:4:64+0:0:1460:mss*44,10:mss,sok,ts,nop,ws:df,id+:0",
        "ja3:22558766122974704364c9c75c5cce0a",
        "ja4:t12d2808h2_d943125447b4_e7e480e5a997",
        "ja3s:ec74a5c51106f0419184d0dd08fb05bc",
    ]);
    assert_eq!(attacker["fingerprints"], expected);

    let logs = service.get("/api/v1/logs").await.json();
    let kinds: Vec<&Value> = (0..3).map(|at| &logs["data"][at]["event_type"]).collect();
    assert_eq!(kinds, ["tls_server_hello", "tls_client_hello", "tcp_syn"]);
    let hello = &logs["data"][1]["fields"];
    assert_eq!(
        (&hello["sni"], &hello["dst_port"]),
        (&json!("b.decoy.example"), &json!(445))
    );
    assert_eq!(hello.get("src"), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_nothing_can_be_sent_to_is_told_before_anything_is_sniffed() {
    let service = Service::start(|_| {}).await;
    let url = serve(service.app.router()).await;
    let (code, out, err) = sniff_file_to(&url, "no token of ours", "openssl-tls12.pcap").await;
    assert_eq!((code, out.as_str()), (ExitCode::from(1), ""));
    assert_eq!(
        err,
        "error: the API refused the token with 401\nhelp: a token lasts a day: log in again\n"
    );
    // A port that was free a moment ago.
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let url = format!("http://{address}");
    let (code, out, err) = sniff_file_to(&url, "t", "openssl-tls12.pcap").await;
    assert_eq!((code, out.as_str()), (ExitCode::from(1), ""));
    for part in [
        &format!("caused by: cannot connect to `{address}`\n"),
        "help: is `decnet api` running there?\n",
    ] {
        assert!(err.contains(part), "{err}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_that_the_api_does_not_store_are_a_failure() {
    let deckies = get(|| async { axum::Json(json!([])) });
    let refuse = post(|| async { (StatusCode::BAD_REQUEST, axum::Json(json!({"index": 0}))) });
    let api = axum::Router::new()
        .route("/api/v1/deckies", deckies)
        .route("/api/v1/logs", refuse);
    let url = serve(api).await;
    let (code, out, err) = sniff_file_to(&url, "t", "openssl-tls12.pcap").await;
    assert_eq!(code, ExitCode::from(1), "{err}");
    assert_eq!(out.lines().count(), 3);
    for part in [
        "decnet: the API refused a log, which is left out\n",
        "error: 3 of 3 events were not stored by the API\nhelp: ",
    ] {
        assert!(err.contains(part), "{err}");
    }
}
