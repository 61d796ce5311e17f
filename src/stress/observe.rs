//! Sees every request of any Goose scenario, one by one, without Goose's help.
//!
//! Goose 0.19 adds requests up per user before it reports them, in buckets that
//! are off by up to 0.8 percent and without a time. But it also clones each
//! finished request into its request log, a channel that is a public field of the
//! user. So each transaction of a scenario is replaced by one that, around the
//! original,
//!
//! 1. points the user's request log at a channel of ours, and its metrics
//!    channel too, because that is where a later `set_success` or `set_failure`
//!    corrects a request;
//! 2. polls the original, catching a panic, which would otherwise end the user
//!    and its counts without a word, and ending early when the run is stopped;
//! 3. puts Goose's channel back, forwards what was meant for it, applies the
//!    corrections, and records the requests.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Poll;
use std::time::Duration;

use goose::goose::{GooseUser, Scenario, TransactionError, TransactionFunction, TransactionResult};
use goose::logger::GooseLog;
use goose::metrics::{GooseMetric, GooseRequestMetric};

use super::recorder::Observation;
use super::watch::{Seat, User, Watch};

/// After so many panics the run ends: the scenario is broken.
const PANICS: usize = 100;

/// A transaction under way.
pub(super) type Transacting<'r> = Pin<Box<dyn Future<Output = TransactionResult> + Send + 'r>>;

/// The scenario with every transaction observed.
pub(super) fn observed(mut scenario: Scenario, watch: &Arc<Watch>) -> Scenario {
    for transaction in &mut scenario.transactions {
        let original = Arc::clone(&transaction.function);
        let named = transaction.name.name_for_transaction();
        let place: Arc<str> = if named.is_empty() {
            format!("scenario `{}`", scenario.name).into()
        } else {
            format!("scenario `{}`, transaction `{named}`", scenario.name).into()
        };
        transaction.function = around(original, place, Arc::clone(watch));
    }
    scenario
}

fn around(
    original: TransactionFunction,
    place: Arc<str>,
    watch: Arc<Watch>,
) -> TransactionFunction {
    for_any_user(move |user| transact(&original, &place, &watch, user))
}

/// A closure as Goose keeps one; tells the compiler that it takes a user of any
/// lifetime.
pub(super) fn for_any_user<F>(function: F) -> TransactionFunction
where
    F: for<'r> Fn(&'r mut GooseUser) -> Transacting<'r> + Send + Sync + 'static,
{
    Arc::new(function)
}

fn transact<'r>(
    original: &TransactionFunction,
    place: &Arc<str>,
    watch: &Arc<Watch>,
    user: &'r mut GooseUser,
) -> Transacting<'r> {
    let (original, place, watch) = (original.clone(), place.clone(), watch.clone());
    Box::pin(async move {
        if watch.is_stopped() {
            leave(user);
            return Ok(());
        }
        let Some((seat, first)) = watch.enter(user.weighted_users_index) else {
            return Err(Box::new(TransactionError::Custom(format!(
                "user {} is not of this run",
                user.weighted_users_index
            ))));
        };
        if first {
            prepare(user, seat.state());
        }
        let goose = user.metrics_channel.replace(seat.state().metrics.0.clone());
        // A transaction that never waits would otherwise keep its thread.
        tokio::task::coop::consume_budget().await;
        let began = watch.now();
        let polled = Box::pin(async { original(user).await });
        let outcome = seat.clone().hold(guarded(polled, &seat)).await;
        user.metrics_channel = goose;
        account(user, &seat, began);
        judge(outcome, &place, user, &seat)
    })
}

/// Makes Goose report each request of the user to a channel of ours. Goose
/// itself opened no log, so nothing is written anywhere.
pub(super) fn prepare(user: &mut GooseUser, state: &User) {
    user.config.request_log = Some("recorded by the run".to_owned());
    user.logger = Some(state.requests.0.clone());
    // One line a failed request would bury the terminal; they are counted.
    log::set_max_level(log::max_level().min(log::LevelFilter::Error));
}

/// Makes the user end after this pass over its transactions.
fn leave(user: &mut GooseUser) {
    user.config.iterations = Some(1);
}

