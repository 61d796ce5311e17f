//! Micro-benchmarks: functions that are too fast for a phase, whose samples are
//! timed one by one.
//!
//! A sample is a batch of calls, long enough that the clock's own cost does not
//! show; its figure is the time of one call. So the percentiles are those of
//! batches: they say how steady the machine was, not how slow the slowest call.

use std::hint::black_box;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

/// What one call works through, so that a figure can be given for each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Work {
    /// How many in a call.
    pub count: u64,
    /// Of what: `bytes`, `rows`, ...
    pub unit: String,
}

/// A micro-benchmark, measured. Times are nanoseconds of one call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Micro {
    /// Its name.
    pub name: String,
    /// How the code was built: `dev` or `release`.
    pub build: String,
    /// Batches that were timed.
    pub samples: u64,
    /// Calls in a batch.
    pub calls: u64,
    /// Mean of all calls.
    pub mean_ns: f64,
    /// Median of the batches.
    pub median_ns: f64,
    /// 95th percentile of the batches, upper nearest rank.
    pub p95_ns: f64,
    /// The fastest batch.
    pub min_ns: f64,
    /// The slowest batch.
    pub max_ns: f64,
    /// What a call works through.
    #[serde(default)]
    pub work: Option<Work>,
    /// Instructions of one call, on all threads, where valgrind is.
    #[serde(default)]
    pub instructions: Option<u64>,
    /// Why they were not counted.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub uncounted: String,
}

/// What a benchmark is run for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aim {
    /// To be timed, for about this long.
    Time(Duration),
    /// To be called this often, under a counter of instructions.
    Calls {
        /// How often.
        calls: u64,
        /// Inputs to prepare: those beyond the calls are not used.
        inputs: u64,
    },
}

/// Takes the samples of a micro-benchmark.
///
/// # Example
/// ```
/// use shakedown::workbook::Bench;
///
/// fn checksum(bench: &mut Bench) -> shakedown::Result {
///     let bytes = vec![7_u8; 4096]; // prepared, not timed
///     bench.work(4096, "bytes");
///     bench.each(|| bytes.iter().map(|byte| u64::from(*byte)).sum::<u64>());
///     Ok(())
/// }
/// ```
#[derive(Debug)]
pub struct Bench {
    aim: Aim,
    work: Option<Work>,
    timed: Option<Timed>,
}

/// The calls of each batch, and how long each batch took.
#[derive(Debug)]
struct Timed {
    calls: u64,
    batches: Vec<Duration>,
}

/// Batches of a measurement.
const SAMPLES: u64 = 100;
/// A batch is this long at least: over a thousand times what reading the clock takes.
const BATCH: Duration = Duration::from_micros(100);
/// Inputs that are prepared at once.
const PREPARED: u64 = 1 << 14;

impl Bench {
    pub(crate) fn new(aim: Aim) -> Self {
        Self {
            aim,
            work: None,
            timed: None,
        }
    }

    /// Says what one call works through: 4,096 bytes, 50 rows.
    pub fn work(&mut self, count: u64, unit: &str) {
        self.work = Some(Work {
            count,
            unit: unit.to_owned(),
        });
    }

    /// Times `call`. What it returns is kept from the optimizer, and dropped
    /// within the time.
    pub fn each<T>(&mut self, mut call: impl FnMut() -> T) {
        self.each_of(|| (), |()| call());
    }

    /// Times `call` on inputs of its own, which `prepare` makes, untimed and uncounted.
    pub fn each_of<I, T>(&mut self, prepare: impl FnMut() -> I, call: impl FnMut(I) -> T) {
        match self.aim {
            Aim::Calls { calls, inputs } => counted(calls, inputs, prepare, call),
            Aim::Time(budget) => self.timed = Some(timed(budget, prepare, call)),
        }
    }

    /// The figures; none when nothing was timed.
    #[expect(
        clippy::cast_precision_loss,
        reason = "nanoseconds of seconds, and counts of calls"
    )]
    pub(crate) fn finish(self, name: &str) -> Option<Micro> {
        let Timed { calls, batches } = self.timed?;
        let mut times: Vec<f64> = batches
            .iter()
            .map(|batch| batch.as_nanos() as f64 / calls as f64)
            .collect();
        times.sort_by(f64::total_cmp);
        let (min, max) = (*times.first()?, *times.last()?);
        let rank = |share: usize| times[(times.len() * share).div_ceil(100).max(1) - 1];
        let tenths = |ns: f64| (ns * 10.0).round() / 10.0;
        Some(Micro {
            name: name.to_owned(),
            build: super::phase_test::build().to_owned(),
            samples: times.len() as u64,
            calls,
            mean_ns: tenths(times.iter().sum::<f64>() / times.len() as f64),
            median_ns: tenths(rank(50)),
            p95_ns: tenths(rank(95)),
            min_ns: tenths(min),
            max_ns: tenths(max),
            work: self.work,
            instructions: None,
            uncounted: String::new(),
        })
    }
}

