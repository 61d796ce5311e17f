//! Sensors delivering logs, one a request, while somebody watches: as fast as
//! the server answers.

use std::sync::Arc;

use shakedown::stress::goose::prelude::*;
use shakedown::stress::{Call, Mix, StressError, roll};

use super::{bearing, get};

const SERVICES: [(&str, &str); 5] = [
    ("ssh", "login_attempt"),
    ("telnet", "login_attempt"),
    ("http", "request"),
    ("smb", "session_setup"),
    ("rdp", "connection"),
];

/// Users with `token`, who do not wait.
pub(crate) fn ingest(token: &str) -> Result<Scenario, StressError> {
    let token: Arc<str> = token.into();
    let post = || Call::post("/api/v1/logs").json(log());
    Mix::named("ingest")
        .weighted(70, bearing(&token, post))
        .weighted(20, get(&token, "/api/v1/attackers"))
        .weighted(10, get(&token, "/healthz"))
        .scenario()
}

/// The same on Goose's own client, whole bodies read.
pub(crate) fn ingest_by_goose(token: &str) -> Result<Scenario, StressError> {
    let token: Arc<str> = token.into();
    let get = |path| by_goose(&token, GooseMethod::Get, path, String::new);
    Mix::named("ingest-by-goose")
        .weighted(70, by_goose(&token, GooseMethod::Post, "/api/v1/logs", log))
        .weighted(20, get("/api/v1/attackers"))
        .weighted(10, get("/healthz"))
        .scenario()
}

fn by_goose(
    token: &Arc<str>,
    method: GooseMethod,
    path: &'static str,
    body: fn() -> String,
) -> Transaction {
    let token = Arc::clone(token);
    Transaction::new(Arc::new(move |user| {
        let (token, body) = (Arc::clone(&token), body());
        Box::pin(async move {
            let request = user.get_request_builder(&method, path)?;
            let request = request
                .bearer_auth(&token)
                .header("content-type", "application/json")
                .body(body);
            let request = GooseRequest::builder()
                .method(method)
                .path(path)
                .name(path)
                .set_request_builder(request)
                .build();
            if let Ok(response) = user.request(request).await?.response {
                let _ = response.bytes().await;
            }
            Ok(())
        })
    }))
}

/// One log as a decoy reports it, from one of ten thousand attackers, the low
/// numbers more often.
fn log() -> String {
    let count = SERVICES.len() as u64;
    let (service, event) = SERVICES[usize::try_from(roll(0..count)).expect("an index")];
    let attacker = roll(0..10_000).min(roll(0..10_000));
    let (net, host) = (attacker / 256, attacker % 256);
    let decky = roll(1..21);
    let (hour, minute, second) = (roll(0..24), roll(0..60), roll(0..60));
    let password = roll(0..1_000_000);
    // No part needs escaping, and a tree of values would cost more than the rest of a request.
    format!(
        "{{\"timestamp\":\"2026-01-15T{hour:02}:{minute:02}:{second:02}Z\",\
         \"decky\":\"decky-{decky:02}\",\"service\":\"{service}\",\"event_type\":\"{event}\",\
         \"attacker_ip\":\"10.66.{net}.{host}\",\
         \"raw_line\":\"{service} {event} from 10.66.{net}.{host} root:{password:06}\",\
         \"fields\":{{\"username\":\"root\",\"password\":\"{password:06}\"}},\
         \"msg\":\"{event} on {service}\"}}"
    )
}
