//! Detection rules: what matches, what is refused, and a rescan of what is stored.

use std::path::Path;

use decnet::rules::{Rules, rescan};
use serde_json::{Value, json};

use crate::in_process::Service;

fn shipped() -> Rules {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/decnet/rules");
    Rules::of_directory(&directory).unwrap()
}

fn log(service: &str, raw_line: &str, fields: &Value) -> Value {
    json!({
        "decky": "decky-1", "service": service, "event_type": "login_attempt",
        "attacker_ip": "203.0.113.9", "raw_line": raw_line, "fields": fields,
    })
}

#[test]
fn twenty_eight_rules_ship() {
    assert_eq!(shipped().iter().count(), 28);
}

/// The rules that a stored log matches.
async fn matches(log: &Value) -> Vec<String> {
    let service = Service::start(|_| {}).await;
    let stored = service.post("/api/v1/logs", log).await;
    assert_eq!(stored.status, 201, "{:?}", stored.json());
    let found = rescan(service.app.repository(), &shipped()).await.unwrap();
    assert_eq!(found.logs, 1);
    found.matches.into_keys().collect()
}

#[tokio::test]
async fn events_match_the_rules_that_are_about_them() {
    let cases = [
        (
            log("ssh", "x", &json!({ "username": "root", "password": "1" })),
            vec!["ssh-root"],
        ),
        (
            log(
                "ssh",
                "x",
                &json!({ "username": "admin", "password": "1234" }),
            ),
            vec!["default-admin"],
        ),
        (
            log("http", "GET", &json!({ "path": "/a/../../etc/passwd" })),
            vec!["path-traversal"],
        ),
        (
            log("http", "GET ${jndi:ldap}", &json!({ "path": "/.env" })),
            vec!["env-file", "jndi"],
        ),
        (
            log(
                "telnet",
                "x",
                &json!({ "command": "wget http://x; chmod +x a" }),
            ),
            vec!["download", "made-executable"],
        ),
        (
            log("rdp", "x", &json!({ "username": "eve" })),
            vec!["rdp-cookie"],
        ),
        (log("rdp", "x", &json!({ "username": null })), vec![]),
        (log("ssh", "x", &json!({})), vec![]),
    ];
    for (log, expected) in cases {
        assert_eq!(matches(&log).await, expected, "{log}");
    }
}

#[tokio::test]
async fn a_rescan_counts_every_stored_log_once() {
    let service = Service::start(|_| {}).await;
    let batch: Vec<Value> = (0..600)
        .map(|n| {
            log(
                "ssh",
                "x",
                &json!({ "username": if n % 3 == 0 { "root" } else { "eve" } }),
            )
        })
        .collect();
    for _ in 0..10 {
        service
            .post("/api/v1/logs", &Value::Array(batch.clone()))
            .await;
    }
    let found = rescan(service.app.repository(), &shipped()).await.unwrap();
    assert_eq!(found.logs, 6_000); // more than is read at a time
    assert_eq!(found.matches["ssh-root"], 2_000);
    assert_eq!(found.matches.len(), 1);
}

#[test]
fn a_bad_rule_is_refused_with_its_place() {
    let rule = |rest: &str| format!("- id: a\n  title: A\n  severity: low\n  when: {rest}\n");
    for (text, says) in [
        ("- id: [".to_owned(), "a.yaml"),
        ("id: a".to_owned(), "a.yaml"),
        (
            rule("{ field: servise, equals: ssh }"),
            "`servise` is no field",
        ),
        (rule("{ field: fields., equals: ssh }"), "is no field"),
        (rule("{ field: service }"), "a condition is one of"),
        (
            rule("{ field: service, equals: a, contains: b }"),
            "a condition is one of",
        ),
        (rule("{ all: [], any: [] }"), "a condition is one of"),
        (rule("{ all: [] }"), "`all` has no conditions"),
        (
            rule("{ field: service, contains: \"\" }"),
            "nothing or everything",
        ),
        (rule("{ field: service, in: [] }"), "nothing or everything"),
        (rule("{ field: service, exists: false }"), "use `not`"),
        (rule("{ field: service, equal: ssh }"), "equal"),
        (
            rule("{ field: service, equals: ssh }").replace("low", "dire"),
            "dire",
        ),
        (
            rule("{ field: service, equals: ssh }").replace("title: A", "title: \"\""),
            "an id and a title",
        ),
        (
            rule("{ field: service, equals: ssh }").repeat(2),
            "two rules are called `a`",
        ),
    ] {
        let error = Rules::parse(Path::new("a.yaml"), &text)
            .unwrap_err()
            .to_string();
        assert!(error.contains(says), "{text}: {error}");
    }
}

#[test]
fn nesting_without_end_is_refused_and_not_followed() {
    let text = format!(
        "- id: a\n  title: A\n  severity: low\n  when: {}{{ field: service, exists: true }}{}\n",
        "{ not: ".repeat(20_000),
        " }".repeat(20_000)
    );
    assert!(Rules::parse(Path::new("a.yaml"), &text).is_err());
}

#[test]
fn a_directory_without_rules_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let error = Rules::of_directory(directory.path())
        .unwrap_err()
        .to_string();
    assert!(error.starts_with("no rules in `"), "{error}");
    let error = Rules::of_directory(&directory.path().join("none"))
        .unwrap_err()
        .to_string();
    assert!(error.starts_with("cannot read `"), "{error}");
}
