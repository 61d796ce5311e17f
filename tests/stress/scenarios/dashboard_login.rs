//! The dashboard as its load was first published: everybody logs in when it comes
//! and now and then again, and has a token of its own. A login is bcrypt's 0.2 s of
//! processor time, so three in a hundred requests are most of what is measured.

use std::sync::Arc;

use shakedown::stress::goose::prelude::*;
use shakedown::stress::{Call, StressError};

use super::dashboard::{LEAFING, PAGES, STREAMING, some_page, stream, unhurried};

/// How often somebody logs in again.
const LOGINS: u64 = 2;
const LOGIN: &str = "/api/v1/auth/login";

/// The token of one user.
#[derive(Clone)]
struct Token(String);

/// Users who log in themselves, and wait 10 to 50 ms between requests.
pub(crate) fn dashboard_login(username: &str, password: &str) -> Result<Scenario, StressError> {
    let credentials = serde_json::json!({ "username": username, "password": password });
    let credentials: Arc<str> = credentials.to_string().into();
    let mut mix =
        unhurried("dashboard-login").first(log_in(&credentials, "/api/v1/auth/login [on_start]"));
    for (weight, path) in PAGES {
        mix = mix.weighted(weight, own(move || Call::get(path)));
    }
    mix.weighted(LEAFING, own(some_page))
        .weighted(STREAMING, own(stream))
        .weighted(LOGINS, log_in(&credentials, LOGIN))
        .scenario()
}

/// A login, recorded as `name`; what it answers is the user's token from then on.
fn log_in(credentials: &Arc<str>, name: &'static str) -> Transaction {
    let credentials = Arc::clone(credentials);
    Transaction::new(Arc::new(move |user| {
        let call = Call::post(LOGIN).name(name).json(credentials.to_string());
        Box::pin(async move {
            let reply = call.send(user).await?;
            let body: serde_json::Value = serde_json::from_slice(reply.body()).unwrap_or_default();
            if let Some(token) = body["access_token"].as_str() {
                user.set_session_data(Token(token.to_owned()));
            }
            Ok(())
        })
    }))
}

/// A request with the token of the user who makes it; without one, the server says
/// so, and that is a failed request.
fn own(call: impl Fn() -> Call + Send + Sync + 'static) -> Transaction {
    Transaction::new(Arc::new(move |user| {
        let mut call = call();
        if let Some(Token(token)) = user.get_session_data::<Token>() {
            call = call.bearer(token);
        }
        Box::pin(async move {
            call.send(user).await?;
            Ok(())
        })
    }))
}
