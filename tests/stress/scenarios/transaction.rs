//! What a user does once: a request with the token that all users share.

use std::sync::Arc;

use shakedown::stress::Call;
use shakedown::stress::goose::prelude::*;

/// A transaction of one GET request with the token that all users share.
pub(super) fn get(token: &Arc<str>, path: &'static str) -> Transaction {
    bearing(token, move || Call::get(path))
}

/// A transaction of one request, made anew each time, with the token.
pub(super) fn bearing(
    token: &Arc<str>,
    call: impl Fn() -> Call + Send + Sync + 'static,
) -> Transaction {
    let token = Arc::clone(token);
    Transaction::new(Arc::new(move |user| {
        let call = call().bearer(&token);
        Box::pin(async move {
            call.send(user).await?;
            Ok(())
        })
    }))
}
