//! Server-sent events.

use axum::body::Body;
use axum::http::Method;
use futures_util::StreamExt;
use serde_json::{Value, json};

use crate::in_process::Service;
use crate::log;

/// One message of a stream: its id, its event, its data.
type Message = (i64, String, Value);

/// An open stream, read message by message.
struct Events {
    chunks: axum::body::BodyDataStream,
}

impl Events {
    async fn open(service: &Service, query: &str) -> Self {
        let path = format!("/api/v1/stream?{query}");
        let response = service
            .open(service.request(Method::GET, &path, Body::empty()))
            .await;
        assert_eq!(response.status().as_u16(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self {
            chunks: response.into_body().into_data_stream(),
        }
    }

    /// The next chunk as text; none at the end.
    async fn chunk(&mut self) -> Option<String> {
        let chunk = self.chunks.next().await?.expect("a stream does not fail");
        Some(String::from_utf8(chunk.to_vec()).expect("UTF-8"))
    }

    /// The next message, past comments.
    async fn message(&mut self) -> Option<Message> {
        loop {
            let chunk = self.chunk().await?;
            if chunk.starts_with(':') {
                continue;
            }
            let line = |name: &str| {
                let prefix = format!("{name}: ");
                let found = chunk.lines().find_map(|line| line.strip_prefix(&prefix));
                found
                    .unwrap_or_else(|| panic!("no {name} in {chunk}"))
                    .to_owned()
            };
            assert!(chunk.ends_with("\n\n"), "{chunk:?}");
            let data: Value = serde_json::from_str(&line("data")).expect("JSON");
            assert_eq!(data["type"], line("event"));
            return Some((
                line("id").parse().expect("an id"),
                line("event"),
                data["data"].clone(),
            ));
        }
    }

    /// The ids in the next message of logs.
    async fn logs(&mut self) -> Vec<i64> {
        loop {
            let (_, event, data) = self.message().await.expect("more messages");
            if event == "logs" {
                let logs = data.as_array().expect("logs").iter();
                return logs.map(|log| log["id"].as_i64().expect("an id")).collect();
            }
        }
    }
}

#[tokio::test]
async fn starts_with_a_comment_then_a_message_of_each_kind_and_ends_at_max_output() {
    let service = Service::start(|_| {}).await;
    service
        .post(
            "/api/v1/logs",
            &json!([log("ssh", "10.0.0.1"), log("ftp", "10.0.0.2")]),
        )
        .await;
    let mut events = Events::open(&service, "maxOutput=3").await;
    assert!(events.chunk().await.unwrap().starts_with(": "));
    let (id, event, data) = events.message().await.unwrap();
    assert_eq!(
        (id, event.as_str(), &data["total_logs"]),
        (2, "stats", &json!(2))
    );
    let (_, event, data) = events.message().await.unwrap();
    assert_eq!(
        (event.as_str(), &data[0]["count"]),
        ("histogram", &json!(2))
    );
    let (id, event, data) = events.message().await.unwrap();
    assert_eq!(
        (id, event.as_str(), data.as_array().unwrap().len()),
        (2, "logs", 2)
    );
    assert_eq!(data[0]["service"], "ssh", "oldest first");
    assert_eq!(events.chunk().await, None);
}

#[tokio::test]
async fn new_logs_arrive_as_they_are_committed() {
    let service = Service::start(|_| {}).await;
    let mut events = Events::open(&service, "").await;
    assert_eq!(events.logs().await, Vec::<i64>::new());
    for id in 1..=3 {
        service.post("/api/v1/logs", &log("ssh", "10.0.0.1")).await;
        assert_eq!(events.logs().await, [id]);
    }
}

#[tokio::test]
async fn resumes_after_the_last_event() {
    let service = Service::start(|_| {}).await;
    service
        .post("/api/v1/logs", &json!(vec![log("ssh", "10.0.0.1"); 5]))
        .await;
    let mut events = Events::open(&service, "lastEventId=3&maxOutput=3").await;
    assert_eq!(events.logs().await, [4, 5]);

    let mut request = service.request(Method::GET, "/api/v1/stream?maxOutput=3", Body::empty());
    request
        .headers_mut()
        .insert("last-event-id", "4".parse().unwrap());
    let chunks = service.open(request).await.into_body().into_data_stream();
    assert_eq!(Events { chunks }.logs().await, [5]);
}

#[tokio::test]
async fn a_long_absence_is_caught_up_with_message_by_message() {
    let service = Service::start(|_| {}).await;
    service
        .post("/api/v1/logs", &json!(vec![log("ssh", "10.0.0.1"); 250]))
        .await;
    let mut events = Events::open(&service, "lastEventId=0").await;
    assert_eq!(events.logs().await, (1..=100).collect::<Vec<_>>());
    assert_eq!(events.logs().await, (101..=200).collect::<Vec<_>>());
    assert_eq!(events.logs().await, (201..=250).collect::<Vec<_>>());
}

#[tokio::test]
async fn carries_only_what_the_filter_passes() {
    let service = Service::start(|_| {}).await;
    let mut events = Events::open(&service, "search=ftp&interval_minutes=1").await;
    assert_eq!(events.logs().await, Vec::<i64>::new());
    service
        .post(
            "/api/v1/logs",
            &json!([log("ssh", "10.0.0.1"), log("ftp", "10.0.0.1")]),
        )
        .await;
    assert_eq!(events.logs().await, [2]);
}

#[tokio::test]
async fn max_output_is_for_developers() {
    let service = Service::start(|config| config.developer = false).await;
    let mut events = Events::open(&service, "maxOutput=1").await;
    for kind in ["stats", "histogram", "logs"] {
        assert_eq!(events.message().await.unwrap().1, kind);
    }
}

#[tokio::test]
async fn says_that_it_lives_when_nothing_happens() {
    let service = Service::start(|config| {
        config.stream_keep_alive = std::time::Duration::from_millis(1);
    })
    .await;
    let mut events = Events::open(&service, "").await;
    events.logs().await;
    assert_eq!(events.chunk().await.as_deref(), Some(": keep-alive\n\n"));
    assert_eq!(events.chunk().await.as_deref(), Some(": keep-alive\n\n"));
}

#[tokio::test]
async fn ends_when_the_service_stops() {
    let service = Service::start(|_| {}).await;
    let mut events = Events::open(&service, "").await;
    events.logs().await;
    service.app.stop();
    assert_eq!(events.chunk().await, None);
}
