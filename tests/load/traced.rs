//! Requests that carry a trace id of the generator's, and the slowest of them.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::http::HeaderMap;
use axum::routing::get;
use decnet::trace::TraceContext;
use shakedown::stress::goose::prelude::*;
use shakedown::stress::{Call, Limits, Progress, Record, Run, Stress};

use crate::counts::small;

/// The `traceparent` headers that a server saw, and how many requests.
#[derive(Debug, Default)]
struct Seen {
    headers: Vec<String>,
    requests: usize,
}

async fn server() -> (String, Arc<Mutex<Seen>>) {
    let seen = Arc::<Mutex<Seen>>::default();
    let shared = Arc::clone(&seen);
    let answer = async move |headers: HeaderMap| {
        let mut seen = shared.lock().unwrap();
        seen.requests += 1;
        let header = headers.get("traceparent");
        let header = header.map(|value| value.to_str().unwrap().to_owned());
        seen.headers.extend(header);
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().route("/ok", get(answer));
    tokio::spawn(async { axum::serve(listener, router).await });
    (url, seen)
}

async fn ask(user: &mut GooseUser) -> TransactionResult {
    Call::get("/ok").send(user).await?;
    Ok(())
}

async fn run(url: &str, share: f64) -> Run {
    let mut knobs = small(3);
    knobs.trace = share;
    Stress::against(url)
        .scenarios(vec![
            scenario!("ask").register_transaction(transaction!(ask)),
        ])
        .knobs(knobs)
        .progress(Progress::Off)
        .run()
        .await
        .unwrap()
}

/// The ids of a header that asks to be recorded.
#[track_caller]
fn ids(header: &str) -> (String, String) {
    let context = TraceContext::from_traceparent(header.as_bytes());
    let context = context.unwrap_or_else(|| panic!("`{header}` is no traceparent"));
    assert!(context.is_sampled(), "{header}");
    (context.trace_id(), context.span_id())
}

#[tokio::test]
async fn every_request_has_a_trace_of_its_own_and_the_slowest_are_in_the_record() {
    let (url, seen) = server().await;
    let run = run(&url, 1.0).await;
    let seen = seen.lock().unwrap();
    let traces: BTreeSet<String> = seen.headers.iter().map(|header| ids(header).0).collect();
    assert_eq!(
        (traces.len(), seen.headers.len()),
        (seen.requests, seen.requests)
    );

    let endpoint = &run.record().endpoints[0];
    assert_eq!(endpoint.slowest.len(), 10);
    assert!(
        endpoint
            .slowest
            .iter()
            .all(|slow| traces.contains(&slow.trace_id))
    );
    assert!(endpoint.slowest.is_sorted_by(|a, b| a.took_ms >= b.took_ms));
    assert!((endpoint.slowest[0].took_ms - endpoint.measured.max_ms).abs() < 0.001);
    let verdict = run.verdict(&Limits::default()).unwrap().to_string();
    assert!(verdict.contains(&endpoint.slowest[0].trace_id), "{verdict}");
}

#[tokio::test]
async fn a_share_of_the_requests_carries_a_trace_and_by_default_none_does() {
    let (url, seen) = server().await;
    let _run = run(&url, 0.1).await;
    let (traced, requests) = {
        let seen = seen.lock().unwrap();
        (seen.headers.len(), seen.requests)
    };
    assert!(
        requests > 100 && traced > 0 && traced < requests / 2,
        "{traced} of {requests}"
    );

    let (url, seen) = server().await;
    let run = run(&url, 0.0).await;
    assert_eq!(seen.lock().unwrap().headers, Vec::<String>::new());
    assert!(run.record().endpoints[0].slowest.is_empty());
    let json = serde_json::to_string(run.record()).unwrap();
    assert!(
        !json.contains("slowest"),
        "a run that was not traced says nothing of it"
    );
}

#[test]
fn records_of_runs_before_there_were_traces_are_read() {
    let path = "development/profiles/2026-11-22/profile_1500_dashboard_database-sqlite_tracing-off_dirty_f9764be.json";
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let record: Record = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    assert!(
        record
            .endpoints
            .iter()
            .all(|endpoint| endpoint.slowest.is_empty())
    );
}
