//! The same seed makes each user do the same.

use shakedown::stress::goose::prelude::*;
use shakedown::stress::{Call, Knobs, Mix, Progress, Stress, roll};

use crate::counts::small;
use crate::server::Server;

async fn one(user: &mut GooseUser) -> TransactionResult {
    Call::get(format!("/ok/{}", roll(0..1_000_000)))
        .name("/ok/[n]")
        .send(user)
        .await?;
    Ok(())
}

async fn other(user: &mut GooseUser) -> TransactionResult {
    Call::get("/ok/other").send(user).await?;
    Ok(())
}

async fn first_requests(seed: u64) -> Vec<String> {
    let server = Server::start().await;
    let mix = Mix::named("mix")
        .first(transaction!(other))
        .weighted(3, transaction!(one))
        .weighted(1, transaction!(other));
    let mut knobs: Knobs = small(1);
    knobs.seed = seed;
    let run = Stress::against(&server.url)
        .scenarios(vec![mix.scenario().unwrap()])
        .knobs(knobs)
        .progress(Progress::Off)
        .run()
        .await
        .unwrap();
    assert_eq!(run.requests(), server.requests().len() as u64);
    let mut requests = server.requests();
    assert!(requests.len() >= 100, "{} requests", requests.len());
    requests.truncate(100);
    requests
}

#[tokio::test]
async fn a_seed_repeats_what_a_user_does_and_another_does_not() {
    let (one, same, another) =
        tokio::join!(first_requests(1), first_requests(1), first_requests(2));
    assert_eq!(one, same);
    assert_ne!(one, another);
    let others = one.iter().filter(|request| *request == "GET /ok/other");
    let share = others.count();
    assert!(
        (10..45).contains(&share),
        "a quarter of 100 choices: {share}"
    );
}
