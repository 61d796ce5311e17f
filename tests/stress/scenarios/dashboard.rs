//! People looking at the dashboard: mostly pages, a few searches, now and then
//! a look at the live stream. One login for all, because a login is 0.2 s of
//! bcrypt that would be the whole measurement.

use std::sync::Arc;
use std::time::Duration;

use shakedown::stress::goose::prelude::*;
use shakedown::stress::{Call, Mix, StressError, roll};

use super::{bearing, get};

/// Pages that are always asked for alike, and how often.
pub(super) const PAGES: [(u64, &str); 10] = [
    (10, "/api/v1/stats"),
    (8, "/api/v1/logs?limit=50"),
    (8, "/api/v1/attackers"),
    (7, "/api/v1/deckies"),
    (6, "/api/v1/bounty"),
    (5, "/api/v1/logs/histogram"),
    (5, "/api/v1/logs?search=ssh&limit=100"),
    (4, "/api/v1/attackers?search=brute&sort_by=recent"),
    (3, "/api/v1/health"),
    (3, "/api/v1/config"),
];
/// How often somebody leafs through the logs.
pub(super) const LEAFING: u64 = 4;
/// How often somebody looks at the live stream.
pub(super) const STREAMING: u64 = 1;

/// Users with `token`, who wait 10 to 50 ms between requests.
pub(crate) fn dashboard(token: &str) -> Result<Scenario, StressError> {
    let token: Arc<str> = token.into();
    let mut mix = unhurried("dashboard");
    for (weight, path) in PAGES {
        mix = mix.weighted(weight, get(&token, path));
    }
    mix.weighted(LEAFING, bearing(&token, some_page))
        .weighted(STREAMING, bearing(&token, stream))
        .scenario()
}

/// A mix of users who wait 10 to 50 ms between requests.
pub(super) fn unhurried(name: &str) -> Mix {
    Mix::named(name).wait(Duration::from_millis(10), Duration::from_millis(50))
}

pub(super) fn some_page() -> Call {
    let offset = roll(0..1_001);
    Call::get(format!("/api/v1/logs?limit=100&offset={offset}"))
        .name("/api/v1/logs?limit=100&offset=[n]")
}

pub(super) fn stream() -> Call {
    Call::get("/api/v1/stream?maxOutput=3").first_piece()
}
