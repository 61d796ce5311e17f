//! Storing logs: one, an array, lines; all or nothing.

use axum::body::Body;
use axum::http::{Method, StatusCode};
use decnet::api::App;
use serde_json::{Value, json};

use crate::in_process::{Answer, Service, config};
use crate::log;

const LOGS: &str = "/api/v1/logs";

async fn send_as(service: &Service, kind: &str, body: impl Into<Body>) -> Answer {
    let mut request = service.request(Method::POST, LOGS, body.into());
    request
        .headers_mut()
        .insert("content-type", kind.parse().expect("a header value"));
    service.send(request).await
}

#[tokio::test]
async fn a_log_is_stored_with_every_field() {
    let service = Service::start(|_| {}).await;
    let mut sent = json!({
        "timestamp": "2026-03-01T12:00:00.123456+02:00", "decky": "web-1", "service": "ssh",
        "event_type": "login", "attacker_ip": "203.0.113.9", "raw_line": "a\u{0}b\nc",
        "fields": {"username": "root", "n": [1, null, {"x": true}]}, "msg": "émis",
        "trace_id": "t", "span_id": "s",
    });
    let answer = service.post(LOGS, &sent).await;
    assert_eq!(
        (answer.status, answer.json()),
        (StatusCode::CREATED, json!({"ids": [1]}))
    );
    sent["id"] = 1.into();
    sent["timestamp"] = "2026-03-01T10:00:00.123456Z".into();
    assert_eq!(service.get(LOGS).await.json()["data"], json!([sent]));
}

#[tokio::test]
async fn optional_fields_have_defaults() {
    let service = Service::start(|_| {}).await;
    let before = decnet::model::Timestamp::now();
    let mut sent = log("ssh", "203.0.113.9");
    for name in [
        "timestamp",
        "raw_line",
        "fields",
        "msg",
        "trace_id",
        "span_id",
    ] {
        sent[name] = Value::Null;
    }
    service
        .post(LOGS, &json!([log("ssh", "203.0.113.9"), sent]))
        .await;
    for stored in service.get(LOGS).await.json()["data"].as_array().unwrap() {
        let time = decnet::model::Timestamp::parse(stored["timestamp"].as_str().unwrap()).unwrap();
        assert!(
            before <= time && time <= decnet::model::Timestamp::now(),
            "{stored}"
        );
        assert_eq!(
            (&stored["raw_line"], &stored["fields"]),
            (&json!(""), &json!({}))
        );
        assert_eq!(
            (&stored["msg"], &stored["trace_id"]),
            (&Value::Null, &Value::Null)
        );
    }
}

#[tokio::test]
async fn an_array_and_lines_answer_an_id_per_log_in_order() {
    let service = Service::start(|_| {}).await;
    let batch = json!([
        log("a", "10.0.0.1"),
        log("b", "10.0.0.2"),
        log("c", "10.0.0.3")
    ]);
    assert_eq!(
        service.post(LOGS, &batch).await.json(),
        json!({"ids": [1, 2, 3]})
    );
    let lines = format!("{}\r\n\n{}\n", log("d", "10.0.0.1"), log("e", "10.0.0.1"));
    for kind in [
        "application/x-ndjson",
        "application/jsonl; charset=utf-8",
        "application/json",
    ] {
        let answer = send_as(&service, kind, lines.clone()).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{kind}: {answer:?}");
    }
    let stored = service.get(LOGS).await.json();
    let services: Vec<_> = stored["data"]
        .as_array()
        .unwrap()
        .iter()
        .rev()
        .map(|log| log["service"].clone())
        .collect();
    assert_eq!(
        json!(services),
        json!(["a", "b", "c", "d", "e", "d", "e", "d", "e"])
    );
}

#[tokio::test]
async fn an_empty_array_stores_nothing() {
    let service = Service::start(|_| {}).await;
    assert_eq!(
        service.post(LOGS, &json!([])).await.json(),
        json!({"ids": []})
    );
    assert_eq!(service.get("/api/v1/stats").await.json()["total_logs"], 0);
}

