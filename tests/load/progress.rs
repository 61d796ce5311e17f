//! A line a second while a run lasts.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use shakedown::stress::goose::prelude::*;
use shakedown::stress::{Call, Progress, Stress};

use crate::counts::small;
use crate::server::Server;

#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

async fn fine(user: &mut GooseUser) -> TransactionResult {
    Call::get("/ok").send(user).await?;
    Ok(())
}

#[tokio::test]
async fn each_second_has_a_line() {
    let server = Server::start().await;
    let kept = Kept::default();
    let mut knobs = small(4);
    knobs.duration = Duration::from_secs(2);
    let run = Stress::against(&server.url)
        .name("shown")
        .scenarios(vec![
            scenario!("fine").register_transaction(transaction!(fine)),
        ])
        .knobs(knobs)
        .progress(Progress::To(Box::new(kept.clone())))
        .run()
        .await
        .unwrap();
    let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[0],
        format!("stress `shown`: 4 users against {}", server.url)
    );
    assert!(
        lines[1].contains("4 users") && lines[1].contains(" RPS") && lines[1].contains("p95"),
        "{text}"
    );
    let over = format!("over: {} requests, 0 failed", run.requests());
    assert_eq!(lines.last(), Some(&over.as_str()));
}
