//! Whoever counts the requests of a run comes to the same number.

use shakedown::locust::{read_history, read_stats};
use shakedown::stress::goose::prelude::*;
use shakedown::stress::{Call, Knobs, Progress, Record, Run, Stress};

use crate::server::Server;

pub(crate) fn small(users: usize) -> Knobs {
    let mut knobs = Knobs::default();
    knobs.users = users;
    knobs.spawn_rate = 200.0;
    knobs.duration = std::time::Duration::from_secs(1);
    knobs
}

pub(crate) async fn run(url: &str, scenario: Scenario, users: usize) -> Run {
    Stress::against(url)
        .name("test")
        .scenarios(vec![scenario])
        .knobs(small(users))
        .progress(Progress::Off)
        .run()
        .await
        .unwrap()
}

async fn lean(user: &mut GooseUser) -> TransactionResult {
    let reply = Call::get("/ok").send(user).await?;
    assert_eq!(reply.body().as_ref(), b"hello");
    Ok(())
}

async fn bearing(user: &mut GooseUser) -> TransactionResult {
    Call::post("/ok")
        .bearer("t0ken")
        .json("{}")
        .send(user)
        .await?;
    Ok(())
}

async fn lean_named(user: &mut GooseUser) -> TransactionResult {
    let path = format!("/ok/{}", shakedown::stress::roll(0..100));
    Call::get(path).name("/ok/[n]").send(user).await?;
    Ok(())
}

async fn gooses_own(user: &mut GooseUser) -> TransactionResult {
    let response = user.get("ok/goose").await?;
    if let Ok(response) = response.response {
        let _ = response.bytes().await;
    }
    Ok(())
}

#[tokio::test]
async fn goose_the_server_the_record_and_the_csv_agree() {
    let server = Server::start().await;
    let scenario = scenario!("both")
        .register_transaction(transaction!(lean))
        .register_transaction(transaction!(lean_named))
        .register_transaction(transaction!(gooses_own));
    let run = run(&server.url, scenario, 10).await;

    let seen = server.requests().len() as u64;
    assert!(seen > 0);
    let record = run.record();
    assert_eq!(run.requests(), seen);
    assert_eq!(record.engine_requests, seen);
    assert_eq!(record.measured.histogram.total(), record.measured.requests);
    assert_eq!(record.series.iter().map(|s| s.requests).sum::<u64>(), seen);
    assert_eq!(run.failures(), 0);
    assert_eq!(record.load.timing, "mixed");

    let counts = server.counts();
    let (lean, own) = (counts["GET /ok"], counts["GET /ok/goose"]);
    let rows = read_stats(&run.stats_csv()).unwrap();
    let rows: Vec<(&str, u64)> = rows.iter().map(|r| (r.name.as_str(), r.requests)).collect();
    assert_eq!(
        rows,
        [
            ("/ok", lean),
            ("/ok/[n]", seen - lean - own),
            ("ok/goose", own),
            ("Aggregated", seen),
        ]
    );
    let history = read_history(&run.history_csv()).unwrap();
    let last = history.last().unwrap();
    assert_eq!((last.name.as_str(), last.requests), ("Aggregated", seen));
}

#[test]
fn the_last_answers_of_a_slow_server_do_not_lower_its_throughput() {
    let path = "development/profiles/2026-11-22/profile_1500_ingest_cores-2_database-sqlite_service-fastapi_synchronous-full_tracing-off_writer-naive_1_workers_c9a4be6.json";
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let record: Record = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    // From 4 s to 22 s all users ran, and 7,156 requests ended; the last of 7,809 did 4 s later.
    assert_eq!(record.rps(), 7_156.0 / 18.0);
    assert!(record.rps() > 7_809.0 / record.windows.measured_s);
}

#[tokio::test]
async fn requests_before_all_users_run_are_the_ramp() {
    let server = Server::start().await;
    let scenario = scenario!("lean").register_transaction(transaction!(bearing));
    let mut knobs = small(5);
    knobs.spawn_rate = 20.0;
    let run = Stress::against(&server.url)
        .scenarios(vec![scenario])
        .knobs(knobs)
        .progress(Progress::Off)
        .run()
        .await
        .unwrap();
    let record = run.record();
    assert!(record.ramp.requests > 0 && record.measured.requests > 0);
    assert_eq!(run.requests(), server.requests().len() as u64);
    assert!(record.windows.ramp_s > 0.0 && record.windows.measured_s > 0.0);
    assert_eq!(record.load.timing, "body");
    assert_eq!(record.measured.content_bytes, 5 * record.measured.requests);
    assert!(server.all_bore("t0ken"));
    // Users keep their connections; nobody opened a second one.
    assert_eq!(server.connections_made(), 5);
}
