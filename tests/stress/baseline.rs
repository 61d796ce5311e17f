//! decnet as a process of its own, on a fresh database, under each load: the run
//! is archived, shown, and held against the limits of the environment.

use std::path::Path;

use shakedown::stress::goose::prelude::Scenario;
use shakedown::stress::{Knobs, Limits, Stress, StressError};

use crate::decnet_server::DecnetServer;
use crate::scenarios::{dashboard, ingest};

#[tokio::test]
async fn holds_the_dashboard() -> shakedown::Result {
    holds("dashboard", dashboard).await
}

#[tokio::test]
async fn holds_the_ingest_mix() -> shakedown::Result {
    holds("ingest", ingest).await
}

async fn holds(
    name: &str,
    scenario: fn(&str) -> Result<Scenario, StressError>,
) -> shakedown::Result {
    let knobs = Knobs::from_env()?;
    let limits = Limits::from_env()?;
    // A deployment elsewhere has its own token and no process to look at.
    let (server, token) = if knobs.host.is_some() {
        let token = std::env::var("STRESS_TOKEN").map_err(|_| {
            shakedown::Failure::new("`STRESS_HOST` needs its token in `STRESS_TOKEN`")
        })?;
        (None, token)
    } else {
        let server = DecnetServer::start();
        let token = server.token();
        (Some(server), token)
    };
    let url = server
        .as_ref()
        .map_or_else(String::new, |server| server.url());
    let mut stress = Stress::against(url)
        .name(name)
        .factor("database", "sqlite")
        .factor("tracing", "off")
        .scenarios(vec![scenario(&token)?])
        .knobs(knobs);
    if let Some(server) = &server {
        stress = stress.server_pid(server.pid());
    }
    let run = stress.run().await?;
    let profiles = Path::new(env!("CARGO_MANIFEST_DIR")).join("development/profiles");
    let archived = run.archive(profiles)?;
    println!("{}", run.verdict(&limits)?);
    println!("the numbers are in `{}`", archived.stats.display());
    Ok(())
}
