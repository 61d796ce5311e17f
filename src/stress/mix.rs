//! Users that choose what to do next by weight, each on its own.
//!
//! Goose lays the transactions of a scenario out once, in proportion to their
//! weights, and every user walks the same list in the same order; users started
//! together then send the same requests together. A [`Mix`] is a Goose scenario
//! of one transaction that draws from the weights anew each time, with the
//! user's own [`Dice`](super::Dice): users spread out, and the same seed gives
//! each user the same sequence.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use goose::goose::{GooseUser, Scenario, Transaction, TransactionError, TransactionFunction};

use super::StressError;
use super::observe::{Transacting, for_any_user};
use super::watch::Seat;

/// A number of `range` from the running user's dice.
///
/// # Panics
/// Outside of a transaction of a [`Stress`](super::Stress) run, which is where
/// users have dice, and when the range is empty.
#[must_use]
pub fn roll(range: Range<u64>) -> u64 {
    let seat = Seat::current().expect("`roll` is called in a transaction of a `Stress` run");
    seat.state().roll(range)
}

/// A weighted choice of transactions, under construction.
///
/// # Example
/// ```
/// use std::time::Duration;
/// use goose::prelude::*;
/// use shakedown::stress::{Call, Mix};
///
/// async fn stats(user: &mut GooseUser) -> TransactionResult {
///     Call::get("/api/v1/stats").send(user).await?;
///     Ok(())
/// }
/// async fn health(user: &mut GooseUser) -> TransactionResult {
///     Call::get("/healthz").send(user).await?;
///     Ok(())
/// }
///
/// let scenario = Mix::named("dashboard")
///     .wait(Duration::from_millis(10), Duration::from_millis(50))
///     .weighted(10, transaction!(stats))
///     .weighted(1, transaction!(health))
///     .scenario()?;
/// # let _: Scenario = scenario;
/// # Ok::<(), shakedown::stress::StressError>(())
/// ```
#[must_use = "a mix runs when its scenario is given to `Stress`"]
pub struct Mix {
    name: String,
    wait: Option<(Duration, Duration)>,
    starts: Vec<Transaction>,
    choices: Vec<(u64, TransactionFunction)>,
}

impl Mix {
    /// A mix without choices.
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            wait: None,
            starts: Vec::new(),
            choices: Vec::new(),
        }
    }

    /// Lets each user wait between two choices, at random between the two
    /// spans, whole milliseconds. Goose draws these waits, not the user's dice.
    pub fn wait(mut self, shortest: Duration, longest: Duration) -> Self {
        self.wait = Some((shortest, longest));
        self
    }

    /// Adds what each user does once, before its first choice.
    pub fn first(mut self, transaction: Transaction) -> Self {
        self.starts.push(transaction.set_on_start());
        self
    }

    /// Adds a choice that is made `weight` times in the sum of all weights.
    pub fn weighted(mut self, weight: u64, transaction: Transaction) -> Self {
        self.choices.push((weight, transaction.function));
        self
    }

    /// The Goose scenario.
    ///
    /// # Errors
    /// [`StressError::NoScenario`] when no choice has a weight, or
    /// [`StressError::Engine`] when Goose refuses the wait (the shortest above
    /// the longest).
    pub fn scenario(self) -> Result<Scenario, StressError> {
        let sum: u64 = self.choices.iter().map(|(weight, _)| weight).sum();
        if sum == 0 {
            return Err(StressError::NoScenario);
        }
        let choices: Arc<[(u64, TransactionFunction)]> = self.choices.into();
        let choose = for_any_user(move |user| chosen(&choices, sum, user));
        let mut scenario = Scenario::new(&self.name);
        for start in self.starts {
            scenario = scenario.register_transaction(start);
        }
        scenario = scenario.register_transaction(Transaction::new(choose));
        if let Some((shortest, longest)) = self.wait {
            scenario = scenario
                .set_wait_time(shortest, longest)
                .map_err(|error| StressError::Engine(Box::new(error)))?;
        }
        Ok(scenario)
    }
}

impl std::fmt::Debug for Mix {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let weights: Vec<u64> = self.choices.iter().map(|(weight, _)| *weight).collect();
        f.debug_struct("Mix")
            .field("name", &self.name)
            .field("wait", &self.wait)
            .field("weights", &weights)
            .finish_non_exhaustive()
    }
}

fn chosen<'r>(
    choices: &[(u64, TransactionFunction)],
    sum: u64,
    user: &'r mut GooseUser,
) -> Transacting<'r> {
    if Seat::current().is_none() {
        return Box::pin(async {
            Err(Box::new(TransactionError::Custom(
                "a `Mix` runs under `Stress` only".to_owned(),
            )))
        });
    }
    let mut left = roll(0..sum);
    let choice = choices.iter().find(|(weight, _)| {
        let taken = left < *weight;
        left = left.saturating_sub(*weight);
        taken
    });
    let (_, transaction) = choice.expect("a roll below the sum of the weights falls on one");
    transaction(user)
}
