//! Attackers, kept up to date log by log.

use serde_json::{Value, json};

use crate::in_process::Service;
use crate::{log, model};

/// Logs that touch everything an attacker's row holds, out of order of time.
fn campaign(count: u64) -> Vec<Value> {
    (0..count)
        .map(|n| {
            // Strides without a common factor mix addresses, decoys and times.
            let mut log = log(
                ["ssh", "ftp", "smb"][(n * 5 % 3) as usize],
                &format!("10.0.0.{}", n * 7 % 11),
            );
            log["decky"] = format!("decky-{}", n * 3 % 4).into();
            log["timestamp"] =
                model::written(1_700_000_000_000_000 + (n * 7919 % 1000) as i64 * 1_000_000).into();
            log["fields"] = match n % 13 {
                0..=4 => json!({"username": "root", "password": n.to_string()}),
                5 => json!({"command": format!("cat {n}")}),
                6 => json!({"ja3": format!("fp{}", n % 2), "hassh": "h"}),
                7 => json!({"sha256": "00", "url": "http://x/y"}),
                _ => json!({}),
            };
            log
        })
        .collect()
}

async fn attackers(service: &Service, query: &str) -> Vec<Value> {
    let page = service
        .get(&format!("/api/v1/attackers?{query}"))
        .await
        .json();
    page["data"].as_array().expect("rows").clone()
}

#[tokio::test]
async fn equal_a_recomputation_from_all_logs_whatever_the_batches() {
    let service = Service::start(|_| {}).await;
    let campaign = campaign(300);
    let mut rest = campaign.as_slice();
    for size in [1, 2, 50, 97, 150] {
        let (batch, later) = rest.split_at(size);
        service.post("/api/v1/logs", &json!(batch)).await;
        rest = later;
    }
    assert!(rest.is_empty());
    let rows = model::rows(&service.get("/api/v1/logs?limit=1000").await.json()["data"]);
    assert_eq!(rows.len(), 300);
    let expected = model::attackers(&rows);
    let found = attackers(&service, "limit=1000").await;
    assert_eq!(found.len(), expected.len());
    for mut attacker in found {
        let object = attacker.as_object_mut().expect("an attacker");
        assert!(
            object
                .remove("uuid")
                .is_some_and(|uuid| uuid.as_str().is_some())
        );
        assert_eq!(&attacker, &expected[attacker["ip"].as_str().unwrap()]);
    }
    let stats = service.get("/api/v1/stats").await.json();
    assert_eq!(stats["unique_attackers"], 11);
    assert_eq!(stats["active_deckies"], 4);
}

#[tokio::test]
async fn are_sorted_by_time_events_or_decoys_and_then_by_address() {
    let service = Service::start(|_| {}).await;
    service.post("/api/v1/logs", &json!(campaign(300))).await;
    for (order, key) in [
        ("recent", "last_seen"),
        ("active", "event_count"),
        ("traversals", "decky_count"),
    ] {
        let found = attackers(&service, &format!("sort_by={order}")).await;
        let mut sorted = found.clone();
        sorted.sort_by(|a, b| {
            let number = |row: &Value| (row[key].as_i64(), row[key].as_str().map(str::to_owned));
            let ip = |row: &Value| row["ip"].as_str().unwrap().to_owned();
            number(b).cmp(&number(a)).then(ip(a).cmp(&ip(b)))
        });
        assert_eq!(found, sorted, "{order}");
    }
    assert_eq!(
        attackers(&service, "").await,
        attackers(&service, "sort_by=recent").await
    );
}

#[tokio::test]
async fn are_found_by_service_exactly_and_by_search_in_part() {
    let service = Service::start(|_| {}).await;
    let mut logs = vec![
        log("ssh", "10.0.0.1"),
        log("sshd", "10.0.0.2"),
        log("ftp", "10.0.0.3"),
    ];
    logs.extend((0..5).map(|n| {
        let mut log = log("ssh", "10.0.0.4");
        log["fields"] = json!({"username": "root", "password": n.to_string()});
        log
    }));
    service.post("/api/v1/logs", &json!(logs)).await;
    let check = async |query: &str, expected: Value| {
        let mut found: Vec<_> = attackers(&service, query)
            .await
            .iter()
            .map(|row| row["ip"].to_string())
            .collect();
        found.sort();
        let expected: Vec<_> = expected
            .as_array()
            .unwrap()
            .iter()
            .map(|n| format!("\"10.0.0.{n}\""))
            .collect();
        assert_eq!(found, expected, "{query}");
        let page = service
            .get(&format!("/api/v1/attackers?limit=1&{query}"))
            .await
            .json();
        assert_eq!(page["total"], expected.len(), "{query}");
    };
    check("service=ssh", json!([1, 4])).await;
    check("service=ssh%25", json!([])).await;
    check("search=SSH", json!([1, 2, 4])).await;
    check("search=brute&sort_by=recent", json!([4])).await;
    check("search=0.0.3", json!([3])).await;
    check("search=web-1&service=ftp", json!([3])).await;
    check("search=nothing", json!([])).await;
}

#[tokio::test]
async fn are_paged() {
    let service = Service::start(|_| {}).await;
    service.post("/api/v1/logs", &json!(campaign(100))).await;
    let all = attackers(&service, "").await;
    assert_eq!(attackers(&service, "limit=4&offset=3").await, all[3..7]);
    assert_eq!(attackers(&service, "offset=11").await, Vec::<Value>::new());
    assert_eq!(attackers(&service, "limit=1000&offset=9").await, all[9..]);
}

#[tokio::test]
async fn keep_their_id_across_installations() {
    let one = Service::start(|_| {}).await;
    let two = Service::start(|_| {}).await;
    two.post("/api/v1/logs", &log("ssh", "10.9.9.9")).await;
    for service in [&one, &two] {
        service.post("/api/v1/logs", &log("ssh", "10.0.0.1")).await;
    }
    let [one, two] = [
        attackers(&one, "search=10.0.0.1").await,
        attackers(&two, "search=10.0.0.1").await,
    ];
    assert_eq!(one[0]["uuid"], two[0]["uuid"]);
}

#[tokio::test]
async fn with_names_without_end_list_the_first_and_count_every_event() {
    let service = Service::start(|_| {}).await;
    let logs: Vec<_> = (0..300)
        .map(|n| log(&format!("s{n:03}"), "10.0.0.1"))
        .collect();
    service.post("/api/v1/logs", &json!(logs)).await;
    let found = attackers(&service, "").await;
    assert_eq!(
        (&found[0]["event_count"], &found[0]["service_count"]),
        (&json!(300), &json!(256))
    );
}
