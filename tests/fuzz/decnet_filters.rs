//! Queries over random logs answer what a model computes from all of them.
//!
//! Queries come between the batches, so that pages, totals and tallies that
//! were kept have to be extended and not only computed.

use std::fmt::Write;

use decnet::model::Timestamp;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use crate::in_process::Service;
use crate::model::{self, Filter, Row};

/// Few enough that rows share them, odd enough to trip a wildcard or a quote.
const WORDS: [&str; 10] = [
    "ssh", "SSH", "a_b", "axb", "100%", "o'clock", "\"q\"", "é", "É", "\\n",
];

/// A query of the dashboard.
#[derive(Debug, Clone)]
struct Query {
    filter: Filter,
    limit: usize,
    offset: usize,
    interval: i64,
    sort_by: &'static str,
}

fn word() -> impl Strategy<Value = String> {
    select(WORDS.to_vec()).prop_map(str::to_owned)
}

/// Times that share minutes, lie on their edges, or at the ends of what can be written.
fn micros() -> impl Strategy<Value = i64> {
    let near = (-3_i64..4, select(vec![0, 1, 59_999_999, 30_000_000]))
        .prop_map(|(minute, within)| minute * 60_000_000 + within);
    let ends = select(vec![Timestamp::MIN.as_micros(), Timestamp::MAX.as_micros()]);
    prop_oneof![8 => near, 1 => ends]
}

prop_compose! {
    fn log()(
        micros in micros(),
        decky in select(vec!["web-1", "db-1", "ssh-1"]),
        service in word(),
        ip in 0..4,
        raw_line in word(),
        msg in proptest::option::of(word()),
        fields in select(vec![
            json!({}),
            json!({"username": "root", "password": "a_b"}),
            json!({"command": "100%"}),
            json!({"ja3": "SSH"}),
            json!({"sha256": "00", "username": 1, "password": "x"}),
            json!({"hassh": "h", "ja4": "j", "nested": {"o'clock": ["é"]}}),
        ]),
    ) -> Value {
        json!({
            "timestamp": model::written(micros), "decky": decky, "service": service,
            "event_type": "e", "attacker_ip": format!("10.0.0.{ip}"), "raw_line": raw_line,
            "msg": msg, "fields": fields,
        })
    }
}

prop_compose! {
    fn query()(
        search in proptest::option::of(prop_oneof![word(), select(vec!["", "10.0.0.1", "S", "root", "%", "_"]).prop_map(str::to_owned)]),
        start in proptest::option::of(micros()),
        end in proptest::option::of(micros()),
        limit in 1_usize..8,
        offset in 0_usize..8,
        interval in select(vec![1, 2, 15, 60, 525_600]),
        sort_by in select(vec!["recent", "active", "traversals"]),
    ) -> Query {
        let (start, end) = match (start, end) {
            (Some(start), Some(end)) => (Some(start.min(end)), Some(start.max(end))),
            either => either,
        };
        Query { filter: Filter { search, start, end }, limit, offset, interval, sort_by }
    }
}

/// `name=value`, percent-encoded.
fn parameter(name: &str, value: &str) -> String {
    let mut text = format!("{name}=");
    for byte in value.bytes() {
        write!(text, "%{byte:02X}").expect("text grows");
    }
    text
}

