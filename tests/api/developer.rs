//! What the service says of itself to developers, and its writer's two ways.

use axum::http::StatusCode;
use decnet::config::Writing;
use serde_json::{Value, json};

use crate::in_process::Service;
use crate::log;

const METRICS: &str = "/api/v1/developer/metrics";

async fn writer(service: &Service) -> Value {
    let answer = service.get(METRICS).await;
    assert_eq!(answer.status, StatusCode::OK);
    answer.json()["writer"].clone()
}

/// Stores `batches` bodies of three logs, all at once.
async fn store(service: &Service, batches: usize) {
    let body = json!(vec![log("ssh", "203.0.113.9"); 3]);
    let posts = (0..batches).map(|_| service.post("/api/v1/logs", &body));
    for answer in futures_util::future::join_all(posts).await {
        assert_eq!(answer.status, StatusCode::CREATED);
    }
}

#[tokio::test]
async fn the_writer_counts_its_transactions_and_what_was_in_them() {
    let service = Service::start(|_| {}).await;
    let before = writer(&service).await;
    store(&service, 1).await;
    let after = writer(&service).await;
    let grown = |name: &str| after[name].as_u64().unwrap() - before[name].as_u64().unwrap();
    assert_eq!((grown("batches"), grown("writes")), (1, 3));
    assert_eq!(
        (&after["largest_batch"], &after["queue_depth"]),
        (&json!(3), &json!(0))
    );
}

#[tokio::test]
async fn a_naive_writer_shares_no_transaction_and_stores_the_same() {
    let service = Service::start(|config| config.writing = Writing::Naive).await;
    let before = writer(&service).await;
    store(&service, 20).await;
    let after = writer(&service).await;
    let grown = |name: &str| after[name].as_u64().unwrap() - before[name].as_u64().unwrap();
    assert_eq!((grown("batches"), grown("writes")), (20, 60));
    assert_eq!(after["largest_batch"], 3);
    let page = service.get("/api/v1/logs?limit=1").await.json();
    assert_eq!(page["total"], 60);
    assert_eq!(
        service.get("/api/v1/config").await.json()["db_writer"],
        "naive"
    );
}

#[tokio::test]
async fn counters_are_served_in_developer_mode_only() {
    let service = Service::start(|config| config.developer = false).await;
    let answer = service.get(METRICS).await;
    assert_eq!(
        (answer.status, answer.field().as_str()),
        (StatusCode::NOT_FOUND, "path")
    );
}
