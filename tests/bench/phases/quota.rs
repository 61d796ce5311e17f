//! QUOTA_WAIT, QUOTA_WAIT_HARD, QUOTA_CHECK: what the quota costs those beyond
//! it, and those within.
//!
//! All samples of a wait run at once against a server with one worker thread:
//! a wait that held the thread or a lock would make them wait for each other.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use decnet::quota::{Pass, Quota, QuotaLimits};
use shakedown::Result;
use shakedown::fixtures::poll::Poll;
use shakedown::workbook::Sampler;

use super::{ensure, runtime};
use crate::decnet_server::DecnetServer;

pub(super) fn quota_wait(phase: &mut Sampler) -> Result {
    waits(phase, "soft", "1000000")
}

pub(super) fn quota_wait_hard(phase: &mut Sampler) -> Result {
    waits(phase, "hard", "1")
}

fn waits(phase: &mut Sampler, expected: &'static str, hard_limit: &str) -> Result {
    let server = DecnetServer::builder()
        .workers(1)
        .env("DECNET_BCRYPT_COST", "4")
        .env("DECNET_QUOTA_ALLOWANCE", "1")
        .env("DECNET_QUOTA_HARD_LIMIT", hard_limit)
        .start()?;
    let samples = phase.samples();
    let times = runtime(1)?.block_on(async {
        let token = server.token().await?;
        let client = reqwest::Client::new();
        let url = format!("{}/api/v1/stats", server.url());
        let ask = || client.get(&url).bearer_auth(&token).send();
        let first = ask().await?.error_for_status()?;
        ensure(first.headers()["x-quota-remaining"] == "0", || {
            format!("{:?}", first.headers())
        })?;
        let tasks: Vec<_> = (0..samples)
            .map(|_| {
                let request = ask();
                tokio::spawn(async move {
                    let start = Instant::now();
                    let answer = request.await?.error_for_status()?;
                    let took = start.elapsed();
                    let waited = answer.headers().get("x-quota-waited").cloned();
                    Ok::<_, reqwest::Error>((took, waited))
                })
            })
            .collect();
        // While they all wait, who has no account is answered at once.
        let start = Instant::now();
        client
            .get(format!("{}/healthz", server.url()))
            .send()
            .await?
            .error_for_status()?;
        let free = start.elapsed();
        ensure(free < Duration::from_secs(2), || {
            format!("a free request took {free:?}")
        })?;
        let mut times = Vec::new();
        for task in tasks {
            let (took, waited) = task.await??;
            ensure(
                waited.as_ref().is_some_and(|waited| waited == expected),
                || format!("waited {waited:?}, not {expected}"),
            )?;
            times.push(took);
        }
        Ok::<_, shakedown::Failure>(times)
    })?;
    times.into_iter().for_each(|took| phase.record(took));
    Ok(())
}

/// Accounts that wait while others are checked.
const WAITERS: usize = 1_000;
/// Accounts within their allowance, among whom the one that is measured is looked up.
const FREE: usize = 1_000;

pub(super) fn quota_check(phase: &mut Sampler) -> Result {
    let checks = phase.samples() + phase.phase().warmup;
    let quota = Arc::new(Quota::new(QuotaLimits::new(
        checks / FREE as u64 + 2,
        u64::MAX,
    )));
    let accounts: Vec<Arc<str>> = (0..FREE)
        .map(|n| Arc::from(format!("account-{n}")))
        .collect();
    for account in &accounts {
        quota.check(account, 0);
    }
    let waiting = Arc::new(AtomicUsize::new(0));
    let runtime = runtime(1)?;
    for number in 0..WAITERS {
        let account = Arc::from(format!("waiter-{number}"));
        runtime.spawn(wait(Arc::clone(&quota), account, Arc::clone(&waiting)));
    }
    Poll::new()
        .describe("all waiters wait")
        .until(|| waiting.load(Ordering::SeqCst) == WAITERS);
    let mut number = 0;
    phase.each(|watch| {
        number += 1;
        let account = &accounts[number % accounts.len()];
        let pass = watch.time(|| quota.check(account, 0));
        ensure(matches!(pass, Pass::Free { .. }), || format!("{pass:?}"))
    })?;
    // Some may be on their way from one wait to the next.
    let still = waiting.load(Ordering::SeqCst);
    ensure(still > WAITERS / 2, || {
        format!("only {still} of {WAITERS} were waiting")
    })
}

/// What the API does with the requests of an account, one after the other.
#[expect(clippy::disallowed_methods, reason = "time itself is the subject")]
async fn wait(quota: Arc<Quota>, account: Arc<str>, waiting: Arc<AtomicUsize>) {
    loop {
        if let Pass::Soft(time) | Pass::Hard(time) = quota.check(&account, 0) {
            waiting.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(time).await;
            waiting.fetch_sub(1, Ordering::SeqCst);
        }
    }
}
