//! An acknowledged log survives `kill -9`.
//!
//! Writers post logs without pause; the server is killed with SIGKILL at a
//! random moment, started again on the same file, and must hand back every log
//! it had acknowledged, once. Thirty rounds on one database.

use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use shakedown::fixtures::scratch;
use shakedown::{Failure, Result};
use tokio::sync::Notify;

use crate::server::DecnetServer;

const ROUNDS: u64 = 30;
const WRITERS: u64 = 8;

/// What the writers were told is stored: the id of each line.
type Acknowledged = BTreeMap<String, i64>;

#[tokio::test(flavor = "multi_thread")]
async fn acknowledged_logs_survive_kill_9() -> Result {
    let scratch = scratch();
    let database = scratch.path().join("decnet.db");
    let mut server = DecnetServer::builder().database(&database).start()?;
    let token = server.token().await?;
    let mut stored = 0;
    for round in 0..ROUNDS {
        let kill_after = RandomState::new().hash_one(round) % 400;
        let acknowledged = write_until_killed(&mut server, &token, round, kill_after).await?;
        assert!(
            acknowledged.len() as u64 >= kill_after,
            "round {round}: the kill came before the {kill_after}th acknowledgement"
        );
        server = DecnetServer::builder().database(&database).start()?;
        let found = read_back(&server, &token, round).await?;
        let lost: Vec<_> = acknowledged
            .iter()
            .filter(|(line, id)| found.get(*line) != Some(*id))
            .collect();
        assert!(
            lost.is_empty(),
            "round {round}, killed after {kill_after} acknowledgements: {} of {} acknowledged logs are gone: {lost:?}",
            lost.len(),
            acknowledged.len(),
        );
        stored += acknowledged.len();
    }
    println!("{ROUNDS} kills, {stored} acknowledged logs, none lost");
    Ok(())
}

/// Posts from all writers; kills the server once `kill_after` logs are acknowledged.
async fn write_until_killed(
    server: &mut DecnetServer,
    token: &str,
    round: u64,
    kill_after: u64,
) -> Result<Acknowledged> {
    let count = Arc::new(AtomicU64::new(0));
    let enough = Arc::new(Notify::new());
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let (url, token) = (server.url().to_owned(), token.to_owned());
            let (count, enough) = (count.clone(), enough.clone());
            tokio::spawn(async move {
                let client = reqwest::Client::new();
                let mut acknowledged = Acknowledged::new();
                for n in 0_u64.. {
                    let line = format!("round-{round}-writer-{writer}-log-{n}");
                    let Some(id) = post(&client, &url, &token, &line).await else {
                        break;
                    };
                    acknowledged.insert(line, id);
                    if count.fetch_add(1, Ordering::Relaxed) + 1 >= kill_after {
                        enough.notify_one();
                    }
                }
                acknowledged
            })
        })
        .collect();
    tokio::time::timeout(Duration::from_secs(20), enough.notified())
        .await
        .map_err(|_| {
            Failure::new(format!(
                "the writers got no {kill_after} acknowledgements; decnet's log:\n{}",
                server.process().log_tail(20)
            ))
        })?;
    server.process().kill()?;
    let mut acknowledged = Acknowledged::new();
    for writer in writers {
        acknowledged.extend(writer.await?);
    }
    Ok(acknowledged)
}

/// The id of the stored log, or nothing when the server is gone.
async fn post(client: &reqwest::Client, url: &str, token: &str, line: &str) -> Option<i64> {
    let log = json!({
        "decky": "decky-01", "service": "ssh", "event_type": "login_attempt",
        "attacker_ip": "203.0.113.9", "raw_line": line,
        "fields": {"username": "root", "password": "toor"}, "msg": "login attempt",
    });
    let answer = client
        .post(format!("{url}/api/v1/logs"))
        .bearer_auth(token)
        .json(&log)
        .send()
        .await
        .ok()?;
    assert!(answer.status().is_success(), "{}", answer.status());
    let body: Value = answer.json().await.ok()?;
    body["ids"][0].as_i64()
}

/// All logs of a round, by line; a line stored twice fails.
async fn read_back(server: &DecnetServer, token: &str, round: u64) -> Result<Acknowledged> {
    let client = reqwest::Client::new();
    let mut found = Acknowledged::new();
    loop {
        let page: Value = client
            .get(format!(
                "{}/api/v1/logs?limit=1000&offset={}&search=round-{round}-writer",
                server.url(),
                found.len()
            ))
            .bearer_auth(token)
            .send()
            .await?
            .error_for_status()?
            .json()
            .await?;
        let data = page["data"].as_array().cloned().unwrap_or_default();
        for log in &data {
            let line = log["raw_line"].as_str().unwrap_or_default().to_owned();
            let id = log["id"]
                .as_i64()
                .ok_or_else(|| Failure::new(format!("a log without an id: {log}")))?;
            assert_eq!(
                found.insert(line.clone(), id),
                None,
                "`{line}` is there twice"
            );
        }
        if found.len() as u64 >= page["total"].as_u64().unwrap_or(0) || data.is_empty() {
            return Ok(found);
        }
    }
}
