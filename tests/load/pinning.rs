//! The generator on cores of its own, and what the record says of it.
#![cfg(target_os = "linux")]

use std::collections::BTreeSet;
use std::fs;
use std::sync::Mutex;

use shakedown::process::Cores;
use shakedown::stress::goose::prelude::*;
use shakedown::stress::{Call, Limits, Progress, Stress, StressError};

use crate::counts::small;
use crate::server::Server;

async fn fine(user: &mut GooseUser) -> TransactionResult {
    Call::get("/ok").send(user).await?;
    Ok(())
}

fn stress(server: &Server) -> Stress {
    let scenario = scenario!("fine").register_transaction(transaction!(fine));
    Stress::against(&server.url)
        .name("pinned")
        .scenarios(vec![scenario])
        .progress(Progress::Off)
}

#[tokio::test]
async fn the_generator_is_pinned_for_the_run_and_the_record_says_where() {
    let server = Server::start().await;
    let before = Cores::available().unwrap();
    let last = Cores::new(before.numbers().last().copied()).unwrap();
    let mut knobs = small(2);
    knobs.generator_cores = Some(last.clone());
    // The server of this test is this process, so it is pinned with the rest.
    knobs.server_cores = Some(before.clone());
    let run = stress(&server)
        .knobs(knobs)
        .server_pid(std::process::id())
        .run()
        .await
        .unwrap();
    assert_eq!(Cores::available().unwrap(), before, "still pinned");

    let record = run.record();
    assert_eq!(record.generator.core_list, Some(last.to_string()));
    let server = record.server.as_ref().unwrap();
    assert_eq!(
        (server.cores, &server.core_list),
        (before.count(), &before.to_string())
    );
    assert_eq!(record.machine.cores, before.count());
    assert_eq!(record.factors["cores"], before.count().to_string());
    assert_eq!(record.factors["generator"], format!("core{last}"));
    let directory = tempfile::tempdir().unwrap();
    let stats = run.archive(directory.path()).unwrap().stats;
    let name = stats.file_name().unwrap().to_str().unwrap();
    let start = format!(
        "profile_2_pinned_cores-{}_generator-core{last}_",
        before.count()
    );
    assert!(name.starts_with(&start), "{name}");
    run.verdict(&Limits::default()).unwrap();
}

/// The cores of each thread of this process, as the kernel lists them, of every
/// request.
static SEEN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

async fn looks_around(user: &mut GooseUser) -> TransactionResult {
    let tasks = fs::read_dir("/proc/self/task").unwrap().flatten();
    // A thread may have ended since.
    let lists = tasks.filter_map(|task| {
        let status = fs::read_to_string(task.path().join("status")).ok()?;
        let mut lines = status.lines();
        let list = lines.find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
        Some(list?.trim().to_owned())
    });
    SEEN.lock().unwrap().extend(lists);
    fine(user).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn no_thread_of_the_generator_is_elsewhere_during_the_run() {
    let server = Server::start().await;
    let last = Cores::new(Cores::available().unwrap().numbers().last().copied()).unwrap();
    let mut knobs = small(2);
    knobs.generator_cores = Some(last.clone());
    let scenario = scenario!("looks").register_transaction(transaction!(looks_around));
    let run = stress(&server).scenarios(vec![scenario]).knobs(knobs).run();
    let _run = run.await.unwrap();
    assert_eq!(*SEEN.lock().unwrap(), BTreeSet::from([last.to_string()]));
}

#[tokio::test]
async fn a_server_that_is_not_where_it_is_said_to_be_stops_the_run() {
    let server = Server::start().await;
    let mut knobs = small(1);
    knobs.server_cores = Some("1023".parse().unwrap());
    let error = stress(&server)
        .knobs(knobs)
        .server_pid(std::process::id())
        .run()
        .await
        .unwrap_err();
    assert!(matches!(error, StressError::NotPinned { .. }), "{error}");
    assert!(
        error
            .to_string()
            .contains("`STRESS_SERVER_CORES` is `1023`"),
        "{error}"
    );
    assert_eq!(server.requests(), [""; 0]);
}
