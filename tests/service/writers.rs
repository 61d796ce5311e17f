//! Writers that post to decnet without pause, and remember what was
//! acknowledged.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use shakedown::{Failure, Result};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use crate::image::Api;

const WRITERS: u64 = 4;
/// Longest time that the acknowledgements may take.
const LIMIT: Duration = Duration::from_secs(30);

/// The id of each acknowledged line.
pub(crate) type Acknowledged = BTreeMap<String, i64>;

/// Writers at work.
#[derive(Debug)]
pub(crate) struct Writers {
    tasks: Vec<JoinHandle<Acknowledged>>,
    enough: Arc<Notify>,
}

impl Writers {
    /// Starts to post lines that begin with `name`.
    pub(crate) fn start(api: &Api, name: &str, enough: u64) -> Self {
        let count = Arc::new(AtomicU64::new(0));
        let told = Arc::new(Notify::new());
        let tasks = (0..WRITERS).map(|writer| {
            let (api, name) = (api.clone(), name.to_owned());
            let (count, told) = (count.clone(), told.clone());
            tokio::spawn(async move {
                let mut acknowledged = Acknowledged::new();
                for n in 0_u64.. {
                    let line = format!("{name}-{writer}-{n}.");
                    let Some(id) = api.post(&line).await else {
                        break;
                    };
                    acknowledged.insert(line, id);
                    if count.fetch_add(1, Ordering::Relaxed) + 1 >= enough {
                        told.notify_one();
                    }
                }
                acknowledged
            })
        });
        Self {
            tasks: tasks.collect(),
            enough: told,
        }
    }

    /// Waits until enough lines are acknowledged.
    pub(crate) async fn acknowledged_enough(&self) -> Result {
        let waited = tokio::time::timeout(LIMIT, self.enough.notified()).await;
        waited.map_err(|_| Failure::new("the writers got too few acknowledgements"))
    }

    /// What was acknowledged until the first failure of each writer.
    pub(crate) async fn stopped(self) -> Result<Acknowledged> {
        let mut all = Acknowledged::new();
        for task in self.tasks {
            all.extend(tokio::time::timeout(LIMIT, task).await??);
        }
        Ok(all)
    }
}

/// Fails if a line that was acknowledged is not there, once, under its id.
pub(crate) async fn all_are_there(api: &Api, name: &str, acknowledged: &Acknowledged) -> Result {
    let found = api.lines(name).await?;
    let lost: Vec<_> = acknowledged
        .iter()
        .filter(|(line, id)| found.get(*line).map(Vec::as_slice) != Some(&[**id]))
        .collect();
    assert!(
        lost.is_empty(),
        "{} of {} acknowledged logs are not as they were: {lost:?}",
        lost.len(),
        acknowledged.len()
    );
    Ok(())
}
