//! The collector against an API that fails in every way.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use decnet::collector::{Collector, Delivery, Endpoint, Settings};
use decnet::decoy::{Decoy, EventSink, Limits, Persona, Service};
use serde_json::{Value, json};
use shakedown::fixtures::poll;
use tokio::net::{TcpListener, TcpStream};

/// Answers to give before all is well, and the batches that came.
#[derive(Debug, Default)]
struct Script {
    answers: Vec<(StatusCode, Value)>,
    batches: Vec<Vec<Value>>,
    tokens: Vec<String>,
}

type Shared = Arc<Mutex<Script>>;

/// An API that answers `answers`, in turn, then stores everything.
async fn api(answers: &[(u16, Value)]) -> (Shared, String) {
    let answers = answers.iter().rev();
    let script = Arc::new(Mutex::new(Script {
        answers: answers
            .map(|(status, body)| (StatusCode::from_u16(*status).unwrap(), body.clone()))
            .collect(),
        ..Script::default()
    }));
    let router = Router::new()
        .route("/api/v1/logs", post(store))
        .with_state(script.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (script, url)
}

async fn store(
    State(script): State<Shared>,
    headers: HeaderMap,
    Json(batch): Json<Vec<Value>>,
) -> (StatusCode, Json<Value>) {
    let mut script = script.lock().unwrap();
    let token = headers["authorization"].to_str().unwrap().to_owned();
    script.tokens.push(token);
    script.batches.push(batch);
    let answer = script.answers.pop();
    let (status, body) = answer.unwrap_or((StatusCode::CREATED, json!({"ids": []})));
    (status, Json(body))
}

fn collector(url: &str, settings: Settings) -> (Arc<Collector>, Delivery) {
    Collector::start(Endpoint::new(url, "secret").unwrap(), settings)
}

/// Pauses so short that no test waits for them.
fn hasty() -> Settings {
    Settings {
        batch_max_wait: Duration::from_millis(20),
        first_pause: Duration::from_millis(1),
        longest_pause: Duration::from_millis(10),
        ..Settings::default()
    }
}

/// Real events, one per connection to a decoy.
async fn events(sink: Arc<dyn EventSink>, count: usize) {
    let address = "127.0.0.1:0".parse().unwrap();
    let (sender, mut events) = tokio::sync::mpsc::unbounded_channel();
    let limits = Limits::default();
    let decoy = Decoy::start(
        Service::Ftp,
        address,
        Persona::numbered(1),
        limits,
        Arc::new(sender),
    )
    .unwrap();
    for _ in 0..count {
        drop(TcpStream::connect(decoy.address()).await.unwrap());
        let mut event = events.recv().await.unwrap();
        while event.event_type != "connection" {
            event = events.recv().await.unwrap();
        }
        sink.record(event);
    }
}

#[tokio::test]
async fn events_arrive_in_order_as_logs_with_the_token() {
    let (script, url) = api(&[]).await;
    let (sink, delivery) = collector(&url, hasty());
    events(sink, 3).await;
    let tally = delivery.finish(Duration::from_secs(10)).await;
    assert_eq!((tally.recorded, tally.stored, tally.waiting), (3, 3, 0));
    let script = script.lock().unwrap();
    assert!(script.tokens.iter().all(|token| token == "Bearer secret"));
    let logs = script.batches.concat();
    let log = logs[0].as_object().unwrap();
    assert_eq!(
        (&log["decky"], &log["service"]),
        (&json!("decky-01"), &json!("ftp"))
    );
    assert_eq!(log["event_type"], "connection");
    let ports: Vec<_> = logs
        .iter()
        .map(|log| log["fields"]["port"].clone())
        .collect();
    assert_eq!(ports.len(), 3);
    let times: Vec<_> = logs
        .iter()
        .map(|log| log["timestamp"].to_string())
        .collect();
    assert!(times.is_sorted(), "{times:?}");
}

#[tokio::test]
async fn an_api_that_is_down_is_tried_until_it_is_up() {
    // A port that was free a moment ago.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let (sink, mut delivery) = collector(&format!("http://{address}"), hasty());
    events(sink, 2).await;
    let notice = delivery.notice().await;
    assert!(notice.contains("cannot connect to"), "{notice}");
    let (script, url) = api(&[(503, json!({})), (500, json!({})), (401, json!({}))]).await;
    drop(delivery);
    let (sink, mut delivery) = collector(&url, hasty());
    events(sink, 2).await;
    let notice = delivery.notice().await;
    assert!(notice.contains("503"), "{notice}");
    let notice = delivery.notice().await;
    assert!(notice.contains("again"), "told once per outage: {notice}");
    let tally = delivery.finish(Duration::from_secs(10)).await;
    assert_eq!((tally.stored, tally.waiting), (2, 0));
    assert!(script.lock().unwrap().batches.len() >= 4);
}

#[tokio::test]
async fn a_log_that_the_api_refuses_does_not_hold_up_the_others() {
    let refusal = (400, json!({"error": "no", "field": "decky", "index": 1}));
    let (script, url) = api(&[refusal, (413, json!({}))]).await;
    let settings = Settings {
        batch_max_wait: Duration::from_secs(10),
        batch_size: 4,
        ..hasty()
    };
    let (sink, delivery) = collector(&url, settings);
    events(sink, 4).await;
    let tally = delivery.finish(Duration::from_secs(10)).await;
    assert_eq!((tally.stored, tally.refused, tally.waiting), (3, 1, 0));
    let lengths: Vec<_> = script
        .lock()
        .unwrap()
        .batches
        .iter()
        .map(Vec::len)
        .collect();
    // All; without the one that was refused; and that in halves.
    assert_eq!(lengths, [4, 3, 1, 2]);
}

#[tokio::test]
async fn a_full_queue_drops_and_counts_and_never_blocks() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    // Takes connections, and never answers.
    let url = format!("http://{}", listener.local_addr().unwrap());
    let settings = Settings {
        capacity: 4,
        batch_size: 1,
        ..hasty()
    };
    let (sink, delivery) = collector(&url, settings);
    events(sink.clone(), 20).await;
    poll::until_async(async || sink.tally().recorded == 20).await;
    let tally = delivery.finish(Duration::from_millis(50)).await;
    assert_eq!(tally.stored, 0);
    // One is being sent, four wait.
    assert_eq!((tally.dropped, tally.waiting), (15, 5));
}

#[tokio::test]
async fn an_answer_that_is_no_http_is_no_acknowledgement() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let answer = b"220 ready\r\n";
            drop(tokio::io::AsyncWriteExt::write_all(&mut stream, answer).await);
        }
    });
    let (sink, mut delivery) = collector(&url, hasty());
    events(sink, 1).await;
    let notice = delivery.notice().await;
    assert!(notice.contains("did not answer"), "{notice}");
    let tally = delivery.finish(Duration::from_millis(50)).await;
    assert_eq!((tally.stored, tally.waiting), (0, 1));
}
