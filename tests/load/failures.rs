//! What a server does wrong is in the files, exactly as often as it did it.

use std::collections::BTreeMap;
use std::time::Duration;

use shakedown::locust::{read_failures, read_stats};
use shakedown::stress::goose::prelude::*;
use shakedown::stress::{Call, Progress, Run, Stress};

use crate::counts::{run, small};
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

async fn expected(user: &mut GooseUser) -> TransactionResult {
    let call = Call::get("/missing").expect_status(404);
    assert!(call.send(user).await?.is_ok());
    Ok(())
}

fn failures(run: &Run) -> BTreeMap<(String, String), u64> {
    read_failures(&run.failures_csv())
        .unwrap()
        .into_iter()
        .map(|row| {
            (
                (format!("{} {}", row.method, row.name), row.error),
                row.occurrences,
            )
        })
        .collect()
}

#[tokio::test]
async fn errors_hangs_and_drops_are_the_rows_of_the_failures_file() {
    let server = Server::start().await;
    let mut knobs = small(6);
    knobs.timeout = Duration::from_millis(300);
    let scenario = scenario!("bad")
        .register_transaction(transaction!(fine))
        .register_transaction(transaction!(error))
        .register_transaction(transaction!(hang))
        .register_transaction(transaction!(dropped))
        .register_transaction(transaction!(expected));
    let run = Stress::against(&server.url)
        .scenarios(vec![scenario])
        .knobs(knobs)
        .progress(Progress::Off)
        .run()
        .await
        .unwrap();

    // The last request given up may still lie in the server's socket.
    let all = usize::try_from(run.requests()).unwrap();
    until("the server saw them", || server.requests().len() >= all).await;
    let seen = server.counts();
    let row = |request: &str, error: &str| ((request.to_owned(), error.to_owned()), seen[request]);
    assert_eq!(
        failures(&run),
        BTreeMap::from([
            row("GET /drop", "connection closed before message completed"),
            row("GET /error", "500 Internal Server Error"),
            row("GET /hang", "timed out after 300ms"),
        ])
    );
    assert!(seen["GET /hang"] > 0 && seen["GET /drop"] > 0 && seen["GET /error"] > 0);
    for stats in read_stats(&run.stats_csv()).unwrap() {
        let bad = ["/drop", "/error", "/hang"].contains(&stats.name.as_str());
        if stats.name != "Aggregated" {
            assert_eq!(
                stats.failures,
                if bad { stats.requests } else { 0 },
                "{stats:?}"
            );
        }
        if stats.name == "/hang" {
            assert!(stats.min_ms >= 300.0);
        }
    }
    assert_eq!(run.record().engine_requests, run.requests());
}

#[tokio::test]
async fn a_server_that_refuses_is_all_failures() {
    // Bound but not listening: the port refuses, and nobody else can have it.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let url = format!("http://{}", socket.local_addr().unwrap());
    let scenario = scenario!("refused")
        .register_transaction(transaction!(fine))
        .set_wait_time(Duration::from_millis(20), Duration::from_millis(20))
        .unwrap();
    let run = run(&url, scenario, 3).await;
    assert!(run.requests() > 0);
    let refused = (
        "GET /ok".to_owned(),
        "Connection refused (os error 111)".to_owned(),
    );
    assert_eq!(failures(&run), BTreeMap::from([(refused, run.requests())]));
    assert_eq!(run.failures(), run.requests());
}

async fn forgiven(user: &mut GooseUser) -> TransactionResult {
    let mut answer = user.get("error").await?;
    user.set_success(&mut answer.request)
}

async fn unforgiven(user: &mut GooseUser) -> TransactionResult {
    let mut answer = user.get("ok").await?;
    user.set_failure("wrong, \"all\"\nwrong", &mut answer.request, None, None)
}

async fn missing(user: &mut GooseUser) -> TransactionResult {
    let _ = user.get("missing").await?;
    Ok(())
}

#[tokio::test]
async fn checks_made_with_gooses_client_count_too() {
    let server = Server::start().await;
    let scenario = scenario!("checks")
        .register_transaction(transaction!(forgiven))
        .register_transaction(transaction!(unforgiven))
        .register_transaction(transaction!(missing));
    let run = run(&server.url, scenario, 3).await;
    let seen = server.counts();
    let row = |name: &str, error: &str, request: &str| {
        ((name.to_owned(), error.to_owned()), seen[request])
    };
    assert_eq!(
        failures(&run),
        BTreeMap::from([
            row("GET ok", "wrong, \"all\"\nwrong", "GET /ok"),
            row("GET missing", "404 Not Found: missing", "GET /missing"),
        ])
    );
    assert_eq!(run.record().engine_requests, run.requests());
    assert!(
        run.record().exceptions.is_empty(),
        "{:?}",
        run.record().exceptions
    );
}
