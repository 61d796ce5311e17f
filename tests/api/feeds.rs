//! Threat feeds: parsed, merged and stored, or refused with their place.

use decnet::db::store_advisories;
use decnet::feeds::{merge, parse};
use serde_json::{Value, json};

fn entry(id: &str, modified: &str, score: f64) -> Value {
    json!({ "cve": {
        "id": id, "sourceIdentifier": "x", "lastModified": modified,
        "descriptions": [{ "lang": "es", "value": "algo" }, { "lang": "en", "value": format!("about {id} {modified}") }],
        "metrics": { "cvssMetricV31": [{ "cvssData": { "baseScore": score } }] },
    } })
}

fn feed(entries: &[Value]) -> Vec<u8> {
    json!({ "format": "NVD_CVE", "vulnerabilities": entries })
        .to_string()
        .into_bytes()
}

const EARLY: &str = "2024-01-01T00:00:00.000";
const LATE: &str = "2024-06-01T00:00:00.000";

#[test]
fn the_entry_modified_last_stays_whichever_feed_it_is_in() {
    let one = parse(
        "2023",
        &feed(&[
            entry("CVE-2023-0001", LATE, 9.8),
            entry("CVE-2023-0002", EARLY, 5.0),
        ]),
    )
    .unwrap();
    let two = parse(
        "2024",
        &feed(&[
            entry("CVE-2023-0001", EARLY, 1.0),
            entry("CVE-2023-0002", LATE, 6.0),
        ]),
    )
    .unwrap();
    let merged = merge([one, two]);
    let shown: Vec<(&str, &str, Option<f64>)> = merged
        .iter()
        .map(|of| (of.id.as_str(), of.modified.as_str(), of.score))
        .collect();
    assert_eq!(
        shown,
        [
            ("CVE-2023-0001", LATE, Some(9.8)),
            ("CVE-2023-0002", LATE, Some(6.0))
        ]
    );
    assert_eq!(merged[0].description, format!("about CVE-2023-0001 {LATE}"));
}

#[test]
fn storing_again_changes_only_what_is_newer() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("advisories.db");
    let new = parse("a", &feed(&[entry("CVE-2023-0001", LATE, 9.8)])).unwrap();
    let old = parse(
        "b",
        &feed(&[
            entry("CVE-2023-0001", EARLY, 1.0),
            entry("CVE-2024-12345", EARLY, 2.0),
        ]),
    )
    .unwrap();
    assert_eq!(store_advisories(&path, &new).unwrap(), 1);
    assert_eq!(store_advisories(&path, &old).unwrap(), 2);
    let connection = rusqlite::Connection::open(&path).unwrap();
    let score: f64 = connection
        .query_row(
            "SELECT score FROM advisories WHERE id = 'CVE-2023-0001'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(score, 9.8);
    let error = store_advisories(directory.path(), &new)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains(&directory.path().display().to_string()),
        "{error}"
    );
}

#[test]
fn a_bad_feed_is_refused_and_says_where() {
    let broken = |change: fn(&mut Value)| {
        let mut bad = entry("CVE-2023-0002", EARLY, 5.0);
        change(&mut bad["cve"]);
        feed(&[entry("CVE-2023-0001", EARLY, 5.0), bad])
    };
    for (text, says) in [
        (b"{".to_vec(), "feed `f` is malformed: EOF"),
        (b"[]".to_vec(), "malformed"),
        (b"{}".to_vec(), "missing field `vulnerabilities`"),
        (
            broken(|cve| cve["id"] = json!("CVE-23-1")),
            "entry 1: `CVE-23-1` is no id",
        ),
        (broken(|cve| cve["id"] = json!(7)), "malformed"),
        (
            broken(|cve| cve["lastModified"] = json!("yesterday")),
            "entry 1: `yesterday` of CVE-2023-0002 is no time",
        ),
        (
            broken(|cve| cve["metrics"]["cvssMetricV31"][0]["cvssData"]["baseScore"] = json!(11)),
            "entry 1: the score",
        ),
    ] {
        let error = parse("f", &text).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
}

#[test]
fn an_entry_needs_neither_text_nor_score() {
    let bare = json!({ "cve": { "id": "CVE-2023-0001", "lastModified": EARLY } });
    let parsed = parse("f", &feed(&[bare])).unwrap();
    assert_eq!(
        (parsed[0].description.as_str(), parsed[0].score),
        ("", None)
    );
}
