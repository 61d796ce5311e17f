//! Whatever arrives where logs are expected, it is stored as sent or refused with words.

use axum::body::Body;
use axum::http::Method;
use decnet::intake::{self, LogError, Shape};
use decnet::model::Timestamp;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::in_process::Service;

/// Any JSON, a few levels deep.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            btree_map(any::<String>(), inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn name() -> impl Strategy<Value = String> {
    "[^\\p{Cc}]{1,128}"
}

fn timestamp() -> impl Strategy<Value = Timestamp> {
    (Timestamp::MIN.as_micros()..=Timestamp::MAX.as_micros())
        .prop_map(|micros| Timestamp::from_micros(micros).expect("in range"))
}

prop_compose! {
    /// A log that is accepted, with every field.
    fn valid_log()(
        timestamp in timestamp(),
        decky in name(),
        service in name(),
        event_type in name(),
        attacker_ip in any::<std::net::Ipv4Addr>(),
        raw_line in any::<String>(),
        fields in btree_map(any::<String>(), any_json(), 0..4),
        msg in any::<Option<String>>(),
        trace_id in proptest::option::of(".{0,64}"),
        span_id in proptest::option::of(".{0,64}"),
    ) -> Value {
        let fields: Map<String, Value> = fields.into_iter().collect();
        json!({
            "timestamp": timestamp.to_string(), "decky": decky, "service": service,
            "event_type": event_type, "attacker_ip": attacker_ip.to_string(),
            "raw_line": raw_line, "fields": fields, "msg": msg, "trace_id": trace_id,
            "span_id": span_id,
        })
    }
}

/// A valid log with one member replaced by, or added with, anything.
fn nearly_valid_log() -> impl Strategy<Value = Value> {
    let names = [
        "timestamp",
        "decky",
        "service",
        "event_type",
        "attacker_ip",
        "raw_line",
        "fields",
        "msg",
        "trace_id",
        "span_id",
        "id",
        "",
    ];
    (
        valid_log(),
        proptest::sample::select(names.to_vec()),
        any_json(),
    )
        .prop_map(|(mut log, name, value)| {
            log[name] = value;
            log
        })
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
}

/// A refusal says where and what.
fn check(result: &Result<Vec<decnet::model::NewLog>, LogError>) {
    if let Err(LogError::Invalid { field, problem, .. }) = result {
        assert!(!field.is_empty() && !problem.is_empty(), "{result:?}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(body in vec(any::<u8>(), 0..256)) {
        for shape in [Shape::Json, Shape::Lines] {
            check(&intake::parse(&body, shape, Timestamp::now()));
        }
    }

    #[test]
    fn any_text_around_a_log_is_read_or_refused(before in "[\\[{\\s]*", log in valid_log(), after in "\\PC{0,8}") {
        let body = format!("{before}{log}{after}");
        for shape in [Shape::Json, Shape::Lines] {
            check(&intake::parse(body.as_bytes(), shape, Timestamp::now()));
        }
    }

    #[test]
    fn an_array_and_lines_mean_the_same(logs in vec(prop_oneof![valid_log(), nearly_valid_log()], 1..5)) {
        let now = Timestamp::now();
        let array = intake::parse(Value::from(logs.clone()).to_string().as_bytes(), Shape::Json, now);
        let lines: String = logs.iter().map(|log| format!("{log}\n")).collect();
        prop_assert_eq!(&array, &intake::parse(lines.as_bytes(), Shape::Lines, now));
        if logs.len() > 1 {
            prop_assert_eq!(&array, &intake::parse(lines.as_bytes(), Shape::Json, now));
        }
        check(&array);
    }

    #[test]
    fn a_valid_log_is_answered_as_it_was_sent(logs in vec(valid_log(), 1..8)) {
        runtime().block_on(async {
            let service = Service::start(|_| {}).await;
            let answer = service.post("/api/v1/logs", &json!(logs)).await;
            assert_eq!(answer.status.as_u16(), 201, "{answer:?}");
            let page = service.get("/api/v1/logs?limit=1000").await.json();
            let mut stored = page["data"].as_array().expect("logs").clone();
            stored.sort_by_key(|log| log["id"].as_i64());
            for (stored, sent) in stored.iter_mut().zip(&logs) {
                stored.as_object_mut().expect("a log").remove("id");
                assert_eq!(stored, sent);
            }
            assert_eq!(page["total"], logs.len());
            service.app.close().await;
        });
    }

    #[test]
    fn a_body_of_any_json_is_stored_or_refused_by_name(
        bodies in vec(prop_oneof![any_json(), nearly_valid_log(), vec(nearly_valid_log(), 0..3).prop_map(Value::from)], 1..16),
    ) {
        runtime().block_on(async {
            let service = Service::start(|_| {}).await;
            let mut stored = 0;
            for body in bodies {
                for path in ["/api/v1/logs", "/api/v1/auth/login"] {
                    let request = service.request(Method::POST, path, Body::from(body.to_string()));
                    let answer = service.send(request).await;
                    match answer.status.as_u16() {
                        201 => stored += answer.json()["ids"].as_array().map_or(0, Vec::len),
                        400 | 401 | 422 => assert!(!answer.field().is_empty()),
                        status => panic!("{status} for {body}: {answer:?}"),
                    }
                }
            }
            let stats = service.get("/api/v1/stats").await.json();
            assert_eq!(stats["total_logs"], stored, "what was refused is not stored");
            service.app.close().await;
        });
    }
}
