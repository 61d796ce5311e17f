//! perf on real processes: by pid, from the start, and under load.

use std::process::Command;
use std::time::Duration;

use shakedown::Result;
use shakedown::fixtures::{env_guard, scratch};
use shakedown::process::{Process, Ready};
use shakedown::stress::goose::prelude::*;
use shakedown::stress::{Call, Knobs, Limits, Progress, Stress};

use crate::planted::{profile, program};
use crate::server::DecnetServer;

/// Whether perf may sample a program of ours.
pub(crate) fn perf_here() -> Result<(), String> {
    let output = Command::new("perf")
        .args([
            "record",
            "-q",
            "-e",
            "cpu-clock",
            "-o",
            "/dev/null",
            "--",
            "true",
        ])
        .output()
        .map_err(|error| format!("`perf` does not start: {error} (Debian: linux-perf)"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(format!("`perf` may not sample: {said}"))
}

#[test]
fn attaching_by_pid_finds_the_function_and_its_caller() -> Result {
    let scratch = scratch();
    let busy = Process::builder(program("busy", scratch.path())?)
        .arg("300")
        .ready(Ready::line("ready"))
        .start()?;
    let pid = busy.pid().to_string();
    let of = ["--pid", &pid, "--duration", "1s"];
    let seen = profile(scratch.path(), &[], "attach", &of)?;
    let folded = seen.beside("folded")?;
    assert!(
        folded.contains("caller_planted;busy::burn_planted"),
        "{folded}"
    );
    assert!(seen.said.contains("busy::burn_planted"), "{}", seen.said);
    let page = seen.beside("html")?;
    assert!(
        page.contains("<dd>DWARF</dd>"),
        "it has no frame pointers: {page}"
    );
    let firefox: serde_json::Value = serde_json::from_str(&seen.beside("firefox.json")?)?;
    let samples = &firefox["threads"][0]["samples"]["length"];
    assert!(
        samples.as_u64().is_some_and(|samples| samples > 0),
        "{samples}"
    );
    Ok(())
}

#[test]
fn a_process_that_ends_early_leaves_what_was_seen_of_it() -> Result {
    let scratch = scratch();
    let busy = Process::builder(program("busy", scratch.path())?)
        .arg("8") // perf takes a while to begin where much is going on
        .ready(Ready::line("ready"))
        .start()?;
    let pid = busy.pid().to_string();
    let of = ["--pid", &pid, "--duration", "60s"];
    let seen = profile(scratch.path(), &[], "attach", &of)?;
    assert!(seen.said.contains(" ended after "), "{}", seen.said);
    assert!(seen.beside("folded")?.contains("burn_planted"));
    Ok(())
}

#[test]
fn a_command_is_sampled_from_its_start() -> Result {
    let scratch = scratch();
    let busy = program("busy", scratch.path())?;
    let busy = busy.to_string_lossy();
    let seen = profile(scratch.path(), &[], "run", &["--", &busy, "0.5"])?;
    assert!(
        seen.beside("folded")?.contains("busy::burn_planted"),
        "{}",
        seen.said
    );
    Ok(())
}

async fn stats(user: &mut GooseUser) -> TransactionResult {
    Call::get("/healthz").send(user).await?;
    Ok(())
}

#[tokio::test]
async fn the_server_of_a_load_test_is_sampled_while_all_users_run() -> Result {
    let server = DecnetServer::start()?;
    let environment = env_guard();
    environment.set("SHAKEDOWN_PROFILE_SERVER", "dwarf:499");
    let mut knobs = Knobs::default();
    (knobs.users, knobs.spawn_rate) = (8, 100.0);
    knobs.duration = Duration::from_secs(4);
    let run = Stress::against(server.url())
        .name("sampled")
        .scenarios(vec![
            scenario!("stats").register_transaction(transaction!(stats)),
        ])
        .server_pid(server.pid())
        .progress(Progress::Off)
        .knobs(knobs)
        .run()
        .await?;
    let directory = tempfile::tempdir()?;
    let archived = run.archive(directory.path())?;
    run.verdict(&Limits::default())?;
    let flame = run.record().flame.as_ref().expect("it was sampled");
    assert!(
        flame.samples > 0 && !flame.functions.is_empty(),
        "{flame:?}"
    );
    assert_eq!((flame.hertz, flame.callers_by.as_str()), (499, "DWARF"));
    assert_eq!(run.record().factors["sampled"], "perf");
    let record = archived.record.to_string_lossy().into_owned();
    assert!(record.contains("_sampled-perf_"), "{record}");
    let svg = archived.flame.expect("it is archived");
    assert!(svg.to_string_lossy().ends_with("_flame.svg"));
    assert!(std::fs::read_to_string(svg)?.starts_with("<svg"));
    Ok(())
}
