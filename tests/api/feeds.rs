//! Threat feeds: parsed, merged and stored, or refused with their place.

use std::path::Path;

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

/// The score of the advisory whose id sorts first.
fn score(path: &Path) -> f64 {
    let connection = rusqlite::Connection::open(path).expect("the database was made");
    let first = "SELECT score FROM advisories ORDER BY id LIMIT 1";
    connection
        .query_row(first, [], |row| row.get(0))
        .expect("it has an advisory")
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
    assert_eq!(score(&path), 9.8);
    let error = store_advisories(directory.path(), &new)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains(&directory.path().display().to_string()),
        "{error}"
    );
}

/// One moment each, in the forms that a feed may write it.
#[test]
fn times_are_stored_in_one_form() {
    for (written, stored) in [
        ("2024-05-01T10:00:00.000", "2024-05-01T10:00:00.000"),
        ("2024-05-01T10:00:00", "2024-05-01T10:00:00.000"),
        ("2024-05-01 10:00", "2024-05-01T10:00:00.000"),
        ("20240501T100000.5", "2024-05-01T10:00:00.500"),
        ("2024-05-01", "2024-05-01T00:00:00.000"),
        ("2024-05-01T10:00:00.0009999", "2024-05-01T10:00:00.000"),
        ("2024-05-01T10:00:00Z", "2024-05-01T10:00:00.000"),
        ("2024-05-01T01:30:00+02:00", "2024-04-30T23:30:00.000"),
    ] {
        let parsed = parse("f", &feed(&[entry("CVE-2024-0001", written, 5.0)])).unwrap();
        assert_eq!(parsed[0].modified, stored, "{written}");
    }
}

#[test]
fn the_later_entry_stays_however_its_time_is_written() {
    let directory = tempfile::tempdir().unwrap();
    let at = |modified, score| {
        let text = feed(&[entry("CVE-2024-0001", modified, score)]);
        parse("f", &text).unwrap()
    };
    // As text each later time comes first, or is another hour.
    for (number, (early, late)) in [
        ("2024-05-01T09:00:00", "2024-05-01 10:00:00"),
        ("2024-05-01T09:00:00", "20240501T100000"),
        ("2024-05-01T10:00:00+02:00", "2024-05-01T09:00:00"),
        ("2024-05-01T10:00:00.000", "2024-05-01T10:00:00"),
    ]
    .into_iter()
    .enumerate()
    {
        for turned in [false, true] {
            let mut feeds = [at(early, 1.0), at(late, 9.0)];
            // Of equal times the one that comes last stays.
            let equal = feeds[0][0].modified == feeds[1][0].modified;
            if turned {
                feeds.reverse();
            }
            let expected = if equal && turned { 1.0 } else { 9.0 };
            let path = directory.path().join(format!("{number}-{turned}.db"));
            for feed in &feeds {
                store_advisories(&path, feed).unwrap();
            }
            assert_eq!(
                merge(feeds)[0].score,
                Some(expected),
                "{early} {late} {turned}"
            );
            assert_eq!(score(&path), expected, "{early} {late} {turned}");
        }
    }
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
            broken(|cve| cve["lastModified"] = json!("-000044-03-15T10:00:00")),
            "entry 1: `-000044-03-15T10:00:00` of CVE-2023-0002 is no time",
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
