//! Failures under more load and for longer than the fast suite has time for.

use std::collections::BTreeMap;
use std::time::Duration;

use shakedown::locust::{read_failures, read_history};
use shakedown::stress::goose::prelude::*;
use shakedown::stress::{Call, Knobs, Limits, Mix, Progress, Run, Stress};

use crate::server::{Server, until};

async fn call(user: &mut GooseUser, path: &str) -> TransactionResult {
    Call::get(path).send(user).await?;
    Ok(())
}

async fn fine(user: &mut GooseUser) -> TransactionResult {
    call(user, "/ok").await
}

async fn error(user: &mut GooseUser) -> TransactionResult {
    call(user, "/error").await
}

async fn hang(user: &mut GooseUser) -> TransactionResult {
    call(user, "/hang").await
}

async fn dropped(user: &mut GooseUser) -> TransactionResult {
    call(user, "/drop").await
}

async fn endless(user: &mut GooseUser) -> TransactionResult {
    call(user, "/ok").await?;
    std::future::pending().await
}

async fn run(server: &Server, scenario: Scenario, knobs: Knobs) -> Run {
    Stress::against(&server.url)
        .scenarios(vec![scenario])
        .knobs(knobs)
        .progress(Progress::Off)
        .run()
        .await
        .unwrap()
}

fn knobs(users: usize, seconds: u64, timeout: Duration) -> Knobs {
    let mut knobs = Knobs::default();
    knobs.users = users;
    knobs.duration = Duration::from_secs(seconds);
    knobs.timeout = timeout;
    knobs
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_users_and_every_failure_is_counted_once() {
    let server = Server::start().await;
    let mix = Mix::named("bad")
        .weighted(90, transaction!(fine))
        .weighted(5, transaction!(error))
        .weighted(3, transaction!(dropped))
        .weighted(2, transaction!(hang));
    let knobs = knobs(200, 8, Duration::from_millis(500));
    let run = run(&server, mix.scenario().unwrap(), knobs).await;

    // The last requests given up may still lie in the server's sockets.
    let all = usize::try_from(run.requests()).unwrap();
    until("the server saw them", || server.requests().len() >= all).await;
    let seen = server.counts();
    let rows = read_failures(&run.failures_csv()).unwrap();
    let rows: BTreeMap<&str, (&str, u64)> = rows
        .iter()
        .map(|row| (row.name.as_str(), (row.error.as_str(), row.occurrences)))
        .collect();
    assert_eq!(
        rows,
        BTreeMap::from([
            (
                "/drop",
                (
                    "connection closed before message completed",
                    seen["GET /drop"]
                )
            ),
            ("/error", ("500 Internal Server Error", seen["GET /error"])),
            ("/hang", ("timed out after 500ms", seen["GET /hang"])),
        ])
    );
    assert_eq!(run.requests(), seen.values().sum::<u64>());
    assert_eq!(run.record().engine_requests, run.requests());
    let history = read_history(&run.history_csv()).unwrap();
    let seconds: Vec<_> = history
        .iter()
        .filter(|row| row.name == "Aggregated")
        .collect();
    assert!(seconds.len() >= 8);
    assert!(seconds.is_sorted_by_key(|row| row.requests));
    assert_eq!(seconds.last().unwrap().requests, run.requests());
}

#[tokio::test]
async fn a_transaction_that_never_ends_is_dropped_and_said_so() {
    let server = Server::start().await;
    let scenario = scenario!("endless").register_transaction(transaction!(endless));
    let run = run(&server, scenario, knobs(3, 1, Duration::from_secs(1))).await;
    assert_eq!((run.requests(), server.connections_made()), (3, 3));
    let error = run.verdict(&Limits::default()).unwrap_err().to_string();
    assert!(
        error.contains("was still running when the run was stopped"),
        "{error}"
    );
    // Nobody is left who could send another.
    drop(run);
    until("all users gone", || server.open_connections() == 0).await;
}
