//! One factor at a time, from the set-up that ships: what `cargo shakedown
//! story` compares. Twenty runs, so only where `STRESS_MATRIX=1` asks for them.
//! `make story-runs` repeats them `STORY_ROUNDS` times, one round after the other, so
//! that what the machine does meanwhile hits all alike.
//!
//! Traced runs send their spans to a collector in the generator's process, which
//! takes processor time that the generator would have.

use rstest::rstest;
use shakedown::Result;
use shakedown::process::Cores;
use shakedown::stress::Knobs;

use crate::decnet_server::ADMIN_PASSWORD;
use crate::scenarios::{dashboard, dashboard_login};
use crate::target::{Setup, Target, Tracing, conclude};

/// The requirement of the matrix and of what it is compared with.
pub(crate) fn is_wanted() -> std::result::Result<(), String> {
    match std::env::var("STRESS_MATRIX").as_deref() {
        Ok("1") => Ok(()),
        _ => Err("`STRESS_MATRIX` is not 1; the matrix is twenty runs of STRESS_DURATION".into()),
    }
}

/// What every case differs from in one factor: as many workers as there are
/// cores, because a factor that is not stated cannot be compared.
pub(crate) fn base(knobs: &Knobs) -> Setup {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    Setup {
        workers: Some(knobs.workers.unwrap_or(cores)),
        ..Setup::default()
    }
}

/// The first core that this process may use, and the others.
fn first_and_rest() -> Result<(Cores, Option<Cores>)> {
    let available = Cores::available()?;
    let (first, rest) = available.numbers().split_at(1);
    let first = Cores::new(first.iter().copied());
    let first = first.ok_or_else(|| shakedown::Failure::new("this process may use no core"))?;
    Ok((first, Cores::new(rest.iter().copied())))
}

pub(crate) async fn measure(knobs: Knobs, setup: Setup) -> Result {
    let mut knobs = knobs.for_own_server()?;
    knobs.workers = setup.workers;
    knobs.server_cores = setup.cores.clone();
    let target = Target::start(&setup).await?;
    target.ingest("ingest", knobs).await.map(drop)
}

#[tokio::test]
async fn as_it_ships() -> Result {
    let knobs = Knobs::from_env()?;
    let setup = base(&knobs);
    measure(knobs, setup).await
}

#[tokio::test]
async fn one_transaction_a_request() -> Result {
    let knobs = Knobs::from_env()?;
    let setup = Setup {
        naive: true,
        ..base(&knobs)
    };
    measure(knobs, setup).await
}

#[rstest]
#[case::one(1)]
#[case::two(2)]
#[case::four(4)]
#[case::twelve(12)]
#[tokio::test]
async fn with_workers(#[case] workers: usize) -> Result {
    let knobs = Knobs::from_env()?;
    let setup = Setup {
        workers: Some(workers),
        ..base(&knobs)
    };
    measure(knobs, setup).await
}

#[rstest]
#[case::batching(false)]
#[case::naive(true)]
#[tokio::test]
async fn on_a_single_core(#[case] naive: bool) -> Result {
    let knobs = Knobs::from_env()?;
    let setup = Setup {
        cores: Some(first_and_rest()?.0),
        naive,
        ..base(&knobs)
    };
    measure(knobs, setup).await
}

/// The server alone on its core, as the target for a single core has it.
#[tokio::test]
async fn on_a_single_core_with_the_generator_on_another() -> Result {
    let mut knobs = Knobs::from_env()?;
    let (first, rest) = first_and_rest()?;
    let setup = Setup {
        cores: Some(first),
        ..base(&knobs)
    };
    knobs.generator_cores = rest;
    measure(knobs, setup).await
}

#[rstest]
#[case::off("off")]
#[case::normal("normal")]
#[tokio::test]
async fn syncing(#[case] synchronous: &'static str) -> Result {
    let knobs = Knobs::from_env()?;
    let setup = Setup {
        synchronous: Some(synchronous),
        ..base(&knobs)
    };
    measure(knobs, setup).await
}

#[rstest]
#[case::every_request(Tracing::Full)]
#[case::one_in_a_hundred(Tracing::Sampled)]
#[tokio::test]
async fn with_tracing(#[case] tracing: Tracing) -> Result {
    let knobs = Knobs::from_env()?;
    let setup = Setup {
        tracing,
        ..base(&knobs)
    };
    measure(knobs, setup).await
}

/// Fewer users than the others have: how it scales.
#[rstest]
#[case::a_hundred(100)]
#[case::five_hundred(500)]
#[tokio::test]
async fn with_users(#[case] users: usize) -> Result {
    let mut knobs = Knobs::from_env()?;
    knobs.users = users;
    let setup = base(&knobs);
    measure(knobs, setup).await
}

#[rstest]
#[case::a_hundred(100)]
#[case::five_hundred(500)]
#[case::fifteen_hundred(1_500)]
#[tokio::test]
async fn the_dashboard_with_users(#[case] users: usize) -> Result {
    let mut knobs = Knobs::from_env()?.for_own_server()?;
    let setup = base(&knobs);
    (knobs.users, knobs.workers) = (users, setup.workers);
    let target = Target::start(&setup).await?;
    let scenario = dashboard(&target.token)?;
    conclude(&target.stress("dashboard", scenario, knobs).run().await?)
}

/// As the load was first published, of users as many as can log in within a ramp.
#[tokio::test]
async fn the_dashboard_of_those_who_log_in() -> Result {
    let mut knobs = Knobs::from_env()?.for_own_server()?;
    let setup = base(&knobs);
    (knobs.users, knobs.workers) = (100, setup.workers);
    knobs.spawn_rate = knobs.spawn_rate.min(5.0);
    let target = Target::start(&setup).await?;
    let scenario = dashboard_login("admin", ADMIN_PASSWORD)?;
    let stress = target.stress("dashboard-login", scenario, knobs);
    conclude(&stress.run().await?)
}

/// At the rate that the original's published run reached, in an open loop.
#[tokio::test]
async fn at_a_constant_rate() -> Result {
    let mut knobs = Knobs::from_env()?;
    knobs.rate = Some(knobs.rate.unwrap_or(PUBLISHED));
    let setup = base(&knobs);
    measure(knobs, setup).await
}

/// Requests a second of 1,500 users with tracing off and 12 workers.
const PUBLISHED: f64 = 1_585.0;
