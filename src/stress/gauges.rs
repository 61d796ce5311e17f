//! What the server says of itself during a run: numbers that the test fetches,
//! once a second, however the service offers them.
//!
//! Names are the service's own. Of a service that writes in batches three of
//! them mean something to the story:
//!
//! | name | what it is |
//! |---|---|
//! | `writer.queue_depth` | writes that wait, now |
//! | `writer.writes` | writes done since the service started |
//! | `writer.batches` | transactions that they took, since the service started |

use std::collections::BTreeMap;
use std::error::Error;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::task::JoinHandle;
use tokio::time::error::Elapsed;

use super::record::rounded;
use super::runner::ticks;
use super::watch::Watch;

/// Numbers by name, at one moment.
pub type Readings = BTreeMap<String, f64>;

/// A look at a service's own numbers; any async closure is one.
///
/// # Example
/// ```
/// use shakedown::stress::{Readings, Stress};
///
/// let stress = Stress::against("http://127.0.0.1:8000").gauges(|| async {
///     // Fetch and read them. A look may fail; if all do, so does the verdict.
///     Ok(Readings::from([("pool.in_use".to_owned(), 3.0)]))
/// });
/// # drop(stress);
/// ```
pub trait Gauges: Send + Sync + 'static {
    /// Fetches the numbers.
    fn read(&self) -> Reading;
}

/// Numbers, or why there are none.
type Outcome = Result<Readings, Box<dyn Error + Send + Sync>>;

/// Numbers to come.
pub type Reading = Pin<Box<dyn Future<Output = Outcome> + Send>>;

impl<F, T> Gauges for F
where
    F: Fn() -> T + Send + Sync + 'static,
    T: Future<Output = Result<Readings, Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    fn read(&self) -> Reading {
        Box::pin(self())
    }
}

/// One number over the measured window.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Gauge {
    /// At the first look.
    pub first: f64,
    /// At the last look.
    pub last: f64,
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
    /// The mean of all looks.
    pub mean: f64,
    /// How often it was looked at.
    pub looks: u64,
    /// Each look: seconds from the start of the run, and the number.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub series: Vec<(f64, f64)>,
}

/// What a writer did over the measured window.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WriterUse {
    /// The most writes that waited at a look.
    pub queue_depth_max: f64,
    /// The mean of all looks.
    pub queue_depth_mean: f64,
    /// Writes to a transaction, on average; none without a transaction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch_mean: Option<f64>,
}

/// Looks under way; ends when dropped.
pub(super) struct Looker {
    task: JoinHandle<()>,
    looks: Arc<Mutex<Looks>>,
}

#[derive(Default)]
struct Looks {
    taken: Vec<(Duration, Readings)>,
    failed: Option<String>,
}

fn keep(looks: &Mutex<Looks>, now: Duration, read: Result<Outcome, Elapsed>) {
    let mut looks = looks.lock().unwrap_or_else(PoisonError::into_inner);
    match read {
        Ok(Ok(readings)) => looks.taken.push((now, readings)),
        Ok(Err(error)) => looks.failed = Some(error.to_string()),
        Err(_) => looks.failed = Some(format!("no answer within {PATIENCE:?}")),
    }
}

/// The longest a look may take.
const PATIENCE: Duration = Duration::from_secs(5);

impl Looker {
    /// Looks once a second from now on.
    pub(super) fn start(gauges: Box<dyn Gauges>, watch: Arc<Watch>) -> Self {
        let looks = Arc::<Mutex<Looks>>::default();
        let kept = Arc::clone(&looks);
        let task = tokio::spawn(async move {
            let mut ticks = ticks();
            loop {
                let read = tokio::time::timeout(PATIENCE, gauges.read()).await;
                keep(&kept, watch.now(), read);
                ticks.tick().await;
            }
        });
        Self { task, looks }
    }

    /// Every number from `since` on, and why the last failed look did.
    pub(super) fn finish(
        &self,
        since: Option<Duration>,
    ) -> (BTreeMap<String, Gauge>, Option<String>) {
        self.task.abort();
        let looks = self.looks.lock().unwrap_or_else(PoisonError::into_inner);
        let mut gauges = BTreeMap::new();
        let within = looks
            .taken
            .iter()
            .filter(|(at, _)| since.is_some_and(|since| *at >= since));
        for (at, readings) in within {
            for (name, value) in readings.iter().filter(|(_, value)| value.is_finite()) {
                let gauge = gauges.entry(name.clone()).or_default();
                add(gauge, *value);
                gauge.series.push((rounded(at.as_secs_f64()), *value));
            }
        }
        for gauge in gauges.values_mut() {
            gauge.mean = rounded(gauge.mean);
        }
        (gauges, looks.failed.clone())
    }
}

impl Drop for Looker {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[expect(clippy::cast_precision_loss, reason = "a look a second")]
fn add(gauge: &mut Gauge, value: f64) {
    if gauge.looks == 0 {
        (gauge.first, gauge.min, gauge.max) = (value, value, value);
    }
    gauge.looks += 1;
    gauge.last = value;
    gauge.min = gauge.min.min(value);
    gauge.max = gauge.max.max(value);
    gauge.mean += (value - gauge.mean) / gauge.looks as f64;
}

/// What the names that mean something say of a writer.
pub(super) fn writer(gauges: &BTreeMap<String, Gauge>) -> Option<WriterUse> {
    let depth = gauges.get("writer.queue_depth")?;
    let grown = |name: &str| gauges.get(name).map(|gauge| gauge.last - gauge.first);
    let batches = grown("writer.batches").filter(|batches| *batches > 0.0);
    Some(WriterUse {
        queue_depth_max: depth.max,
        queue_depth_mean: depth.mean,
        batch_mean: grown("writer.writes")
            .zip(batches)
            .map(|(writes, batches)| rounded(writes / batches)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_writer_is_told_by_its_names() {
        let mut gauges: BTreeMap<String, Gauge> = BTreeMap::new();
        assert_eq!(writer(&gauges), None);
        for (name, values) in [
            ("writer.queue_depth", [4.0, 90.0, 8.0]),
            ("writer.batches", [10.0, 20.0, 30.0]),
            ("writer.writes", [100.0, 900.0, 1_100.0]),
        ] {
            let gauge = gauges.entry(name.to_owned()).or_default();
            values.into_iter().for_each(|value| add(gauge, value));
        }
        let found = writer(&gauges).unwrap();
        assert_eq!(
            (found.queue_depth_max, found.queue_depth_mean),
            (90.0, 34.0)
        );
        assert_eq!(found.batch_mean, Some(50.0));
    }
}