#[tokio::test]
async fn a_bad_log_is_named_by_index_and_field_and_nothing_is_stored() {
    let service = Service::start(|_| {}).await;
    let with = |name: &str, value: Value| {
        let mut log = log("ssh", "10.0.0.1");
        log[name] = value;
        log
    };
    let mut without = log("ssh", "10.0.0.1");
    without.as_object_mut().unwrap().remove("decky");
    for (bad, field) in [
        (without, "decky"),
        (with("decky", json!("")), "decky"),
        (with("decky", json!("a\nb")), "decky"),
        (with("decky", json!("a\u{0}b")), "decky"),
        (with("decky", json!("x".repeat(129))), "decky"),
        (with("service", json!(22)), "service"),
        (with("event_type", Value::Null), "event_type"),
        (with("attacker_ip", json!("example.org")), "attacker_ip"),
        (with("attacker_ip", json!("1.2.3")), "attacker_ip"),
        (with("timestamp", json!("yesterday")), "timestamp"),
        (with("timestamp", json!(1_700_000_000)), "timestamp"),
        (with("fields", json!([1])), "fields"),
        (with("fields", json!({"x": "y".repeat(70_000)})), "fields"),
        (with("raw_line", json!("y".repeat(70_000))), "raw_line"),
        (with("msg", json!({})), "msg"),
        (with("trace_id", json!("y".repeat(65))), "trace_id"),
        (with("colour", json!("red")), "colour"),
        (with("id", json!(7)), "id"),
        (with("", json!(7)), "body"),
        (with(&"é".repeat(100), json!(7)), &"é".repeat(64)),
        (json!("text"), "body"),
        (json!([]), "body"),
    ] {
        let batch = json!([log("ssh", "10.0.0.1"), log("ssh", "10.0.0.2"), bad, bad]);
        let answer = service.post(LOGS, &batch).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{bad}");
        assert_eq!(
            (answer.field().as_str(), &answer.json()["index"]),
            (field, &json!(2)),
            "{bad}"
        );
        let lines: String = batch
            .as_array()
            .unwrap()
            .iter()
            .map(|log| format!("{log}\n"))
            .collect();
        let answer = send_as(&service, "application/x-ndjson", lines).await;
        assert_eq!(
            (answer.field().as_str(), &answer.json()["index"]),
            (field, &json!(2)),
            "{bad}"
        );
    }
    let stats = service.get("/api/v1/stats").await.json();
    assert_eq!(
        (&stats["total_logs"], &stats["unique_attackers"]),
        (&json!(0), &json!(0))
    );
}

#[tokio::test]
async fn a_body_that_is_not_logs_is_refused_with_words() {
    let service = Service::start(|_| {}).await;
    let valid = log("ssh", "10.0.0.1").to_string();
    let twice = valid.replacen('{', "{\"decky\":\"a\",", 1);
    let surrogate = valid.replace("probe", "\\ud800");
    let number = valid.replacen('{', "{\"fields\":{\"n\":1e999},", 1);
    let deep = valid.replacen('{', &format!("{{\"fields\":{},", "[".repeat(10_000)), 1);
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (b"".to_vec(), "body"),
        (b" \n ".to_vec(), "body"),
        (b"nonsense".to_vec(), "body"),
        (b"[".to_vec(), "body"),
        (b"[1,".to_vec(), "body"),
        (b"\xff\xfe".to_vec(), "body"),
        (b"null".to_vec(), "body"),
        (format!("[{valid}] x").into_bytes(), "body"),
        (format!("{valid} x").into_bytes(), "body"),
        (twice.clone().into_bytes(), "decky"),
        (format!("[{twice}]").into_bytes(), "decky"),
        (surrogate.into_bytes(), "body"),
        (number.into_bytes(), "body"),
        (deep.into_bytes(), "body"),
        (valid.replace("probe", "a\0b").into_bytes(), "body"),
    ];
    for (body, field) in cases {
        let shown = String::from_utf8_lossy(&body[..body.len().min(80)]).into_owned();
        let answer = send_as(&service, "application/json", body).await;
        assert_eq!(
            answer.status,
            StatusCode::BAD_REQUEST,
            "{shown}: {answer:?}"
        );
        assert_eq!(answer.field(), field, "{shown}: {answer:?}");
    }
    assert_eq!(service.get("/api/v1/stats").await.json()["total_logs"], 0);
}

