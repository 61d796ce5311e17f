//! What a repository should answer, worked out the slow way: by going through
//! all logs.

use std::collections::BTreeMap;

use decnet::model::{
    AttackerFilter, AttackerOrder, BountyFilter, LogFilter, NewLog, Paging, Timestamp,
};
use serde_json::{Value, json};

/// All logs in the order of their ids, the first of which is 1.
pub(crate) struct Model<'a>(pub(crate) &'a [NewLog]);

/// Whether `text` holds `needle`, without regard to ASCII case.
fn holds(text: &str, needle: &str) -> bool {
    text.to_ascii_lowercase()
        .contains(&needle.to_ascii_lowercase())
}

fn page(paging: Paging, all: &[Value]) -> Value {
    let data: Vec<&Value> = all
        .iter()
        .skip(paging.offset as usize)
        .take(paging.limit as usize)
        .collect();
    json!({ "total": all.len(), "limit": paging.limit, "offset": paging.offset, "data": data })
}

impl<'a> Model<'a> {
    fn numbered(&self) -> impl Iterator<Item = (i64, &'a NewLog)> + use<'a> {
        (1_i64..).zip(self.0)
    }

    fn passing(&self, filter: &LogFilter) -> Vec<(i64, &'a NewLog)> {
        let (start, end) = filter.span();
        let passes = |log: &NewLog| {
            let searched = filter.search.as_ref().is_none_or(|needle| {
                let texts = [
                    &log.decky,
                    &log.service,
                    &log.event_type,
                    &log.attacker_ip,
                    &log.raw_line,
                    &log.fields,
                ];
                texts
                    .into_iter()
                    .chain(&log.msg)
                    .any(|text| holds(text, needle))
            });
            searched && (start..=end).contains(&log.timestamp)
        };
        self.numbered().filter(|(_, log)| passes(log)).collect()
    }

    pub(crate) fn logs(&self, filter: &LogFilter, paging: Paging) -> Value {
        let mut passing = self.passing(filter);
        passing.sort_by_key(|(id, log)| std::cmp::Reverse((log.timestamp, *id)));
        let all: Vec<Value> = passing
            .into_iter()
            .map(|(id, log)| entry(id, log))
            .collect();
        page(paging, &all)
    }

    pub(crate) fn logs_after(&self, id: i64, filter: &LogFilter, limit: usize) -> Value {
        let passing = self.passing(filter).into_iter();
        let after = passing.filter(|(own, _)| *own > id).take(limit);
        after.map(|(id, log)| entry(id, log)).collect()
    }

    pub(crate) fn histogram(&self, filter: &LogFilter, minutes: u32) -> Value {
        let width = i64::from(minutes) * 60_000_000;
        let mut bars: BTreeMap<i64, u64> = BTreeMap::new();
        for (_, log) in self.passing(filter) {
            let start = log.timestamp.as_micros().div_euclid(width) * width;
            *bars.entry(start).or_default() += 1;
        }
        let bar = |(start, count)| json!({ "time": Timestamp::from_micros(start).unwrap(), "count": count });
        bars.into_iter().map(bar).collect()
    }

    /// All bounties, oldest first: derived from a log, fingerprints only when
    /// they are new for their attacker.
    fn all_bounties(&self) -> Vec<Value> {
        let mut seen = std::collections::HashSet::new();
        let mut bounties = Vec::new();
        for log in self.0 {
            let mut finds = Vec::new();
            if let Some(credential) = &log.harvest.credential {
                let (username, password) = (&credential.username, &credential.password);
                finds.push((
                    "credential",
                    json!({ "username": username, "password": password }),
                ));
            }
            for fingerprint in &log.harvest.fingerprints {
                if seen.insert((&log.attacker_ip, fingerprint)) {
                    let (kind, value) = fingerprint.split_once(':').unwrap();
                    finds.push(("fingerprint", json!({ kind: value })));
                }
            }
            if let Some(artifact) = &log.harvest.artifact {
                finds.push(("artifact", artifact.clone()));
            }
            for (bounty_type, payload) in finds {
                bounties.push(json!({
                    "id": bounties.len() + 1, "timestamp": log.timestamp, "decky": log.decky,
                    "service": log.service, "attacker_ip": log.attacker_ip,
                    "bounty_type": bounty_type, "payload": payload,
                }));
            }
        }
        bounties
    }

    pub(crate) fn bounties(&self, filter: &BountyFilter, paging: Paging) -> Value {
        let mut bounties = self.all_bounties();
        bounties.reverse();
        bounties.retain(|bounty| {
            let of_type = filter.bounty_type.as_ref();
            let found = filter.search.as_ref().is_none_or(|needle| {
                let names = ["decky", "service", "attacker_ip", "bounty_type"];
                let texts = names.map(|name| bounty[name].as_str().unwrap().to_owned());
                let payload = bounty["payload"].to_string();
                texts
                    .iter()
                    .chain([&payload])
                    .any(|text| holds(text, needle))
            });
            of_type.is_none_or(|kind| bounty["bounty_type"] == **kind) && found
        });
        page(paging, &bounties)
    }

    pub(crate) fn attackers(&self, filter: &AttackerFilter, paging: Paging) -> Value {
        let mut by_ip: BTreeMap<&str, Vec<(i64, &NewLog)>> = BTreeMap::new();
        for (id, log) in self.numbered() {
            by_ip.entry(&log.attacker_ip).or_default().push((id, log));
        }
        let bounties = self.all_bounties();
        let mut all: Vec<Value> = by_ip
            .into_iter()
            .map(|(ip, logs)| attacker(ip, &logs, &bounties))
            .collect();
        all.retain(|attacker| {
            let lines = |name: &str| {
                let names = attacker[name].as_array().unwrap().iter();
                names.map(|name| name.as_str().unwrap()).collect::<Vec<_>>()
            };
            let on_service = filter.service.as_deref();
            let texts = [
                attacker["ip"].as_str().unwrap().to_owned(),
                lines("services").join("\n"),
                lines("deckies").join("\n"),
                attacker["behavior"].as_str().unwrap().to_owned(),
            ];
            let search = filter.search.as_ref();
            search.is_none_or(|needle| texts.iter().any(|text| holds(text, needle)))
                && on_service.is_none_or(|service| lines("services").contains(&service))
        });
        // Already sorted by address, and sorting is stable.
        all.sort_by_key(|attacker| {
            std::cmp::Reverse(match filter.sort_by {
                AttackerOrder::Recent => Timestamp::parse(attacker["last_seen"].as_str().unwrap())
                    .unwrap()
                    .as_micros(),
                AttackerOrder::Active => attacker["event_count"].as_i64().unwrap(),
                AttackerOrder::Traversals => attacker["decky_count"].as_i64().unwrap(),
            })
        });
        page(paging, &all)
    }
}

fn entry(id: i64, log: &NewLog) -> Value {
    let fields: Value = serde_json::from_str(&log.fields).unwrap();
    json!({
        "id": id, "timestamp": log.timestamp, "decky": log.decky, "service": log.service,
        "event_type": log.event_type, "attacker_ip": log.attacker_ip,
        "raw_line": log.raw_line, "fields": fields, "msg": log.msg,
        "trace_id": log.trace_id, "span_id": log.span_id,
    })
}

fn attacker(ip: &str, logs: &[(i64, &NewLog)], bounties: &[Value]) -> Value {
    let unique = |names: Vec<&str>| {
        let mut names: Vec<String> = names.into_iter().map(str::to_owned).collect();
        names.sort();
        names.dedup();
        names
    };
    let services = unique(logs.iter().map(|(_, log)| log.service.as_str()).collect());
    let deckies = unique(logs.iter().map(|(_, log)| log.decky.as_str()).collect());
    let mut visits: Vec<(Timestamp, i64, &str)> = logs
        .iter()
        .map(|(id, log)| (log.timestamp, *id, log.decky.as_str()))
        .collect();
    visits.sort();
    let mut path: Vec<&str> = Vec::new();
    for (_, _, decky) in visits {
        if !path.contains(&decky) {
            path.push(decky);
        }
    }
    let mut fingerprints: Vec<&String> = Vec::new();
    for fingerprint in logs.iter().flat_map(|(_, log)| &log.harvest.fingerprints) {
        if !fingerprints.contains(&fingerprint) {
            fingerprints.push(fingerprint);
        }
    }
    let commands: Vec<&String> = logs
        .iter()
        .filter_map(|(_, log)| log.harvest.command.as_ref())
        .collect();
    let commands = &commands[commands.len().saturating_sub(50)..];
    let own = || bounties.iter().filter(|bounty| bounty["attacker_ip"] == ip);
    let credentials = own().filter(|bounty| bounty["bounty_type"] == "credential");
    let credentials = credentials.count();
    let behavior = match () {
        () if !commands.is_empty() => "interactive",
        () if path.len() > 1 => "traversal",
        () if credentials >= 5 => "brute force",
        () => "probe",
    };
    json!({
        "ip": ip,
        "first_seen": logs.iter().map(|(_, log)| log.timestamp).min(),
        "last_seen": logs.iter().map(|(_, log)| log.timestamp).max(),
        "event_count": logs.len(), "service_count": services.len(),
        "decky_count": deckies.len(), "services": services, "deckies": deckies,
        "traversal_path": (path.len() > 1).then_some(&path), "is_traversal": path.len() > 1,
        "bounty_count": own().count(), "credential_count": credentials,
        "fingerprints": fingerprints, "commands": commands, "behavior": behavior,
    })
}
