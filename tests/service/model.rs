//! What decnet should answer, computed the slow way from all of its logs.

use std::collections::{BTreeMap, BTreeSet};

use decnet::model::Timestamp;
use serde_json::{Map, Value, json};

/// A log as decnet answers it, with its time in microseconds.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) id: i64,
    pub(crate) time: i64,
    log: Map<String, Value>,
}

/// Which logs, as in the query string.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    pub(crate) search: Option<String>,
    pub(crate) start: Option<i64>,
    pub(crate) end: Option<i64>,
}

/// Reads the logs of an answer.
pub(crate) fn rows(logs: &Value) -> Vec<Row> {
    let logs = logs.as_array().expect("a list of logs");
    logs.iter()
        .map(|log| {
            let log = log.as_object().expect("a log").clone();
            let time = log["timestamp"].as_str().expect("a time");
            let time = Timestamp::parse(time)
                .expect("an RFC 3339 time")
                .as_micros();
            Row {
                id: log["id"].as_i64().expect("an id"),
                time,
                log,
            }
        })
        .collect()
}

/// A time as decnet writes it.
pub(crate) fn written(micros: i64) -> String {
    Timestamp::from_micros(micros)
        .expect("a time in range")
        .to_string()
}

impl Row {
    fn text(&self, name: &str) -> &str {
        self.log[name].as_str().unwrap_or_default()
    }

    fn field(&self, name: &str) -> Option<&str> {
        self.log["fields"].get(name).and_then(Value::as_str)
    }

    fn matches(&self, filter: &Filter) -> bool {
        let in_time = filter.start.is_none_or(|start| self.time >= start)
            && filter.end.is_none_or(|end| self.time <= end);
        let Some(search) = filter.search.as_deref().filter(|search| !search.is_empty()) else {
            return in_time;
        };
        let holds = |text: &str| {
            text.to_ascii_lowercase()
                .contains(&search.to_ascii_lowercase())
        };
        let texts = [
            "decky",
            "service",
            "event_type",
            "attacker_ip",
            "raw_line",
            "msg",
        ];
        in_time
            && (texts.iter().any(|name| holds(self.text(name)))
                || holds(&self.log["fields"].to_string()))
    }
}

/// The rows that pass `filter`, newest first.
pub(crate) fn select(rows: &[Row], filter: &Filter) -> Vec<Row> {
    let mut rows: Vec<Row> = rows
        .iter()
        .filter(|row| row.matches(filter))
        .cloned()
        .collect();
    rows.sort_by_key(|row| std::cmp::Reverse((row.time, row.id)));
    rows
}

/// The bars over `rows`. None starts before the earliest time there is.
pub(crate) fn histogram(rows: &[Row], interval_minutes: i64) -> Value {
    let width = interval_minutes * 60_000_000;
    let mut bars = BTreeMap::<i64, u64>::new();
    for row in rows {
        let start = row.time.div_euclid(width) * width;
        *bars
            .entry(start.max(Timestamp::MIN.as_micros()))
            .or_default() += 1;
    }
    let bars = bars.into_iter();
    bars.map(|(start, count)| json!({"time": written(start), "count": count}))
        .collect()
}

/// The attackers in `rows` by address, without their ids.
pub(crate) fn attackers(rows: &[Row]) -> BTreeMap<String, Value> {
    let mut by_ip = BTreeMap::<String, Vec<&Row>>::new();
    for row in rows {
        by_ip
            .entry(row.text("attacker_ip").to_owned())
            .or_default()
            .push(row);
    }
    by_ip
        .into_iter()
        .map(|(ip, rows)| (ip.clone(), attacker(&ip, rows)))
        .collect()
}

fn attacker(ip: &str, mut rows: Vec<&Row>) -> Value {
    rows.sort_by_key(|row| row.id);
    let names = |name: &str| -> BTreeSet<String> {
        rows.iter().map(|row| row.text(name).to_owned()).collect()
    };
    let (services, deckies) = (names("service"), names("decky"));
    let commands: Vec<&str> = rows.iter().filter_map(|row| row.field("command")).collect();
    let credentials = rows
        .iter()
        .filter(|row| row.field("username").is_some() && row.field("password").is_some())
        .count();
    let artifacts = rows
        .iter()
        .filter(|row| row.field("sha256").is_some())
        .count();
    let mut fingerprints: Vec<String> = Vec::new();
    for row in &rows {
        for kind in ["hassh", "ja3", "ja4"] {
            let found = row.field(kind).map(|value| format!("{kind}:{value}"));
            fingerprints.extend(found.filter(|found| !fingerprints.contains(found)));
        }
    }
    let mut by_time = rows.clone();
    by_time.sort_by_key(|row| (row.time, row.id));
    let mut path: Vec<&str> = Vec::new();
    for row in &by_time {
        if !path.contains(&row.text("decky")) {
            path.push(row.text("decky"));
        }
    }
    let traversal = deckies.len() > 1;
    let behavior = match () {
        () if !commands.is_empty() => "interactive",
        () if traversal => "traversal",
        () if credentials >= 5 => "brute force",
        () => "probe",
    };
    json!({
        "ip": ip,
        "first_seen": written(by_time[0].time),
        "last_seen": written(by_time[by_time.len() - 1].time),
        "event_count": rows.len(),
        "service_count": services.len(),
        "decky_count": deckies.len(),
        "services": services,
        "deckies": deckies,
        "traversal_path": traversal.then_some(path),
        "is_traversal": traversal,
        "bounty_count": credentials + artifacts + fingerprints.len(),
        "credential_count": credentials,
        "fingerprints": fingerprints,
        "commands": commands,
        "behavior": behavior,
    })
}
