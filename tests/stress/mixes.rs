//! The two loads are the ones their page describes.

use std::time::Duration;

use shakedown::locust::read_stats;
use shakedown::stress::goose::prelude::Scenario;
use shakedown::stress::{Knobs, Limits, Progress, Run, Stress};

use crate::scenarios::{dashboard, dashboard_login, ingest};
use crate::server::Server;

const USERS: usize = 50;
const ON_START: &str = "/api/v1/auth/login [on_start]";

async fn run(scenario: Scenario, server: &Server) -> Run {
    let mut knobs = Knobs::default();
    knobs.users = USERS;
    knobs.spawn_rate = 500.0;
    knobs.duration = Duration::from_secs(4);
    Stress::against(&server.url)
        .scenarios(vec![scenario])
        .knobs(knobs)
        .progress(Progress::Off)
        .run()
        .await
        .unwrap()
}

/// Each endpoint has its share of the requests, within five standard deviations
/// of a fair draw, and there is no other.
fn check(run: &Run, weights: &[(&str, &str, f64)]) {
    run.verdict(&Limits::default()).unwrap();
    let mut rows = read_stats(&run.stats_csv()).unwrap();
    let first: u64 = rows
        .iter()
        .filter(|row| row.name == ON_START)
        .map(|row| row.requests)
        .sum();
    let all = (rows.last().unwrap().requests - first) as f64;
    rows.retain(|row| row.name != ON_START);
    let sum: f64 = weights.iter().map(|(_, _, weight)| weight).sum();
    assert_eq!(rows.len(), weights.len() + 1);
    for (method, name, weight) in weights {
        let row = rows
            .iter()
            .find(|r| (r.method.as_str(), r.name.as_str()) == (*method, *name));
        let row = row.unwrap_or_else(|| panic!("no row of {method} {name}"));
        let share = weight / sum;
        let off = (row.requests as f64 - all * share).abs();
        let deviation = (all * share * (1.0 - share)).sqrt();
        assert!(off < 5.0 * deviation, "{off} of {all} off: {row:?}");
    }
}

const DASHBOARD: [(&str, &str, f64); 12] = [
    ("GET", "/api/v1/stats", 10.0),
    ("GET", "/api/v1/logs?limit=50", 8.0),
    ("GET", "/api/v1/attackers", 8.0),
    ("GET", "/api/v1/deckies", 7.0),
    ("GET", "/api/v1/bounty", 6.0),
    ("GET", "/api/v1/logs/histogram", 5.0),
    ("GET", "/api/v1/logs?search=ssh&limit=100", 5.0),
    ("GET", "/api/v1/attackers?search=brute&sort_by=recent", 4.0),
    ("GET", "/api/v1/logs?limit=100&offset=[n]", 4.0),
    ("GET", "/api/v1/health", 3.0),
    ("GET", "/api/v1/config", 3.0),
    ("GET", "/api/v1/stream?maxOutput=3", 1.0),
];

#[tokio::test]
async fn the_dashboard_mix_has_its_weights() {
    let server = Server::start().await;
    let run = run(dashboard("token").unwrap(), &server).await;
    check(&run, &DASHBOARD);
    assert!(server.all_bore("token"));
}

#[tokio::test]
async fn who_logs_in_at_the_dashboard_has_a_token_of_its_own() {
    let server = Server::start().await;
    let run = run(dashboard_login("admin", "a password").unwrap(), &server).await;
    let login = ("POST", "/api/v1/auth/login", 2.0);
    check(&run, &[DASHBOARD.as_slice(), &[login]].concat());
    let rows = read_stats(&run.stats_csv()).unwrap();
    let row = |name: &str| rows.iter().find(|row| row.name == name).unwrap().requests;
    assert_eq!(
        row(ON_START),
        USERS as u64,
        "each once, before anything else"
    );
    // No request but a login went without; each login gave a token that was used, but
    // for those after which the run ended.
    let tokens = server.tokens();
    assert!(
        tokens
            .iter()
            .all(|token| token.is_empty() || token.starts_with("Bearer token-"))
    );
    let logins = usize::try_from(row(ON_START) + row("/api/v1/auth/login")).unwrap();
    let used = tokens.len() - 1;
    assert!(
        used <= logins && used + USERS >= logins,
        "{used} of {logins} tokens"
    );
}

#[tokio::test]
async fn the_ingest_mix_has_its_weights() {
    let server = Server::start().await;
    let run = run(ingest("token").unwrap(), &server).await;
    check(
        &run,
        &[
            ("POST", "/api/v1/logs", 70.0),
            ("GET", "/api/v1/attackers", 20.0),
            ("GET", "/healthz", 10.0),
        ],
    );
    assert!(server.all_bore("token"));
}
