//! Reading logs and the histogram: filters, order, paging, and freshness.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::in_process::Service;
use crate::{log, model};

const LOGS: &str = "/api/v1/logs";

/// Five logs, an hour apart and not stored in order of time.
async fn filled() -> Service {
    let service = Service::start(|_| {}).await;
    let at = |hour: u32, service: &str, msg: &str| {
        let mut log = log(service, "10.0.0.1");
        log["timestamp"] = format!("2026-03-01T{hour:02}:00:00Z").into();
        log["msg"] = msg.into();
        log
    };
    let batch = json!([
        at(3, "ssh", "Failed PASSWORD"),
        at(1, "ftp", "100% done"),
        at(5, "ssh", "a_b"),
        at(4, "http", "o'clock\\"),
        at(2, "ssh", "accepted password"),
    ]);
    assert_eq!(service.post(LOGS, &batch).await.status, StatusCode::CREATED);
    service
}

async fn ids(service: &Service, query: &str) -> (Value, Value) {
    let page = service.get(&format!("{LOGS}?{query}")).await.json();
    let ids = page["data"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|log| log["id"].clone())
        .collect();
    (page["total"].clone(), ids)
}

#[tokio::test]
async fn logs_come_newest_first_a_page_at_a_time() {
    let service = filled().await;
    let check = async |query: &str, total: u64, expected: Value| {
        assert_eq!(
            ids(&service, query).await,
            (json!(total), expected),
            "{query}"
        );
    };
    check("", 5, json!([3, 4, 1, 5, 2])).await;
    check("limit=2", 5, json!([3, 4])).await;
    check("limit=2&offset=3", 5, json!([5, 2])).await;
    check("offset=5", 5, json!([])).await;
    check("offset=2147483647&limit=1000", 5, json!([])).await;
    let page = service.get("/api/v1/logs?limit=7&offset=1").await.json();
    assert_eq!((&page["limit"], &page["offset"]), (&json!(7), &json!(1)));
}

#[tokio::test]
async fn a_search_is_a_substring_without_wildcards() {
    let service = filled().await;
    let check = async |search: &str, expected: Value| {
        let (total, found) = ids(&service, &format!("search={search}")).await;
        assert_eq!(
            (&found, total),
            (&expected, json!(expected.as_array().unwrap().len()))
        );
    };
    check("ssh", json!([3, 1, 5])).await;
    check("pAsSwOrD", json!([1, 5])).await;
    check("100%25", json!([2])).await;
    check("%25", json!([2])).await;
    check("a_b", json!([3])).await;
    check("o'clock%5C", json!([4])).await;
    check("'+OR+1=1+--", json!([])).await;
    check("", json!([3, 4, 1, 5, 2])).await;
}

#[tokio::test]
async fn a_search_looks_into_every_text() {
    let service = Service::start(|_| {}).await;
    let texts = json!({
        "decky": "in-decky", "service": "in-service", "event_type": "in-event",
        "attacker_ip": "2001:db8::77", "raw_line": "x\u{0}in-line", "msg": "in-msg",
        "fields": {"in-key": ["in-value"]}, "trace_id": "not-in", "span_id": "not-in",
    });
    service.post(LOGS, &texts).await;
    for (search, total) in [
        ("in-decky", 1),
        ("in-service", 1),
        ("in-event", 1),
        ("db8::77", 1),
        ("in-line", 1),
        ("in-msg", 1),
        ("in-key", 1),
        ("in-value", 1),
        ("not-in", 0),
    ] {
        assert_eq!(
            ids(&service, &format!("search={search}")).await.0,
            total,
            "{search}"
        );
    }
}

#[tokio::test]
async fn times_are_inclusive_at_both_ends() {
    let service = filled().await;
    let check = async |query: &str, expected: Value| {
        assert_eq!(ids(&service, query).await.1, expected, "{query}");
    };
    check("start_time=2026-03-01T03:00:00Z", json!([3, 4, 1])).await;
    check("end_time=2026-03-01T03:00:00Z", json!([1, 5, 2])).await;
    check(
        "start_time=2026-03-01T02:00:00Z&end_time=2026-03-01T04:00:00Z",
        json!([4, 1, 5]),
    )
    .await;
    check("start_time=2026-03-01T03:00:00.000001Z&limit=1", json!([3])).await;
    check("end_time=2026-03-01T04:00:00%2B02:00", json!([5, 2])).await;
    check(
        "search=ssh&start_time=2026-03-01T03:00:00&end_time=2026-03-01T03:00:00",
        json!([1]),
    )
    .await;
}

#[tokio::test]
async fn the_histogram_counts_what_the_filters_pass() {
    let service = filled().await;
    let rows = model::rows(&service.get(LOGS).await.json()["data"]);
    for (query, filter, interval) in [
        ("", model::Filter::default(), 15),
        ("interval_minutes=1", model::Filter::default(), 1),
        ("interval_minutes=120", model::Filter::default(), 120),
        (
            "search=ssh&interval_minutes=60",
            model::Filter {
                search: Some("ssh".to_owned()),
                ..Default::default()
            },
            60,
        ),
        (
            "start_time=2026-03-01T02:00:00.000001Z&end_time=2026-03-01T04:00:00Z",
            model::Filter {
                start: Some(rows[3].time + 1),
                end: Some(rows[1].time),
                ..Default::default()
            },
            15,
        ),
    ] {
        let answer = service
            .get(&format!("/api/v1/logs/histogram?{query}"))
            .await;
        let expected = model::histogram(&model::select(&rows, &filter), interval);
        assert_eq!(answer.json(), expected, "{query}");
    }
}

#[tokio::test]
async fn a_commit_shows_in_every_page_that_was_read_before() {
    let service = filled().await;
    let pages = [
        ("/api/v1/stats", "/total_logs"),
        ("/api/v1/logs", "/total"),
        ("/api/v1/logs?search=ssh", "/total"),
        ("/api/v1/logs?start_time=2026-01-01T00:00:00Z", "/total"),
        ("/api/v1/logs/histogram?interval_minutes=525600", "/0/count"),
        ("/api/v1/attackers", "/data/0/event_count"),
        ("/api/v1/attackers?search=web", "/data/0/event_count"),
        ("/api/v1/bounty", "/total"),
        ("/api/v1/bounty?search=root", "/total"),
        ("/api/v1/bounty?bounty_type=credential", "/total"),
    ];
    let count = async |path: &str, pointer: &str| {
        let answer = service.get(path).await.json();
        answer
            .pointer(pointer)
            .unwrap_or_else(|| panic!("{path}: {answer}"))
            .as_u64()
            .unwrap()
    };
    let mut stored = log("ssh", "10.0.0.1");
    stored["timestamp"] = "2026-03-01T06:00:00Z".into();
    stored["fields"] = json!({"username": "root", "password": "root"});
    for round in 0..3 {
        for (path, pointer) in pages {
            let before = count(path, pointer).await;
            assert_eq!(count(path, pointer).await, before, "kept until a commit");
            service.post(LOGS, &stored).await;
            assert_eq!(
                count(path, pointer).await,
                before + 1,
                "round {round}: {path}"
            );
        }
    }
}

#[tokio::test]
async fn a_cache_too_small_for_its_pages_still_answers_them() {
    let service = Service::start(|config| config.page_cache_bytes = 2_000).await;
    service
        .post(LOGS, &json!(vec![log("ssh", "10.0.0.1"); 50]))
        .await;
    for offset in 0..40 {
        let page = service
            .get(&format!("{LOGS}?offset={offset}&limit=1"))
            .await
            .json();
        assert_eq!(page["data"][0]["id"], 50 - offset);
    }
}