/// Makes all `inputs` and calls with the first of them, so that two runs of as many
/// inputs differ only by their calls. What is not used is forgotten, since a call that
/// takes its input also drops it.
fn counted<I, T>(
    calls: u64,
    inputs: u64,
    mut prepare: impl FnMut() -> I,
    mut call: impl FnMut(I) -> T,
) {
    for number in 0..inputs {
        let input = black_box(prepare());
        if number < calls {
            drop(black_box(call(input)));
        } else {
            std::mem::forget(input);
        }
    }
}

/// Times calls for about `budget`.
fn timed<I, T>(
    budget: Duration,
    mut prepare: impl FnMut() -> I,
    mut call: impl FnMut(I) -> T,
) -> Timed {
    let mut inputs = Vec::new();
    let mut batch = |calls: u64| {
        let mut took = Duration::ZERO;
        let mut left = calls;
        while left > 0 {
            let now = left.min(PREPARED);
            inputs.extend((0..now).map(|_| prepare()));
            let start = Instant::now();
            for input in inputs.drain(..) {
                drop(black_box(call(black_box(input))));
            }
            took += start.elapsed();
            left -= now;
        }
        took
    };
    let one = warm_up(budget / 4, &mut batch);
    let (samples, calls) = plan(budget, one);
    let batches = (0..samples).map(|_| batch(calls)).collect();
    Timed { calls, batches }
}

/// Calls until `budget` is over, in batches that double: how long one call
/// takes, by the last batch.
fn warm_up(budget: Duration, batch: &mut impl FnMut(u64) -> Duration) -> Duration {
    let start = Instant::now();
    let mut calls: u32 = 1;
    loop {
        let one = batch(u64::from(calls)) / calls;
        let over = start.elapsed() >= budget;
        if over || calls > u32::MAX / 2 {
            return one;
        }
        // Not past the budget by more than the budget.
        if one * calls * 2 <= budget {
            calls *= 2;
        }
    }
}

/// How many batches of how many calls take about `budget`: 100, fewer of slow
/// calls, but ten.
fn plan(budget: Duration, one: Duration) -> (u64, u64) {
    let one = one.as_nanos().max(1);
    let share = (budget / u32::try_from(SAMPLES).unwrap_or(1)).max(BATCH);
    let calls = u64::try_from((share.as_nanos() / one).max(1)).unwrap_or(u64::MAX);
    let samples = u64::try_from(budget.as_nanos() / (one * u128::from(calls))).unwrap_or(SAMPLES);
    (samples.clamp(10, SAMPLES), calls)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fast_calls_are_timed_in_batches_and_slow_ones_alone() {
        let second = Duration::from_secs(1);
        assert_eq!(plan(second, Duration::from_nanos(20)), (100, 500_000));
        assert_eq!(plan(second, Duration::from_millis(25)), (40, 1));
        assert_eq!(plan(second, Duration::from_secs(3)), (10, 1));
        assert_eq!(plan(second, Duration::ZERO), (100, 10_000_000));
    }

    #[test]
    fn the_figures_are_those_of_the_batches() {
        let bench = Bench {
            aim: Aim::Time(Duration::ZERO),
            work: None,
            timed: Some(Timed {
                calls: 4,
                batches: (1..=100)
                    .rev()
                    .map(|n| Duration::from_nanos(n * 40))
                    .collect(),
            }),
        };
        let micro = bench.finish("x").unwrap();
        assert_eq!((micro.min_ns, micro.max_ns), (10.0, 1_000.0));
        assert_eq!((micro.median_ns, micro.p95_ns), (500.0, 950.0));
        assert_eq!((micro.mean_ns, micro.samples, micro.calls), (505.0, 100, 4));
    }

    #[test]
    fn every_call_has_an_input_of_its_own_and_preparing_it_is_not_counted() {
        let (mut made, mut used) = (0_u32, Vec::new());
        let (calls, inputs) = (20_000, 40_000);
        let mut bench = Bench::new(Aim::Calls { calls, inputs });
        bench.each_of(
            || {
                made += 1;
                made
            },
            |input| used.push(input),
        );
        assert_eq!(used, (1..=20_000).collect::<Vec<_>>());
        // As many of any number of calls, so that they fall out of a difference.
        assert_eq!(made, 40_000);
        assert!(bench.finish("x").is_none(), "a counted run is not timed");
    }

    #[test]
    fn a_measurement_stays_near_its_budget() {
        let mut calls = 0_u64;
        let mut bench = Bench::new(Aim::Time(Duration::from_millis(20)));
        bench.each(|| calls += 1);
        let micro = bench.finish("x").unwrap();
        assert!(calls > micro.samples * micro.calls, "it warmed up");
        assert!(micro.min_ns <= micro.median_ns && micro.median_ns <= micro.max_ns);
    }
}
