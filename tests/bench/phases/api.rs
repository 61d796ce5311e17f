//! API_P95: the dashboard's requests at 100 users, of a server that has logs to
//! show.

use std::time::Duration;

use serde_json::{Value, json};
use shakedown::Result;
use shakedown::stress::{Knobs, Limits, Progress, Stress};
use shakedown::workbook::Sampler;

use super::{ensure, runtime};
use crate::decnet_server::DecnetServer;
use crate::scenarios::dashboard;

/// Logs that are stored before.
const LOGS: usize = 10_000;
const USERS: usize = 100;
/// The longest that the samples may take to come together.
const MOST_ROUNDS: usize = 20;

pub(super) fn api_p95(phase: &mut Sampler) -> Result {
    let server = DecnetServer::start()?;
    runtime(2)?.block_on(async {
        let token = server.token().await?;
        store_logs(server.url(), &token).await?;
        let mut taken = 0;
        for _ in 0..MOST_ROUNDS {
            let mut knobs = Knobs::default();
            knobs.users = USERS;
            knobs.spawn_rate = USERS as f64;
            knobs.duration = Duration::from_secs(5);
            let run = Stress::against(server.url())
                .name("api_p95")
                .scenarios(vec![dashboard(&token)?])
                .knobs(knobs)
                .progress(Progress::Off)
                .run()
                .await?;
            run.verdict(&Limits::default())?; // no request failed
            let measured = &run.record().measured;
            taken += measured.requests;
            phase.record_all(&measured.histogram);
            if taken >= phase.samples() {
                return Ok(());
            }
        }
        ensure(false, || format!("only {taken} requests were answered"))
    })
}

async fn store_logs(url: &str, token: &str) -> Result {
    let client = reqwest::Client::new();
    for batch in 0..LOGS / 500 {
        let logs: Vec<Value> = (0..500).map(|n| log(batch * 500 + n)).collect();
        client
            .post(format!("{url}/api/v1/logs"))
            .bearer_auth(token)
            .json(&logs)
            .send()
            .await?
            .error_for_status()?;
    }
    Ok(())
}

fn log(number: usize) -> Value {
    let service = ["ssh", "http", "ftp", "telnet"][number % 4];
    json!({
        "decky": format!("decky-{}", number % 20), "service": service, "event_type": "login_attempt",
        "attacker_ip": format!("198.51.{}.{}", number % 97 % 10, number % 250),
        "raw_line": format!("{service}: attempt {number}"),
        "fields": { "username": "root", "password": format!("brute{number}") },
    })
}
