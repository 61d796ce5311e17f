//! What a person reads at the end of a run.

use shakedown::stress::goose::prelude::*;
use shakedown::stress::{Call, Limits, StressError};

use crate::counts::run;
use crate::server::Server;

async fn fine(user: &mut GooseUser) -> TransactionResult {
    Call::get("/ok").send(user).await?;
    Ok(())
}

async fn long(user: &mut GooseUser) -> TransactionResult {
    Call::get("/ok/with/a/long/path?limit=100")
        .send(user)
        .await?;
    Ok(())
}

/// Numbers become `N` and runs of blanks one blank.
fn redacted(text: &str) -> String {
    let line = |line: &str| {
        let words = line.split_whitespace().map(|word| {
            let bare = word.trim_matches(|c: char| "();".contains(c));
            if bare.starts_with(|c: char| c.is_ascii_digit()) {
                word.replace(bare, "N")
            } else {
                word.to_owned()
            }
        });
        words.collect::<Vec<_>>().join(" ")
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn a_broken_limit_shows_the_table_the_limit_and_the_archive() {
    let server = Server::start().await;
    let scenario = scenario!("two")
        .register_transaction(transaction!(fine))
        .register_transaction(transaction!(long));
    let run = run(&server.url, scenario, 5).await;

    let mut limits = Limits::default();
    let held = run.verdict(&limits).unwrap().to_string();
    assert!(
        held.lines().all(|line| line.chars().count() <= 80),
        "{held}"
    );

    limits.min_rps = Some(1e9);
    limits.max_p95_ms = Some(0.000_001);
    let directory = tempfile::tempdir().unwrap();
    let archived = run.archive(directory.path()).unwrap();
    let broken = run.verdict(&limits).unwrap_err();
    assert!(matches!(broken, StressError::Broken(_)));
    let text = broken.to_string();
    let path = archived.stats.display().to_string();
    assert!(text.contains(&path), "{text}");
    let text = redacted(&text.replace(&path, "STATS"));
    // Whether a busy machine saturated is no matter here.
    let text: Vec<&str> = text.lines().filter(|l| !l.contains("saturated")).collect();
    insta::assert_snapshot!(text.join("\n"), @r"
    the run broke N limits
    times in ms reqs fails avg min max p50 p95 p99 RPS
    GET /ok N N N N N N N N N
    GET /ok/with/a/long/path?limit=100
    N N N N N N N N N
    Aggregated N N N N N N N N N
    closed loop of N users, N s measured
    before that N s of ramp: N requests, N failed
    broken: N requests/s; STRESS_MIN_RPS asks for N
    broken: p95 N ms; STRESS_MAX_P95_MS allows N ms
    the numbers are in `STATS`
    ");
}
