//! What decnet does is seen in spans, by a collector in the test; and nothing is
//! where tracing is off.

use std::net::{Ipv4Addr, TcpListener};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::{Method, StatusCode};
use decnet::config::{Config, TracingSettings};
use serde_json::json;
use shakedown::Result;
use shakedown::fixtures::{Otlp, otlp, port};
use shakedown::otlp::{Behaviour, Kind, Span};

use crate::in_process::{Answer, Service};
use crate::log;

const LOGS: &str = "/api/v1/logs";
const LIMIT: Duration = Duration::from_secs(10);
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

/// A decnet that traces into `otlp` what it decides about by `ratio`.
async fn traced(otlp: &Otlp, ratio: f64) -> Service {
    let mut settings = TracingSettings::new(otlp.endpoint());
    settings.ratio = ratio;
    Service::start(|config: &mut Config| config.tracing = Some(settings)).await
}

/// Sends a request as somebody who traces, or explicitly does not.
async fn called(service: &Service, method: Method, path: &str, body: &str, flags: &str) -> Answer {
    let mut request = service.request(method, path, Body::from(body.to_owned()));
    let caller = format!("00-{TRACE}-b7ad6b7169203331-{flags}");
    let caller = caller.parse().expect("a header");
    request.headers_mut().insert("traceparent", caller);
    service.send(request).await
}

/// The one request that stored logs.
async fn stored(otlp: &Otlp) -> Result<Span> {
    let post = otlp.find().name("POST /api/v1/logs").kind(Kind::Server);
    post.seen_within(LIMIT).await
}

#[tokio::test]
async fn a_log_is_stored_below_its_request_and_by_a_commit_that_links_to_it() -> Result {
    let otlp = otlp();
    let service = traced(&otlp, 1.0).await;
    let answer = service
        .post(LOGS, &json!(vec![log("ssh", "203.0.113.9"); 3]))
        .await;
    assert_eq!(answer.status, StatusCode::CREATED);
    service.app.close().await;

    let request = stored(&otlp).await?;
    assert_eq!(
        otlp.trace(&request).outline(),
        "POST /api/v1/logs\n  INSERT logs"
    );
    assert_eq!(request.attribute("http.route"), Some(LOGS));
    assert_eq!(request.attribute("http.response.status_code"), Some("201"));
    assert_eq!(
        (request.service.as_str(), request.is_error),
        ("decnet-api", false)
    );
    let insert = otlp.find().child_of(&request).kind(Kind::Client);
    let insert = insert.attribute("db.system.name", "sqlite").assert_seen();
    assert_eq!(insert.attribute("decnet.rows"), Some("3"));
    assert!(insert.took <= request.took && insert.started >= request.started);
    let commit = otlp.find().name("commit").kind(Kind::Internal).is_root();
    let commit = commit.linked_to(&request).assert_seen();
    assert_eq!((commit.links.len(), commit.dropped_links), (1, 0));
    assert_eq!(commit.attribute("decnet.writes"), Some("3"));
    Ok(())
}

#[tokio::test]
async fn reading_a_log_links_to_the_request_that_stored_it() -> Result {
    let otlp = otlp();
    let service = traced(&otlp, 1.0).await;
    service.post(LOGS, &log("ssh", "203.0.113.9")).await;
    service.post(LOGS, &log("ftp", "203.0.113.9")).await;
    let page = service.get(LOGS).await.json();
    service.app.close().await;

    let read = otlp.find().name("GET /api/v1/logs").assert_seen();
    assert_eq!(
        otlp.trace(&read).outline(),
        "GET /api/v1/logs\n  SELECT logs"
    );
    let select = otlp
        .find()
        .name("SELECT logs")
        .child_of(&read)
        .assert_seen();
    let writes = otlp.find().name("POST /api/v1/logs").spans();
    assert_eq!(writes.len(), 2);
    for (write, log) in writes.iter().rev().zip(page["data"].as_array().unwrap()) {
        assert!(select.links_to(write), "{select}");
        assert_eq!(log["trace_id"], *write.trace_id);
        assert_eq!(log["span_id"], *write.span_id);
    }
    Ok(())
}

#[tokio::test]
async fn links_are_capped_and_those_left_out_counted() -> Result {
    let otlp = otlp();
    let service = traced(&otlp, 1.0).await;
    for _ in 0..70 {
        service.post(LOGS, &log("ssh", "203.0.113.9")).await;
    }
    service.get("/api/v1/logs?limit=100").await;
    service.app.close().await;
    let select = otlp.find().name("SELECT logs").assert_seen();
    assert_eq!((select.links.len(), select.dropped_links), (64, 6));
    Ok(())
}

