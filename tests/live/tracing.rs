//! Tracing in real processes: on, off, and with a collector that is not there.

use std::net::{Ipv4Addr, TcpListener};
use std::time::Duration;

use serde_json::json;
use shakedown::Result;
use shakedown::fixtures::{otlp, port};
use shakedown::otlp::Kind;

use crate::trap::{Trap, Watch};

const LIMIT: Duration = Duration::from_secs(15);
/// Requests may take a second to finish, then spans one to be exported; an
/// exporter's usual patience is ten.
const STOP: Duration = Duration::from_secs(6);
const ON: (&str, &str) = ("DECNET_DEVELOPER_TRACING", "true");

async fn store(watch: &Watch) -> Result {
    let log = json!({ "decky": "web-1", "service": "ssh", "event_type": "login",
                      "attacker_ip": "203.0.113.9" });
    reqwest::Client::new()
        .post(format!("{}/api/v1/logs", watch.server.url()))
        .bearer_auth(&watch.token)
        .json(&log)
        .send()
        .await?
        .error_for_status()?;
    Ok(())
}

/// The names of the threads of `pid`.
pub(crate) fn threads(pid: u32) -> Vec<String> {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task"));
    let tasks = tasks.into_iter().flatten().flatten();
    let names = tasks.flat_map(|task| std::fs::read_to_string(task.path().join("comm")));
    names.map(|name| name.trim().to_owned()).collect()
}

/// Stops the API; its last words.
fn stop(watch: &mut Watch) -> Result<String> {
    let process = watch.server.process();
    let status = process.terminate(STOP)?;
    let log = process.log_tail(20);
    assert!(status.success(), "{status}\n{log}");
    Ok(log)
}

#[tokio::test]
async fn the_last_spans_are_exported_before_the_process_ends() -> Result {
    let otlp = otlp();
    let endpoint = ("DECNET_OTEL_ENDPOINT", otlp.endpoint());
    let mut watch = Watch::start_in(&[ON, endpoint]).await?;
    assert!(threads(watch.server.pid()).contains(&"decnet-otlp".to_owned()));
    for _ in 0..50 {
        store(&watch).await?;
    }
    let log = stop(&mut watch)?;
    let stored = otlp.find().name("POST /api/v1/logs").kind(Kind::Server);
    assert_eq!(stored.count(), 50);
    let received = otlp.received();
    let tally = format!("decnet: {received} spans, {received} exported, 0 dropped");
    assert!(log.contains(&tally), "{tally}\n{log}");
    Ok(())
}

#[tokio::test]
async fn a_share_of_requests_is_traced_whole() -> Result {
    let otlp = otlp();
    let endpoint = ("DECNET_OTEL_ENDPOINT", otlp.endpoint());
    let ratio = ("DECNET_OTEL_SAMPLE_RATIO", "0.2");
    let mut watch = Watch::start_in(&[ON, endpoint, ratio]).await?;
    for _ in 0..400 {
        store(&watch).await?;
    }
    stop(&mut watch)?;
    let requests = otlp.find().name("POST /api/v1/logs").count();
    // Eight standard deviations from 80 are 64.
    assert!((16..=144).contains(&requests), "{requests}");
    assert_eq!(otlp.find().name("INSERT logs").count(), requests);
    assert_eq!(otlp.find().name("commit").count(), requests);
    Ok(())
}

#[tokio::test]
async fn what_a_decoy_saw_is_one_trace_from_its_post_to_the_store() -> Result {
    let otlp = otlp();
    let endpoint = ("DECNET_OTEL_ENDPOINT", otlp.endpoint());
    let trap = Trap::set_in("http", &[ON, endpoint]).await?;
    let decoy = format!("http://{}:{}/secret", trap.host(), trap.port());
    reqwest::get(decoy).await?;
    let log = trap
        .watch
        .saw("http", "request", &[("path", "/secret")])
        .await;
    let sent = otlp.find().service("decnet-decoy").kind(Kind::Client);
    let sent = sent.name("POST /api/v1/logs").is_root();
    let sent = sent.seen_within(LIMIT).await?;
    let taken = otlp.find().service("decnet-api").child_of(&sent);
    let taken = taken.seen_within(LIMIT).await?;
    assert_eq!(
        otlp.trace(&sent).outline(),
        "POST /api/v1/logs\n  POST /api/v1/logs\n    INSERT logs"
    );
    assert_eq!(
        (&log["trace_id"], &log["span_id"]),
        (&json!(taken.trace_id), &json!(taken.span_id))
    );
    trap.spring()
}

#[tokio::test]
async fn without_the_flag_no_thread_starts_and_nothing_connects() -> Result {
    let collector = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    collector.set_nonblocking(true)?;
    let endpoint = format!("http://{}", collector.local_addr()?);
    let endpoint = ("DECNET_OTEL_ENDPOINT", endpoint.as_str());
    let mut watch = Watch::start_in(&[endpoint]).await?;
    store(&watch).await?;
    let names = threads(watch.server.pid());
    assert!(names.contains(&"decnet-writer".to_owned()), "{names:?}");
    assert!(!names.contains(&"decnet-otlp".to_owned()), "{names:?}");
    let log = stop(&mut watch)?;
    assert!(!log.contains("spans"), "{log}");
    let refused = collector.accept().expect_err("somebody connected");
    assert_eq!(refused.kind(), std::io::ErrorKind::WouldBlock);
    Ok(())
}

/// Stores a log while nobody takes spans at `endpoint`, and stops.
async fn stores_without_a_collector(endpoint: &str) -> Result<String> {
    let mut watch = Watch::start_in(&[ON, ("DECNET_OTEL_ENDPOINT", endpoint)]).await?;
    for _ in 0..20 {
        store(&watch).await?;
    }
    assert_eq!(watch.get("stats").await?["total_logs"], 20);
    stop(&mut watch)
}

#[tokio::test]
async fn a_closed_port_costs_a_warning_and_no_request() -> Result {
    let closed = port();
    let endpoint = format!("http://127.0.0.1:{}", closed.number());
    let log = stores_without_a_collector(&endpoint).await?;
    let warning = format!("cannot export spans to {endpoint}, requests are answered all the same");
    assert!(log.contains(&warning), "{log}");
    assert!(log.contains(" spans, 0 exported, "), "{log}");
    assert!(!log.contains(" 0 dropped"), "{log}");
    Ok(())
}

#[tokio::test]
async fn a_collector_that_accepts_and_never_answers_costs_no_request_either() -> Result {
    let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let log = stores_without_a_collector(&format!("http://{}", silent.local_addr()?)).await?;
    assert!(log.contains(" spans, 0 exported, "), "{log}");
    assert!(!log.contains(" 0 dropped"), "{log}");
    Ok(())
}
