//! A server that stalls once for two seconds: what each loop says of it.

use std::time::Duration;

use shakedown::stress::goose::prelude::*;
use shakedown::stress::{Call, Knobs, Limits, Mix, Progress, Run, Stress};

use crate::known::Known;

const STALL: Duration = Duration::from_secs(2);
const RATE: u32 = 200;

async fn ask(user: &mut GooseUser) -> TransactionResult {
    Call::get("/").send(user).await?;
    Ok(())
}

/// Loads a server that stalls two seconds after the first request, for about
/// 200 requests a second.
async fn run(rate: Option<f64>, users: usize, wait: Duration) -> Run {
    let server = Known::start(|_, since| {
        let end = STALL * 2;
        match since {
            since if since >= STALL && since < end => end - since,
            _ => Duration::ZERO,
        }
    })
    .unwrap();
    let mut knobs = Knobs::default();
    knobs.users = users;
    knobs.spawn_rate = 1_000.0;
    knobs.duration = Duration::from_secs(6);
    knobs.rate = rate;
    let mix = Mix::named("steady")
        .wait(wait, wait)
        .weighted(1, transaction!(ask));
    let run = Stress::against(&server.url)
        .name("stall")
        .scenarios(vec![mix.scenario().unwrap()])
        .knobs(knobs)
        .progress(Progress::Off)
        .run()
        .await
        .unwrap();
    assert_eq!(run.failures(), 0, "{}", run.table());
    run
}

#[tokio::test]
async fn a_stall_of_two_seconds_is_in_the_open_loops_p99_and_not_in_the_closed_ones() {
    // Four users who wait 20 ms send 200 requests a second.
    let users = 4;
    let wait = Duration::from_secs(users) / RATE;
    let closed = run(None, 4, wait).await;
    // As many users as may wait at once in two seconds.
    let open = run(Some(f64::from(RATE)), 500, Duration::ZERO).await;
    println!("a server that stalls once for {STALL:?}, in a closed loop:");
    println!("{}", closed.verdict(&Limits::default()).unwrap());
    println!("\nthe same in an open loop:");
    println!("{}", open.verdict(&Limits::default()).unwrap());
    let (closed, open) = (&closed.record().measured, &open.record().measured);
    println!(
        "\np99: closed {} ms, open {} ms",
        closed.p99_ms, open.p99_ms
    );

    // Both saw it: each user of the closed loop waited once.
    let stall = STALL.as_secs_f64() * 1_000.0;
    for measured in [closed, open] {
        assert!(measured.max_ms > 0.9 * stall, "{measured:?}");
    }
    // A third of the arrivals were due in it, evenly spread over its length.
    assert!(open.p99_ms > 0.9 * stall, "{open:?}");
    let due = f64::from(RATE) * 6.0;
    assert!(open.requests as f64 > 0.95 * due, "{open:?}");
    // Four requests in eight hundred.
    assert!(closed.p99_ms < 0.1 * stall, "{closed:?}");
}