#[tokio::test]
async fn a_sender_keeps_the_ids_it_gave_a_log() -> Result {
    let otlp = otlp();
    let service = traced(&otlp, 1.0).await;
    let mut own = log("ssh", "203.0.113.9");
    own["trace_id"] = json!("an id of the sender's own");
    service.post(LOGS, &own).await;
    let stored = service.get(LOGS).await.json()["data"][0].clone();
    service.app.close().await;
    assert_eq!(stored["trace_id"], "an id of the sender's own");
    assert_eq!(stored["span_id"], json!(null));
    let select = otlp.find().name("SELECT logs").assert_seen();
    assert!(select.links.is_empty(), "{select}");
    Ok(())
}

#[tokio::test]
async fn a_caller_decides_about_its_requests_whatever_the_ratio() -> Result {
    let otlp = otlp();
    let service = traced(&otlp, 0.0).await;
    called(&service, Method::GET, "/api/v1/stats", "", "00").await;
    service.get("/api/v1/bounty").await;
    assert_eq!(
        service.app.tracer().tally().unwrap().made,
        0,
        "no span was built"
    );
    called(&service, Method::GET, "/api/v1/attackers", "", "01").await;
    service.app.close().await;
    let request = otlp.find().kind(Kind::Server).in_trace(TRACE).assert_seen();
    assert_eq!(request.parent_id.as_deref(), Some("b7ad6b7169203331"));
    assert_eq!(
        otlp.trace(&request).outline(),
        "GET /api/v1/attackers\n  SELECT attackers"
    );
    assert_eq!(otlp.received(), 2);
    Ok(())
}

#[tokio::test]
async fn a_caller_that_does_not_trace_is_not_traced() -> Result {
    let otlp = otlp();
    let service = traced(&otlp, 1.0).await;
    called(&service, Method::GET, "/api/v1/stats", "", "00").await;
    service.app.close().await;
    otlp.find().name("GET /api/v1/stats").assert_unseen();
    otlp.find().name("POST /api/v1/auth/login").assert_seen();
    Ok(())
}

#[tokio::test]
async fn refusals_are_no_errors_and_strange_paths_no_names() -> Result {
    let otlp = otlp();
    let service = traced(&otlp, 1.0).await;
    service.post(LOGS, &json!({})).await;
    service.get("/strange/path").await;
    service.app.close().await;
    let refused = stored(&otlp).await?;
    assert_eq!(refused.attribute("http.response.status_code"), Some("400"));
    let strange = otlp
        .find()
        .attribute("http.response.status_code", 404)
        .assert_seen();
    assert_eq!(
        (strange.name.as_str(), strange.attribute("http.route")),
        ("GET", None)
    );
    otlp.find().is_error().assert_unseen();
    Ok(())
}

#[tokio::test]
async fn what_fails_inside_is_an_error_of_its_request_and_statement() -> Result {
    let otlp = otlp();
    let service = traced(&otlp, 1.0).await;
    service.app.repository().close().await;
    let answer = service.post(LOGS, &log("ssh", "203.0.113.9")).await;
    assert!(answer.status.is_server_error(), "{answer:?}");
    service.app.close().await;
    let request = otlp
        .find()
        .name("POST /api/v1/logs")
        .is_error()
        .assert_seen();
    let status = answer.status.as_str();
    assert_eq!(request.attribute("error.type"), Some(status));
    let insert = otlp.find().child_of(&request).is_error().assert_seen();
    assert_eq!(insert.attribute("error.type"), Some("closed"));
    Ok(())
}

#[tokio::test]
async fn every_span_is_accounted_for_and_shown_to_developers() -> Result {
    let otlp = otlp();
    let service = traced(&otlp, 1.0).await;
    for _ in 0..20 {
        service.get("/api/v1/stats").await;
    }
    let metrics = service.get("/api/v1/developer/metrics").await.json();
    assert!(metrics["tracing"]["made"].as_u64() >= Some(20), "{metrics}");
    otlp.behave(Behaviour::Rejects(2));
    service.get("/api/v1/bounty").await;
    service.app.close().await;
    let tally = service.app.tracer().tally().unwrap();
    assert_eq!(tally.exported, otlp.received());
    assert_eq!(tally.made, tally.exported + tally.dropped);
    assert!(tally.dropped >= 2 && tally.queue_full == 0, "{tally:?}");
    Ok(())
}