impl Query {
    /// The filter's part of the query string.
    fn filters(&self) -> String {
        let time = |micros: &i64| model::written(*micros);
        let parts = [
            self.filter
                .search
                .as_ref()
                .map(|search| parameter("search", search)),
            self.filter
                .start
                .as_ref()
                .map(|start| parameter("start_time", &time(start))),
            self.filter
                .end
                .as_ref()
                .map(|end| parameter("end_time", &time(end))),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join("&")
    }
}

fn ids(page: &Value) -> Vec<i64> {
    model::rows(&page["data"])
        .iter()
        .map(|row| row.id)
        .collect()
}

async fn check_logs(service: &Service, rows: &[Row], query: &Query) {
    let (limit, offset, filters) = (query.limit, query.offset, query.filters());
    let path = format!("/api/v1/logs?limit={limit}&offset={offset}&{filters}");
    let page = service.get(&path).await.json();
    let expected = model::select(rows, &query.filter);
    assert_eq!(page["total"], expected.len(), "{query:?}");
    let expected: Vec<i64> = expected
        .iter()
        .map(|row| row.id)
        .skip(offset)
        .take(limit)
        .collect();
    assert_eq!(ids(&page), expected, "{query:?}");
}

async fn check_histogram(service: &Service, rows: &[Row], query: &Query) {
    let (interval, filters) = (query.interval, query.filters());
    let path = format!("/api/v1/logs/histogram?interval_minutes={interval}&{filters}");
    let found = service.get(&path).await.json();
    let counts = |bars: &Value| -> Vec<u64> {
        let bars = bars.as_array().expect("bars").iter();
        bars.map(|bar| bar["count"].as_u64().expect("a count"))
            .collect()
    };
    let selected = model::select(rows, &query.filter);
    assert_eq!(found, model::histogram(&selected, interval), "{query:?}");
    assert_eq!(counts(&found).iter().sum::<u64>(), selected.len() as u64);
}

async fn check_attackers(service: &Service, rows: &[Row], query: &Query) {
    let (limit, offset) = (query.limit, query.offset);
    let search = query.filter.search.clone().unwrap_or_default();
    let mut expected: Vec<Value> = model::attackers(rows).into_values().collect();
    expected.retain(|attacker| {
        let holds = |text: &Value| {
            let text = text.as_str().expect("text").to_ascii_lowercase();
            text.contains(&search.to_ascii_lowercase())
        };
        let lists = ["services", "deckies"]
            .iter()
            .flat_map(|list| attacker[list].as_array());
        holds(&attacker["ip"]) || holds(&attacker["behavior"]) || lists.flatten().any(holds)
    });
    let time = |row: &Value| {
        Timestamp::parse(row["last_seen"].as_str().expect("a time"))
            .expect("RFC 3339")
            .as_micros()
    };
    expected.sort_by_key(|row| {
        std::cmp::Reverse(match query.sort_by {
            "recent" => time(row),
            "active" => row["event_count"].as_i64().expect("a count"),
            _ => row["decky_count"].as_i64().expect("a count"),
        })
    });
    let path = format!(
        "/api/v1/attackers?limit={limit}&offset={offset}&sort_by={}&{}",
        query.sort_by,
        parameter("search", &search)
    );
    let mut page = service.get(&path).await.json();
    assert_eq!(page["total"], expected.len(), "{query:?}");
    for attacker in page["data"].as_array_mut().expect("rows") {
        attacker
            .as_object_mut()
            .expect("an attacker")
            .remove("uuid");
    }
    let expected: Vec<Value> = expected.into_iter().skip(offset).take(limit).collect();
    assert_eq!(page["data"], json!(expected), "{query:?}");
}

async fn check_totals(service: &Service, rows: &[Row]) {
    let attackers = model::attackers(rows);
    let stats = service.get("/api/v1/stats").await.json();
    assert_eq!(stats["total_logs"], rows.len());
    assert_eq!(stats["unique_attackers"], attackers.len());
    let bounties: i64 = attackers
        .values()
        .map(|attacker| attacker["bounty_count"].as_i64().expect("a count"))
        .sum();
    assert_eq!(
        service.get("/api/v1/bounty").await.json()["total"],
        bounties
    );
    let credentials: i64 = attackers
        .values()
        .map(|attacker| attacker["credential_count"].as_i64().expect("a count"))
        .sum();
    let page = service
        .get("/api/v1/bounty?bounty_type=credential")
        .await
        .json();
    assert_eq!(page["total"], credentials);
}

proptest! {
    #[test]
    fn every_answer_equals_the_model_after_every_batch(
        batches in vec((vec(log(), 0..12), vec(query(), 1..6)), 1..5),
        again in query(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(async {
            let service = Service::start(|_| {}).await;
            for (logs, mut queries) in batches {
                let answer = service.post("/api/v1/logs", &json!(logs)).await;
                assert_eq!(answer.status.as_u16(), 201, "{answer:?}");
                let all = service.get("/api/v1/logs?limit=1000").await.json();
                let rows = model::rows(&all["data"]);
                queries.push(again.clone());
                for query in &queries {
                    check_logs(&service, &rows, query).await;
                    check_histogram(&service, &rows, query).await;
                    check_attackers(&service, &rows, query).await;
                }
                check_totals(&service, &rows).await;
            }
            service.app.close().await;
        });
    }
}
