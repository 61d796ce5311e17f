//! A real Locust and our runner load the same server, and pandas reads what
//! both wrote: names, order and types of all columns, how cells are written, and
//! what was measured.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use shakedown::process::{Process, Ready};
use shakedown::stress::goose::prelude::*;
use shakedown::stress::{Call, Knobs, Progress, Stress};

use crate::server::Server;

const USERS: usize = 5;
const SECONDS: u64 = 8;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The virtual environment that `make locust-peer` makes.
fn python() -> PathBuf {
    root().join("target/peers/locust/bin/python")
}

/// The requirement of this module.
pub(crate) fn is_installed() -> Result<(), String> {
    let locust = python().with_file_name("locust");
    match locust.exists() {
        true => Ok(()),
        false => Err(
            "there is no Locust in `target/peers/locust`; `make locust-peer` installs it".into(),
        ),
    }
}

async fn visit(user: &mut GooseUser) -> TransactionResult {
    for path in ["/ok", "/stall", "/error"] {
        Call::get(path).send(user).await?;
    }
    Call::get("/ok/1")
        .name("/ok/[n], \"quoted\"")
        .send(user)
        .await?;
    let mistake = "a \"mistake\", of the scenario".to_owned();
    Err(Box::new(TransactionError::Custom(mistake)))
}

/// Runs Locust against `server`; its files begin with `prefix`.
async fn locust(server: &Server, prefix: &Path) {
    let mut process = Process::builder(python().with_file_name("locust"))
        .name("locust")
        .arg("--locustfile")
        .arg(root().join("fixtures/peers/locustfile.py"))
        .args(["--headless", "--host", &server.url, "--only-summary"])
        .args(["--users", &USERS.to_string(), "--spawn-rate", "5"])
        .args(["--run-time", &format!("{SECONDS}s")])
        .args(["--csv-full-history", "--csv"])
        .arg(prefix)
        .ready(Ready::none())
        .start()
        .unwrap();
    // It must not block the runtime that serves it.
    let ended = tokio::task::spawn_blocking(move || {
        let status = process.wait(Duration::from_secs(60)).unwrap();
        (status.expect("Locust ends by itself"), process.log_tail(20))
    });
    let (status, log) = ended.await.unwrap();
    // 1: requests failed, as `/error` is there for.
    assert_eq!(status.code(), Some(1), "{log}");
}

async fn ours(server: &Server, directory: &Path) -> PathBuf {
    let mut knobs = Knobs::default();
    knobs.users = USERS;
    knobs.spawn_rate = 5.0;
    knobs.duration = Duration::from_secs(SECONDS);
    let wait = Duration::from_millis(10);
    let scenario = scenario!("visit").set_wait_time(wait, wait).unwrap();
    let run = Stress::against(&server.url)
        .scenarios(vec![scenario.register_transaction(transaction!(visit))])
        .knobs(knobs)
        .progress(Progress::Off)
        .run()
        .await
        .unwrap();
    let stats = run.archive(directory).unwrap().stats;
    let name = stats.file_name().unwrap().to_str().unwrap();
    stats.with_file_name(name.trim_end_matches("_stats.csv"))
}

/// What pandas says of both sets of files.
fn compared(locust: &Path, ours: &Path) -> (Value, Value) {
    let output = Command::new(python())
        .arg(root().join("fixtures/peers/columns.py"))
        .args([locust, ours])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn pandas_reads_our_files_as_it_reads_those_of_a_real_locust() {
    let server = Server::start().await;
    let directory = tempfile::tempdir().unwrap();
    let prefix = directory.path().join("real");
    locust(&server, &prefix).await;
    let ours = ours(&server, directory.path()).await;
    let (theirs, ours) = compared(&prefix, &ours);

    let files = ["stats", "stats_history", "failures", "exceptions"];
    for report in [&theirs, &ours] {
        assert!(
            files.iter().all(|file| report["crlf"][file] == true),
            "{report}"
        );
        assert_eq!(
            report["empty"],
            serde_json::json!([]),
            "every file has rows"
        );
    }
    let mut apart = Vec::new();
    for file in files {
        let columns = |report: &Value| report["columns"][file].as_array().unwrap().clone();
        let (theirs, ours) = (columns(&theirs), columns(&ours));
        let names = |columns: &[Value]| {
            let names = columns
                .iter()
                .map(|one| one["name"].as_str().unwrap().to_owned());
            names.collect::<Vec<_>>()
        };
        assert_eq!(names(&theirs), names(&ours), "columns of {file}");
        for (theirs, ours) in theirs.iter().zip(&ours) {
            println!(
                "{file:<14} {:<28} {:<8} {:<8} {}",
                theirs["name"].as_str().unwrap(),
                theirs["dtype"].as_str().unwrap_or("-"),
                ours["dtype"].as_str().unwrap_or("-"),
                theirs["shapes"],
            );
            if theirs != ours {
                apart.push(format!("{file}: Locust {theirs}\n{file}: ours   {ours}"));
            }
        }
    }
    assert!(apart.is_empty(), "{}", apart.join("\n"));
    same_measurements(&theirs["rows"], &ours["rows"]);
}

/// The same endpoints, and of each the same size, share of failures and, as far
/// as two runs can, times.
#[expect(clippy::print_stdout, reason = "the measurements are the result")]
fn same_measurements(theirs: &Value, ours: &Value) {
    let (theirs, ours) = (theirs.as_object().unwrap(), ours.as_object().unwrap());
    let names = |rows: &serde_json::Map<String, Value>| rows.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(theirs), names(ours));
    for (name, theirs) in theirs {
        let ours = &ours[name];
        println!("{name:<26} locust {theirs}\n{:<26} ours   {ours}", "");
        let of = |row: &Value, what: &str| row[what].as_f64().unwrap();
        let failed = |row: &Value| of(row, "failures") / of(row, "requests");
        assert!((failed(theirs) - failed(ours)).abs() < 0.02, "{name}");
        if name.trim() != "Aggregated" {
            assert!(
                (of(theirs, "size") - of(ours, "size")).abs() < 1e-9,
                "{name}"
            );
        }
        if name.contains("/stall") {
            // 100 ms, what the client takes, and what a busy machine adds.
            for row in [theirs, ours] {
                assert!((100.0..=150.0).contains(&of(row, "median")), "{name}");
            }
        }
    }
}