#[tokio::test]
async fn a_body_over_a_limit_is_too_large() {
    let service = Service::start(|config| config.body_limit = 2_000_000).await;
    let large = send_as(&service, "application/json", vec![b' '; 2_000_001]).await;
    assert_eq!(
        (large.status.as_u16(), large.field().as_str()),
        (413, "body")
    );

    let chunks = futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>(vec![b' '; 65_536]));
    let endless = send_as(&service, "application/json", Body::from_stream(chunks)).await;
    assert_eq!(
        (endless.status.as_u16(), endless.field().as_str()),
        (413, "body")
    );

    let log = log("s", "10.0.0.1").to_string();
    let many = vec![log.as_str(); 10_001];
    let array = send_as(
        &service,
        "application/json",
        format!("[{}]", many.join(",")),
    )
    .await;
    assert_eq!(
        (array.status.as_u16(), array.field().as_str()),
        (413, "body")
    );
    let lines = send_as(&service, "application/x-ndjson", many.join("\n")).await;
    assert_eq!(
        (lines.status.as_u16(), lines.field().as_str()),
        (413, "body")
    );

    let most = send_as(&service, "application/x-ndjson", many[1..].join("\n")).await;
    assert_eq!(most.status, StatusCode::CREATED);
    assert_eq!(
        service.get("/api/v1/stats").await.json()["total_logs"],
        10_000
    );
}

#[tokio::test]
async fn only_json_is_taken() {
    let service = Service::start(|_| {}).await;
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "json",
        "",
    ] {
        let answer = send_as(&service, kind, log("ssh", "10.0.0.1").to_string()).await;
        assert_eq!(
            (answer.status.as_u16(), answer.field().as_str()),
            (415, "content-type")
        );
    }
}

#[tokio::test]
async fn two_spellings_of_an_address_are_one_attacker() {
    let service = Service::start(|_| {}).await;
    let batch = json!([
        log("ssh", "2001:db8::1"),
        log("ssh", "2001:0DB8:0:0:0:0:0:1"),
        log("ssh", "::ffff:10.0.0.1"),
        log("ssh", "10.0.0.1"),
    ]);
    service.post(LOGS, &batch).await;
    assert_eq!(
        service.get("/api/v1/stats").await.json()["unique_attackers"],
        2
    );
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let service = Service::start(|config| {
        *config = self::config(directory.path());
    })
    .await;
    service
        .post(
            LOGS,
            &json!([log("ssh", "10.0.0.1"), log("ftp", "10.0.0.2")]),
        )
        .await;
    service.app.close().await;
    let left: Vec<_> = std::fs::read_dir(directory.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "the WAL was folded in: {left:?}");

    let again = App::open(config(directory.path())).await.unwrap();
    let stats = again.repository().statistics().await.unwrap();
    assert_eq!((stats.total_logs, stats.unique_attackers), (2, 2));
    let paging = decnet::model::Paging {
        limit: 10,
        offset: 0,
    };
    let page = again
        .repository()
        .attackers(Default::default(), paging)
        .await
        .unwrap();
    assert_eq!(page.total, 2);
    again.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn posts_at_the_same_time_all_get_ids_of_their_own() {
    let service = Service::start(|_| {}).await;
    let posts = (0..200).map(|n| {
        let batch = json!([log("ssh", "10.0.0.1"), log("ssh", &format!("10.0.1.{n}"))]);
        let service = &service;
        async move { service.post(LOGS, &batch).await.json()["ids"].clone() }
    });
    let mut ids: Vec<i64> = Vec::new();
    for answered in futures_util::future::join_all(posts).await {
        let answered: Vec<i64> = serde_json::from_value(answered).unwrap();
        assert_eq!(
            answered[1],
            answered[0] + 1,
            "a batch is stored in one piece"
        );
        ids.extend(answered);
    }
    ids.sort_unstable();
    assert_eq!(ids, (1..=400).collect::<Vec<i64>>());
    let first = service
        .get("/api/v1/attackers?sort_by=active&limit=1")
        .await
        .json();
    assert_eq!(first["data"][0]["event_count"], 200);
}
