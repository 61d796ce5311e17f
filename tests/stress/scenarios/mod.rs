//! What users of decnet do.

mod dashboard;
mod ingest;

use std::sync::Arc;

use shakedown::stress::Call;
use shakedown::stress::goose::prelude::*;

pub(crate) use dashboard::dashboard;
pub(crate) use ingest::ingest;

/// A transaction of one GET request with the token that all users share.
fn get(token: &Arc<str>, path: &'static str) -> Transaction {
    bearing(token, move || Call::get(path))
}

/// A transaction of one request, made anew each time, with the token.
fn bearing(token: &Arc<str>, call: impl Fn() -> Call + Send + Sync + 'static) -> Transaction {
    let token = Arc::clone(token);
    Transaction::new(Arc::new(move |user| {
        let call = call().bearer(&token);
        Box::pin(async move {
            call.send(user).await?;
            Ok(())
        })
    }))
}
