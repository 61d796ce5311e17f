//! People looking at the dashboard: mostly pages, a few searches, now and then
//! a look at the live stream. One login for all, because a login is 0.2 s of
//! bcrypt that would be the whole measurement.

use std::sync::Arc;
use std::time::Duration;

use shakedown::stress::goose::prelude::*;
use shakedown::stress::{Call, Mix, StressError, roll};

use super::{bearing, get};

/// Users with `token`, who wait 10 to 50 ms between requests.
pub(crate) fn dashboard(token: &str) -> Result<Scenario, StressError> {
    let token: Arc<str> = token.into();
    let page = || {
        let offset = roll(0..1_001);
        Call::get(format!("/api/v1/logs?limit=100&offset={offset}"))
            .name("/api/v1/logs?limit=100&offset=[n]")
    };
    let stream = || Call::get("/api/v1/stream?maxOutput=3").first_piece();
    Mix::named("dashboard")
        .wait(Duration::from_millis(10), Duration::from_millis(50))
        .weighted(10, get(&token, "/api/v1/stats"))
        .weighted(8, get(&token, "/api/v1/logs?limit=50"))
        .weighted(8, get(&token, "/api/v1/attackers"))
        .weighted(7, get(&token, "/api/v1/deckies"))
        .weighted(6, get(&token, "/api/v1/bounty"))
        .weighted(5, get(&token, "/api/v1/logs/histogram"))
        .weighted(5, get(&token, "/api/v1/logs?search=ssh&limit=100"))
        .weighted(
            4,
            get(&token, "/api/v1/attackers?search=brute&sort_by=recent"),
        )
        .weighted(4, bearing(&token, page))
        .weighted(3, get(&token, "/api/v1/health"))
        .weighted(3, get(&token, "/api/v1/config"))
        .weighted(1, bearing(&token, stream))
        .scenario()
}
