//! Bounties, derived from logs as they are stored.

use serde_json::{Value, json};

use crate::in_process::Service;
use crate::log;

async fn filled() -> Service {
    let service = Service::start(|_| {}).await;
    let with = |ip: &str, fields: Value| {
        let mut log = log("ssh", ip);
        log["timestamp"] = "2026-03-01T00:00:00Z".into();
        log["fields"] = fields;
        log
    };
    let batch = json!([
        with("10.0.0.1", json!({"username": "root", "password": "toor"})),
        with("10.0.0.1", json!({"username": "root"})),
        with("10.0.0.1", json!({"ja3": "abc", "hassh": "def"})),
        with("10.0.0.1", json!({"ja3": "abc"})),
        with("10.0.0.2", json!({"ja3": "abc"})),
        with("10.0.0.2", json!({"sha256": "00ff", "url": "http://x/"})),
        with(
            "10.0.0.2",
            json!({"username": "admin", "password": "", "sha256": "11"})
        ),
    ]);
    service.post("/api/v1/logs", &batch).await;
    service
}

#[tokio::test]
async fn credentials_new_fingerprints_and_artifacts_are_bounties() {
    let service = filled().await;
    let page = service.get("/api/v1/bounty").await.json();
    let found: Vec<_> = page["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            json!([
                row["id"],
                row["attacker_ip"],
                row["bounty_type"],
                row["payload"]
            ])
        })
        .collect();
    assert_eq!(
        json!(found),
        json!([
            [7, "10.0.0.2", "artifact", {"sha256": "11"}],
            [6, "10.0.0.2", "credential", {"username": "admin", "password": ""}],
            [5, "10.0.0.2", "artifact", {"sha256": "00ff", "url": "http://x/"}],
            [4, "10.0.0.2", "fingerprint", {"ja3": "abc"}],
            [3, "10.0.0.1", "fingerprint", {"ja3": "abc"}],
            [2, "10.0.0.1", "fingerprint", {"hassh": "def"}],
            [1, "10.0.0.1", "credential", {"username": "root", "password": "toor"}],
        ])
    );
    let first = &page["data"][0];
    assert_eq!(
        (&first["decky"], &first["service"]),
        (&json!("web-1"), &json!("ssh"))
    );
    assert_eq!(first["timestamp"], "2026-03-01T00:00:00Z");
}

#[tokio::test]
async fn are_filtered_by_type_and_search_and_paged() {
    let service = filled().await;
    let check = async |query: &str, total: u64, ids: Value| {
        let page = service.get(&format!("/api/v1/bounty?{query}")).await.json();
        let found: Value = page["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["id"].clone())
            .collect();
        assert_eq!((&page["total"], found), (&json!(total), ids), "{query}");
    };
    check("bounty_type=credential", 2, json!([6, 1])).await;
    check("bounty_type=nothing", 0, json!([])).await;
    check("search=ROOT", 1, json!([1])).await;
    check("search=10.0.0.2", 4, json!([7, 6, 5, 4])).await;
    check("search=10.0.0.2&bounty_type=artifact", 2, json!([7, 5])).await;
    check("limit=2&offset=1", 7, json!([6, 5])).await;
    check("limit=1&offset=1&bounty_type=artifact", 2, json!([5])).await;
}
