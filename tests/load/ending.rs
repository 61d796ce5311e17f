//! How a run ends when something else than its time ends it.

use std::pin::pin;
use std::time::Duration;

use shakedown::locust::read_exceptions;
use shakedown::stress::goose::prelude::*;
use shakedown::stress::{Call, Limits, Progress, Stress, StressError};

use crate::counts::{run, small};
use crate::server::{Server, until};

async fn fine(user: &mut GooseUser) -> TransactionResult {
    Call::get("/ok").send(user).await?;
    Ok(())
}

async fn broken(user: &mut GooseUser) -> TransactionResult {
    Call::get("/ok").send(user).await?;
    panic!("no such thing as `deckies`")
}

async fn failing(_: &mut GooseUser) -> TransactionResult {
    Err(Box::new(TransactionError::Custom("no token".to_owned())))
}

#[tokio::test]
async fn dropping_the_run_stops_the_load() {
    let server = Server::start().await;
    let scenario = scenario!("fine").register_transaction(transaction!(fine));
    let mut knobs = small(10);
    knobs.duration = Duration::from_secs(600);
    let stress = Stress::against(&server.url)
        .scenarios(vec![scenario])
        .knobs(knobs)
        .progress(Progress::Off);
    {
        let mut running = pin!(stress.run());
        tokio::select! {
            run = &mut running => panic!("the run ended by itself: {run:?}"),
            () = until("a hundred requests", || server.requests().len() > 100) => {}
        }
    }
    // A user's connection closes when the last task that could use it is gone.
    until("all users gone", || server.open_connections() == 0).await;
}

#[tokio::test]
async fn a_panic_in_a_transaction_fails_the_verdict() {
    let server = Server::start().await;
    let scenario = scenario!("fragile")
        .register_transaction(transaction!(fine))
        .register_transaction(transaction!(broken).set_name("list").set_weight(1).unwrap())
        .register_transaction(transaction!(failing))
        .set_wait_time(Duration::from_millis(20), Duration::from_millis(40))
        .unwrap();
    let run = run(&server.url, scenario, 2).await;

    let rows = read_exceptions(&run.exceptions_csv()).unwrap();
    let panicked = rows.iter().find(|row| row.message.starts_with("panicked"));
    let panicked = panicked.expect("the panic has a row");
    assert_eq!(panicked.message, "panicked: no such thing as `deckies`");
    assert_eq!(panicked.traceback, "scenario `fragile`, transaction `list`");
    assert!(rows.iter().any(|row| row.message == "no token"));
    // What the users did before they panicked is not lost.
    assert_eq!(run.requests(), server.requests().len() as u64);

    let error = run.verdict(&Limits::default()).unwrap_err();
    assert!(matches!(error, StressError::Broken(_)));
    assert!(
        error.to_string().contains("panicked: no such thing"),
        "{error}"
    );
}

#[tokio::test]
async fn a_scenario_that_only_panics_is_interrupted() {
    let server = Server::start().await;
    let scenario = scenario!("fragile").register_transaction(transaction!(broken));
    let mut knobs = small(2);
    knobs.duration = Duration::from_secs(600);
    let run = Stress::against(&server.url)
        .scenarios(vec![scenario])
        .knobs(knobs)
        .progress(Progress::Off);
    let running = tokio::time::timeout(Duration::from_secs(20), run.run());
    let run = running.await.expect("it does not go on").unwrap();
    assert!(!run.record().windows.complete);
    let error = run.verdict(&Limits::default()).unwrap_err().to_string();
    assert!(error.contains("the run was interrupted"), "{error}");
}

#[tokio::test]
async fn a_run_without_requests_is_broken() {
    async fn idle(_: &mut GooseUser) -> TransactionResult {
        Ok(())
    }
    // It never waits either, and still the run ends on time.
    let scenario = scenario!("idle").register_transaction(transaction!(idle));
    let server = Server::start().await;
    let run = run(&server.url, scenario, 2).await;
    let error = run.verdict(&Limits::default()).unwrap_err();
    assert!(
        error.to_string().contains("broken: no request was made"),
        "{error}"
    );
}

#[tokio::test]
async fn nothing_to_run_or_nowhere_to_run_it_is_an_error() {
    let error = Stress::against("http://127.0.0.1:1")
        .run()
        .await
        .unwrap_err();
    assert!(matches!(error, StressError::NoScenario));
    let scenario = scenario!("fine").register_transaction(transaction!(fine));
    let stress = Stress::against("127.0.0.1:80").scenarios(vec![scenario]);
    let error = stress.run().await.unwrap_err();
    insta::assert_snapshot!(error, @"`127.0.0.1:80` is not an address to load; it takes `http://host[:port]`");
}
