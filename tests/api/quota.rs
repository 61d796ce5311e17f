//! The quota: who is within it passes, who is beyond it waits, and never less.

use std::sync::Arc;
use std::time::{Duration, Instant};

use decnet::quota::{Pass, Quota, QuotaLimits};

use crate::in_process::Service;

const SOFT: Duration = Duration::from_millis(60);
const HARD: Duration = Duration::from_millis(140);

fn limits(allowance: u64, hard: u64) -> QuotaLimits {
    let mut limits = QuotaLimits::new(allowance, hard);
    (limits.soft_wait, limits.hard_wait) = (SOFT, HARD);
    limits
}

#[tokio::test]
async fn beyond_the_allowance_a_request_waits_the_soft_time_then_the_hard_one() {
    let service = Service::start(|config| config.quota = Some(limits(2, 3))).await;
    for (header, value, least) in [
        ("x-quota-remaining", "1", Duration::ZERO),
        ("x-quota-remaining", "0", Duration::ZERO),
        ("x-quota-waited", "soft", SOFT),
        ("x-quota-waited", "hard", HARD),
        ("x-quota-waited", "hard", HARD),
    ] {
        let start = Instant::now();
        let answer = service.get("/api/v1/stats").await;
        assert!(start.elapsed() >= least, "{value}");
        assert_eq!(answer.status, 200);
        assert_eq!(answer.headers[header], value);
    }
}

#[tokio::test]
async fn waiting_requests_hold_up_nobody() {
    let mut long = limits(1, 1_000);
    long.soft_wait = Duration::from_secs(3_600);
    let service = Arc::new(Service::start(|config| config.quota = Some(long)).await);
    assert_eq!(
        service.get("/api/v1/stats").await.headers["x-quota-remaining"],
        "0"
    );
    // This test has one thread, so a wait that held it would end everything.
    let waiting: Vec<_> = (0..50)
        .map(|_| {
            let service = Arc::clone(&service);
            tokio::spawn(async move { service.get("/api/v1/stats").await })
        })
        .collect();
    tokio::task::yield_now().await;
    // Without a token there is no account, and so no wait.
    assert_eq!(service.get("/healthz").await.status, 200);
    assert!(waiting.iter().all(|task| !task.is_finished()));
    waiting.iter().for_each(tokio::task::JoinHandle::abort);
}

#[tokio::test]
async fn without_a_quota_nothing_is_counted() {
    let service = Service::start(|_| {}).await;
    let answer = service.get("/api/v1/stats").await;
    assert!(
        answer
            .headers
            .keys()
            .all(|name| !name.as_str().starts_with("x-quota"))
    );
}

#[test]
fn accounts_are_counted_apart_and_each_day_anew() {
    let quota = Quota::new(limits(1, 2));
    let (ada, bob): (Arc<str>, Arc<str>) = (Arc::from("ada"), Arc::from("bob"));
    assert_eq!(quota.check(&ada, 86_399), Pass::Free { remaining: 0 });
    assert_eq!(quota.check(&ada, 86_399), Pass::Soft(SOFT));
    assert_eq!(quota.check(&ada, 86_399), Pass::Hard(HARD));
    assert_eq!(quota.check(&bob, 86_399), Pass::Free { remaining: 0 });
    assert_eq!(quota.check(&ada, 86_400), Pass::Free { remaining: 0 });
}

#[test]
fn a_clock_that_steps_back_over_midnight_gives_nothing_back() {
    let quota = Quota::new(limits(1, 2));
    let ada: Arc<str> = Arc::from("ada");
    assert_eq!(quota.check(&ada, 86_400), Pass::Free { remaining: 0 });
    assert_eq!(quota.check(&ada, 86_399), Pass::Soft(SOFT));
    assert_eq!(quota.check(&ada, 86_400), Pass::Hard(HARD));
    assert_eq!(quota.check(&ada, 2 * 86_400), Pass::Free { remaining: 0 });
}

#[test]
fn a_clock_that_was_days_ahead_holds_nobody_up_until_then() {
    let quota = Quota::new(limits(1, 2));
    let ada: Arc<str> = Arc::from("ada");
    assert_eq!(quota.check(&ada, 9 * 86_400), Pass::Free { remaining: 0 });
    assert_eq!(quota.check(&ada, 86_400), Pass::Free { remaining: 0 });
    assert_eq!(quota.check(&ada, 86_400), Pass::Soft(SOFT));
}
