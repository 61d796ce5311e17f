//! The archive only grows.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use shakedown::stress::goose::prelude::*;
use shakedown::stress::{Call, Progress, Record, Revision, Stress};

use crate::counts::small;
use crate::server::Server;

async fn fine(user: &mut GooseUser) -> TransactionResult {
    Call::get("/ok").send(user).await?;
    Ok(())
}

#[tokio::test]
async fn a_second_run_of_the_same_name_gets_a_number_and_the_first_stays() {
    let server = Server::start().await;
    let mut knobs = small(3);
    knobs.workers = Some(2);
    let run = Stress::against(&server.url)
        .name("Dash board")
        .factor("tracing", "off")
        .factor("database", "sqlite")
        .revision(Revision::of("abc1234", true))
        .server_pid(std::process::id())
        .scenarios(vec![
            scenario!("fine").register_transaction(transaction!(fine)),
        ])
        .knobs(knobs)
        .progress(Progress::Off)
        .run()
        .await
        .unwrap();

    let directory = tempfile::tempdir().unwrap();
    let archive = directory.path().join("development/profiles");
    let first = run.archive(&archive).unwrap();
    let before = fs::read(&first.stats).unwrap();
    fs::write(&first.stats, b"edited").unwrap();
    let second = run.archive(&archive).unwrap();

    let mut names: Vec<String> = fs::read_dir(&archive)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    insta::assert_snapshot!(names.join("\n"), @r"
    profile_3_dash-board_database-sqlite_tracing-off_2_workers_dirty_abc1234.json
    profile_3_dash-board_database-sqlite_tracing-off_2_workers_dirty_abc1234_exceptions.csv
    profile_3_dash-board_database-sqlite_tracing-off_2_workers_dirty_abc1234_failures.csv
    profile_3_dash-board_database-sqlite_tracing-off_2_workers_dirty_abc1234_stats.csv
    profile_3_dash-board_database-sqlite_tracing-off_2_workers_dirty_abc1234_stats_history.csv
    profile_3_dash-board_database-sqlite_tracing-off_2_workers_dirty_run2_abc1234.json
    profile_3_dash-board_database-sqlite_tracing-off_2_workers_dirty_run2_abc1234_exceptions.csv
    profile_3_dash-board_database-sqlite_tracing-off_2_workers_dirty_run2_abc1234_failures.csv
    profile_3_dash-board_database-sqlite_tracing-off_2_workers_dirty_run2_abc1234_stats.csv
    profile_3_dash-board_database-sqlite_tracing-off_2_workers_dirty_run2_abc1234_stats_history.csv
    ");
    assert_eq!(fs::read(&first.stats).unwrap(), b"edited");
    assert_eq!(fs::read(&second.stats).unwrap(), before);
    let mode = fs::metadata(&second.stats).unwrap().permissions().mode();
    assert_eq!(mode & 0o444, 0o444, "others can read the archive");

    let read: Record = serde_json::from_slice(&fs::read(&second.record).unwrap()).unwrap();
    assert_eq!(&read, run.record());
    assert_eq!(read.schema, 1);
    let server = read
        .server
        .as_ref()
        .expect("the server's process was named");
    assert!(server.last_rss_bytes > 0 && server.middle_rss_bytes > 0);
    assert!(server.peak_rss_bytes > 0 && server.peak_threads > 0 && !server.gone);
    assert!(!read.machine.cpu_model.is_empty() && read.machine.memory_bytes > 0);
    assert_eq!(
        (read.load.kind.as_str(), read.load.workers),
        ("closed", Some(2))
    );
}
