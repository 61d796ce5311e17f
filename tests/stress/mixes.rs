//! The two loads are the ones their page describes.

use std::time::Duration;

use shakedown::locust::read_stats;
use shakedown::stress::goose::prelude::Scenario;
use shakedown::stress::{Knobs, Limits, Progress, Run, Stress};

use crate::scenarios::{dashboard, ingest};
use crate::server::Server;

async fn run(scenario: Scenario, server: &Server) -> Run {
    let mut knobs = Knobs::default();
    knobs.users = 50;
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
    let rows = read_stats(&run.stats_csv()).unwrap();
    let all = rows.last().unwrap().requests as f64;
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

#[tokio::test]
async fn the_dashboard_mix_has_its_weights() {
    let server = Server::start().await;
    let run = run(dashboard("token").unwrap(), &server).await;
    check(
        &run,
        &[
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
        ],
    );
    assert!(server.all_bore("token"));
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