enum Outcome {
    Returned(TransactionResult),
    Panicked(Box<dyn Any + Send>),
    Stopped,
}

async fn guarded(transaction: Transacting<'_>, seat: &Seat) -> Outcome {
    let mut transaction = transaction;
    let mut stop = pin!(seat.state().stop.notified());
    std::future::poll_fn(|context| {
        if stop.as_mut().poll(context).is_ready() {
            return Poll::Ready(Outcome::Stopped);
        }
        let poll = catch_unwind(AssertUnwindSafe(|| transaction.as_mut().poll(context)));
        match poll {
            Ok(poll) => poll.map(Outcome::Returned),
            Err(panic) => Poll::Ready(Outcome::Panicked(panic)),
        }
    })
    .await
}

/// Records the requests that the transaction made with Goose's own client, and
/// forwards what Goose is to know. `began` is when the transaction did.
fn account(user: &GooseUser, seat: &Seat, began: Duration) {
    let state = seat.state();
    let mut requests: Vec<GooseRequestMetric> = Vec::new();
    for entry in state.requests.1.try_iter().flatten() {
        if let GooseLog::Request(request) = entry {
            requests.push(request);
        }
    }
    for metric in state.metrics.1.try_iter() {
        if let GooseMetric::Request(correction) = &metric
            && correction.update
        {
            correct(&mut requests, correction);
        }
        if let Some(goose) = &user.metrics_channel {
            // The run may be over, and nobody left to listen.
            let _ = goose.send(metric);
        }
    }
    for request in &requests {
        seat.watch.timed_headers.store(true, Ordering::Relaxed);
        let sent = user.started + Duration::from_millis(request.elapsed);
        let took = Duration::from_micros(request.response_time_micros());
        let (started, took) = match state.take_due() {
            Some(due) => (due, took + began.saturating_sub(due)),
            None => (sent.saturating_duration_since(seat.watch.origin), took),
        };
        seat.watch.recorder.record(
            seat.user,
            Observation {
                method: request.raw.method_label(),
                name: &request.name,
                started,
                took,
                content_bytes: 0,
                error: (!request.success).then_some(request.error.as_str()),
                // Goose's client sends no header of ours.
                trace: None,
            },
        );
    }
}

fn correct(requests: &mut [GooseRequestMetric], correction: &GooseRequestMetric) {
    let same = requests.iter_mut().rev().find(|request| {
        request.name == correction.name
            && request.elapsed == correction.elapsed
            && request.raw.url == correction.raw.url
    });
    if let Some(request) = same {
        request.success = correction.success;
        request.error.clone_from(&correction.error);
    }
}

fn judge(outcome: Outcome, place: &str, user: &mut GooseUser, seat: &Seat) -> TransactionResult {
    match outcome {
        Outcome::Returned(result) => {
            if let Err(error) = &result
                && let Some(message) = own_mistake(error)
            {
                seat.watch.exception(&message, place);
            }
            result
        }
        Outcome::Panicked(panic) => {
            let message = format!("panicked: {}", panic_message(panic.as_ref()));
            seat.watch.exception(&message, place);
            if seat.watch.panics.fetch_add(1, Ordering::Relaxed) + 1 == PANICS {
                seat.watch.stop();
            }
            Err(Box::new(TransactionError::Custom(message)))
        }
        Outcome::Stopped => {
            seat.watch
                .exception("was still running when the run was stopped", place);
            leave(user);
            Ok(())
        }
    }
}

/// What to say of an error that is the scenario's, not an answer that failed
/// (which is counted already) nor the end of the run.
fn own_mistake(error: &TransactionError) -> Option<String> {
    match error {
        TransactionError::RequestFailed { .. }
        | TransactionError::RequestCanceled { .. }
        | TransactionError::MetricsFailed { .. }
        | TransactionError::LoggerFailed { .. } => None,
        TransactionError::Reqwest(error)
            if error.is_request() || error.is_redirect() || error.is_status() =>
        {
            None
        }
        TransactionError::Custom(message) => Some(message.clone()),
        other => Some(other.to_string()),
    }
}

fn panic_message(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("with a value that is no text")
}
