//! The same load on the same contract, served as most services are written:
//! FastAPI with a session and a transaction a request. `make story-peers`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rstest::rstest;
use shakedown::Result;
use shakedown::fixtures::{poll, scratch};
use shakedown::process::{Cores, Process, Ready};
use shakedown::stress::{Knobs, Limits, Stress};

use crate::scenarios::ingest;

const TOKEN: &str = "a-token-for-tests";
/// The part of all requests that a peer may fail: it is there to be compared
/// with, and its figures are shown with their failures.
const MAY_FAIL: f64 = 0.05;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn python() -> PathBuf {
    root().join("target/peers/fastapi/bin/python")
}

/// The requirement of this module.
pub(crate) fn are_wanted() -> std::result::Result<(), String> {
    if std::env::var("STRESS_PEERS").as_deref() != Ok("1") {
        return Err(
            "`STRESS_PEERS` is not 1; `make story-peers` compares with other services".into(),
        );
    }
    match python().with_file_name("uvicorn").exists() {
        true => Ok(()),
        false => Err(
            "there is no FastAPI in `target/peers/fastapi`; `make story-peers` installs it".into(),
        ),
    }
}

/// A FastAPI service with `workers` processes on a fresh database.
fn serve(database: &Path, workers: usize) -> Process {
    Process::builder(python())
        .name("fastapi")
        .args(["-m", "uvicorn", "fastapi_service:app", "--no-access-log"])
        .args(["--host", "127.0.0.1", "--port", "0"])
        .args(["--workers", &workers.to_string()])
        .current_dir(root().join("fixtures/peers"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("PEER_DATABASE", database)
        .env("PEER_TOKEN", TOKEN)
        .ready(Ready::line("Uvicorn running on "))
        .ready_timeout(Duration::from_secs(60))
        .start()
        .unwrap()
}

#[rstest]
#[case::one_process(1)]
#[case::two_processes(2)]
#[tokio::test]
async fn fastapi_with_a_transaction_a_request(#[case] workers: usize) -> Result {
    let scratch = scratch();
    let server = serve(&scratch.path().join("peer.db"), workers);
    let url = server.ready_text().unwrap().split(' ').next().unwrap();
    // The parent names the port before its workers listen.
    let health = format!("{url}/healthz");
    poll::Poll::new()
        .within(Duration::from_secs(60))
        .until_async(async || reqwest::get(&health).await?.error_for_status().map(drop))
        .await;

    let mut knobs = Knobs::from_env()?.for_own_server()?;
    knobs.workers = Some(workers);
    let stress = Stress::against(url)
        .name("ingest")
        .factor("service", "fastapi")
        .factor("cores", Cores::available()?.count().to_string())
        .factor("database", "sqlite")
        .factor("synchronous", "full")
        .factor("tracing", "off")
        .factor("writer", "naive")
        .scenarios(vec![ingest(TOKEN)?])
        .server_pid(server.pid())
        .knobs(knobs);
    let run = stress.run().await?;
    let archived = run.archive(root().join("development/profiles"))?;
    let mut limits = Limits::default();
    limits.max_fail_rate = MAY_FAIL;
    println!("{}", run.verdict(&limits)?);
    println!("the numbers are in `{}`", archived.stats.display());
    Ok(())
}
