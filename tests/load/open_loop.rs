//! Constant arrivals: what is sent, when it counts from, and what is said when
//! the schedule is not kept.

use std::time::Duration;

use shakedown::stress::goose::prelude::*;
use shakedown::stress::{Call, Knobs, Limits, Mix, Progress, Run, Stress};

use crate::server::Server;

async fn fine(user: &mut GooseUser) -> TransactionResult {
    Call::get("/ok").send(user).await?;
    Ok(())
}

async fn gooses_own(user: &mut GooseUser) -> TransactionResult {
    let response = user.get("ok/goose").await?;
    if let Ok(response) = response.response {
        let _ = response.bytes().await;
    }
    Ok(())
}

async fn stalls(user: &mut GooseUser) -> TransactionResult {
    Call::get("/stall").send(user).await?;
    Ok(())
}

async fn hang(user: &mut GooseUser) -> TransactionResult {
    Call::get("/hang").send(user).await?;
    Ok(())
}

async fn login(user: &mut GooseUser) -> TransactionResult {
    Call::post("/ok/login").send(user).await?;
    Ok(())
}

fn knobs(users: usize, rate: f64) -> Knobs {
    let mut knobs = Knobs::default();
    knobs.users = users;
    knobs.spawn_rate = 200.0;
    knobs.duration = Duration::from_millis(500);
    knobs.rate = Some(rate);
    knobs
}

async fn run(url: &str, scenario: Scenario, knobs: Knobs) -> Run {
    Stress::against(url)
        .name("open")
        .scenarios(vec![scenario])
        .knobs(knobs)
        .progress(Progress::Off)
        .run()
        .await
        .unwrap()
}

#[tokio::test]
async fn every_arrival_is_one_transaction_whichever_client_makes_it() {
    let server = Server::start().await;
    let mix = Mix::named("both")
        .first(transaction!(login))
        .weighted(1, transaction!(fine))
        .weighted(1, transaction!(gooses_own));
    let run = run(&server.url, mix.scenario().unwrap(), knobs(10, 200.0)).await;
    let record = run.record();
    let arrivals = record.arrivals.as_ref().unwrap();
    // A ramp of 50 ms sends half of its ten.
    assert_eq!((arrivals.due, arrivals.unsent), (105, 0));
    let counts = server.counts();
    assert_eq!(counts["POST /ok/login"], 10);
    assert_eq!(counts["GET /ok"] + counts["GET /ok/goose"], arrivals.due);
    assert_eq!(run.requests(), arrivals.due + 10);
    assert_eq!(run.failures(), 0);
    assert_eq!(
        (record.load.kind.as_str(), record.load.rate),
        ("open", Some(200.0))
    );
    let verdict = run.verdict(&Limits::default()).unwrap().to_string();
    assert!(verdict.contains("open loop of 200/s"), "{verdict}");
    assert!(
        verdict.lines().all(|line| line.chars().count() <= 80),
        "{verdict}"
    );
}

#[tokio::test]
async fn a_server_that_is_too_slow_is_called_saturated_and_the_wait_is_counted() {
    let server = Server::start().await;
    // One user, who is answered every 100 ms, and 30 arrivals a second.
    let scenario = scenario!("slow").register_transaction(transaction!(stalls));
    let run = run(&server.url, scenario, knobs(1, 30.0)).await;
    let record = run.record();
    let arrivals = record.arrivals.as_ref().unwrap();
    assert_eq!(arrivals.due, run.requests());
    assert!(arrivals.waited > arrivals.due / 2, "{arrivals:?}");
    assert!(arrivals.saturated, "{arrivals:?}");
    // The last of 15 arrivals was due at 0.5 s and answered after 1.5 s.
    assert!(record.measured.max_ms > 700.0, "{}", run.table());
    let verdict = run.verdict(&Limits::default()).unwrap();
    assert!(verdict.doubts().contains(&"saturated"), "{verdict}");
}

#[tokio::test]
async fn arrivals_that_are_never_sent_fail_the_run() {
    let server = Server::start().await;
    let scenario = scenario!("hang").register_transaction(transaction!(hang));
    let mut knobs = knobs(2, 50.0);
    knobs.timeout = Duration::from_millis(300);
    let run = run(&server.url, scenario, knobs).await;
    let arrivals = run.record().arrivals.clone().unwrap();
    assert_eq!(arrivals.due, run.requests() + arrivals.unsent);
    assert!(arrivals.unsent > 0, "{arrivals:?}");
    let error = run.verdict(&Limits::default()).unwrap_err().to_string();
    assert!(error.contains("arrivals were never sent"), "{error}");
}

#[tokio::test]
async fn files_of_an_open_loop_carry_its_rate() {
    let server = Server::start().await;
    let scenario = scenario!("fine").register_transaction(transaction!(fine));
    let run = run(&server.url, scenario, knobs(5, 100.0)).await;
    let directory = tempfile::tempdir().unwrap();
    let archived = run.archive(directory.path()).unwrap();
    let name = archived
        .stats
        .file_name()
        .unwrap()
        .to_string_lossy()
        .into_owned();
    assert!(name.starts_with("profile_5_open_rate-100_"), "{name}");
    let factors = shakedown::story::factors_of_name(name.trim_end_matches("_stats.csv"));
    assert_eq!(factors.get("rate"), Some("100"));
}
