//! What a server says of itself is in the record, and the story tells it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use shakedown::story::{Archive, StoryConfig, Tale, document, markdown};
use shakedown::stress::goose::prelude::*;
use shakedown::stress::{Call, Knobs, Limits, Progress, Readings, Run, Stress};

use crate::known::Known;

async fn ask(user: &mut GooseUser) -> TransactionResult {
    Call::get("/").send(user).await?;
    Ok(())
}

fn stress(server: &Known) -> Stress {
    let mut knobs = Knobs::default();
    knobs.users = 2;
    knobs.duration = Duration::from_secs(4);
    Stress::against(&server.url)
        .name("gauged")
        .scenarios(vec![
            scenario!("ask").register_transaction(transaction!(ask)),
        ])
        .knobs(knobs)
        .progress(Progress::Off)
}

fn told(run: &Run) -> String {
    let directory = tempfile::tempdir().unwrap();
    run.archive(directory.path()).unwrap();
    let archive = Archive::read(directory.path(), &StoryConfig::default()).unwrap();
    assert!(archive.bad.is_empty(), "{:?}", archive.bad);
    markdown(
        &document(&Tale::new(&archive, &StoryConfig::default())),
        "plots",
    )
}

#[tokio::test]
async fn the_writers_queue_and_batches_go_through_the_record_into_the_story() {
    let server = Known::start(|_, _| Duration::from_millis(1)).unwrap();
    let looks = AtomicU64::new(0);
    let run = stress(&server).gauges(move || {
        // Each second 10 transactions of 25 writes, and a queue that grows.
        let look = looks.fetch_add(1, Ordering::Relaxed) as f64;
        let readings = Readings::from([
            ("writer.queue_depth".to_owned(), 100.0 + look),
            ("writer.batches".to_owned(), 10.0 * look),
            ("writer.writes".to_owned(), 250.0 * look),
            ("pool.in_use".to_owned(), 3.0),
        ]);
        async move { Ok(readings) }
    });
    let run = run.run().await.unwrap();
    run.verdict(&Limits::default()).unwrap();
    let record = run.record();
    assert!(
        record.gauges["pool.in_use"].looks >= 3,
        "{:?}",
        record.gauges
    );
    assert_eq!(record.gauges["pool.in_use"].mean, 3.0);
    let writer = record.writer.as_ref().unwrap();
    assert_eq!(writer.batch_mean, Some(25.0));
    let deepest = writer.queue_depth_max;
    assert!((102.0..110.0).contains(&deepest), "{writer:?}");
    let story = told(&run);
    // A row of the table of bottlenecks: the deepest queue, and writes a transaction.
    let cells = format!("| {deepest} | 25 |");
    assert!(story.contains(&cells), "{cells}\n{story}");
    // Drawn second by second under the throughput.
    let looks = &record.gauges["writer.queue_depth"].series;
    assert!(
        looks.len() >= 3 && looks.iter().all(|(_, depth)| *depth >= 100.0),
        "{looks:?}"
    );
}

#[tokio::test]
async fn gauges_that_never_answer_fail_the_verdict() {
    let server = Known::start(|_, _| Duration::from_millis(1)).unwrap();
    let run = stress(&server).gauges(|| async { Err("no such page".into()) });
    let run = run.run().await.unwrap();
    assert!(run.record().gauges.is_empty());
    let error = run.verdict(&Limits::default()).unwrap_err().to_string();
    assert!(error.contains("no gauge was read: no such page"), "{error}");
}