#[tokio::test]
async fn a_collector_that_refuses_costs_spans_and_no_request() -> Result {
    let otlp = Otlp::builder()
        .behaviour(Behaviour::Refuses("full".to_owned()))
        .start()?;
    let service = traced(&otlp, 1.0).await;
    let answer = service.post(LOGS, &log("ssh", "203.0.113.9")).await;
    assert_eq!(answer.status, StatusCode::CREATED);
    let notice = service.app.tracer().notice().await;
    assert!(
        notice.contains(otlp.endpoint()) && notice.contains("full"),
        "{notice}"
    );
    service.app.close().await;
    let tally = service.app.tracer().tally().unwrap();
    assert_eq!((tally.exported, tally.dropped), (0, tally.made));
    Ok(())
}

#[tokio::test]
async fn spans_that_a_collector_refuses_are_told_though_it_takes_the_others() -> Result {
    let otlp = Otlp::builder().behaviour(Behaviour::Rejects(1)).start()?;
    let service = traced(&otlp, 1.0).await;
    service.get("/api/v1/stats").await;
    let notice = service.app.tracer().notice().await;
    assert!(
        notice.contains(otlp.endpoint()) && notice.ends_with("the collector refused 1 span"),
        "{notice}"
    );
    service.app.close().await;
    let tally = service.app.tracer().tally().unwrap();
    assert_eq!(tally.queue_full, 0);
    assert_eq!(tally.made, tally.exported + tally.dropped);
    Ok(())
}

#[tokio::test]
async fn without_the_flag_there_is_no_exporter_no_connection_and_no_span() -> Result {
    let otlp = otlp();
    let service = Service::start(|_| {}).await;
    let answer = called(
        &service,
        Method::POST,
        LOGS,
        &log("ssh", "::1").to_string(),
        "01",
    )
    .await;
    assert_eq!(answer.status, StatusCode::CREATED);
    let stored = service.get(LOGS).await.json()["data"][0].clone();
    assert_eq!(
        (&stored["trace_id"], &stored["span_id"]),
        (&json!(null), &json!(null))
    );
    assert_eq!(service.app.tracer().tally(), None);
    assert_eq!(threads_called("decnet-otlp"), 0);
    let metrics = service.get("/api/v1/developer/metrics").await.json();
    assert_eq!(metrics.get("tracing"), None);
    service.app.close().await;
    assert_eq!(otlp.requests(), 0);
    Ok(())
}

#[tokio::test]
async fn with_the_flag_there_is_one_exporter_until_the_service_is_closed() -> Result {
    let otlp = otlp();
    let service = traced(&otlp, 1.0).await;
    assert_eq!(threads_called("decnet-otlp"), 1);
    service.app.close().await;
    assert_eq!(threads_called("decnet-otlp"), 0);
    Ok(())
}

/// The longest that a collector may hold up a stop.
const HELD_UP: Duration = Duration::from_secs(1);

/// Traces a request towards `endpoint`, where nobody takes spans, and stops.
async fn stops_without_a_collector(endpoint: &str) {
    let settings = TracingSettings::new(endpoint);
    let service = Service::start(|config: &mut Config| config.tracing = Some(settings)).await;
    let answer = service.post(LOGS, &log("ssh", "203.0.113.9")).await;
    assert_eq!(answer.status, StatusCode::CREATED);
    let asked = Instant::now();
    service.app.tracer().close().await;
    let took = asked.elapsed();
    assert!(took < HELD_UP, "{endpoint} held the stop up for {took:?}");
    let tally = service.app.tracer().tally().expect("it is traced");
    assert!(tally.made > 0, "{tally:?}");
    assert_eq!((tally.exported, tally.dropped), (0, tally.made));
}

#[tokio::test]
async fn a_collector_that_never_answers_holds_a_stop_up_for_less_than_a_second() -> Result {
    let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    stops_without_a_collector(&format!("http://{}", silent.local_addr()?)).await;
    Ok(())
}

#[tokio::test]
async fn a_closed_port_holds_a_stop_up_for_less_than_a_second() {
    let closed = port();
    stops_without_a_collector(&format!("http://127.0.0.1:{}", closed.number())).await;
}

#[tokio::test]
async fn a_name_that_nobody_knows_holds_a_stop_up_for_less_than_a_second() {
    stops_without_a_collector("http://collector.invalid:4317").await;
}

/// Threads of this process called `name`.
fn threads_called(name: &str) -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").expect("proc is mounted");
    let names = tasks.flatten().map(|task| {
        // A thread may end meanwhile.
        std::fs::read_to_string(task.path().join("comm")).unwrap_or_default()
    });
    names.filter(|thread| thread.trim() == name).count()
}
