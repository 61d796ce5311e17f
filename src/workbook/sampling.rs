//! Taking samples of a phase.

use std::io::Write as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::summary::Tally;
use super::{Histogram, Measurement, Phase, WorkbookError};
use crate::{Failure, interrupt};

/// Takes the samples of a phase.
///
/// A function registered with [`phase!`](crate::phase) prepares what it needs,
/// untimed, and hands the timed part to [`each`](Self::each).
///
/// # Example
/// ```
/// use shakedown::workbook::Sampler;
///
/// fn sorting(phase: &mut Sampler) -> shakedown::Result {
///     let numbers: Vec<u32> = (0..10_000).rev().collect();
///     phase.each(|watch| {
///         let mut own = watch.step("copy", || numbers.clone());
///         watch.step("sort", || own.sort_unstable());
///         Ok(())
///     })
/// }
/// ```
#[derive(Debug)]
pub struct Sampler {
    phase: Phase,
    samples: u64,
    warmup: u64,
    all: Tally,
    steps: Vec<(String, Tally)>,
    progress: Option<PathBuf>,
    told: Option<Instant>,
    any_steps: bool,
}

/// Times the parts of one sample.
#[derive(Debug, Default)]
pub struct Stopwatch {
    steps: Vec<(String, Duration)>,
    named: bool,
    used: bool,
}

impl Stopwatch {
    /// Runs and times a named part. A sample with parts takes as long as its
    /// parts: what happens between them does not count.
    pub fn step<T>(&mut self, name: &str, work: impl FnOnce() -> T) -> T {
        self.named = true;
        self.timed(name, work)
    }

    /// Runs and times what counts, where the rest of the sample does not.
    pub fn time<T>(&mut self, work: impl FnOnce() -> T) -> T {
        self.timed("", work)
    }

    fn timed<T>(&mut self, name: &str, work: impl FnOnce() -> T) -> T {
        self.used = true;
        let start = Instant::now();
        let value = work();
        let took = start.elapsed();
        match self.steps.iter_mut().find(|(known, _)| known == name) {
            Some((_, sum)) => *sum += took,
            None => self.steps.push((name.to_owned(), took)),
        }
        value
    }
}

/// How often progress is told.
const TELL_EVERY: Duration = Duration::from_millis(200);

impl Sampler {
    /// A sampler of `samples` samples of `phase`. Progress goes to the file
    /// `progress`, one line `done of all`.
    pub(crate) fn new(phase: &Phase, samples: u64, progress: Option<PathBuf>) -> Self {
        Self {
            samples,
            warmup: phase.warmup,
            all: Tally::default(),
            steps: Vec::new(),
            progress,
            told: None,
            any_steps: false,
            phase: phase.clone(),
        }
    }

    /// The sampler, for a phase whose steps may be other ones than configured.
    pub(crate) fn with_any_steps(mut self) -> Self {
        self.any_steps = true;
        self
    }

    /// Samples that are asked for.
    #[must_use]
    pub fn samples(&self) -> u64 {
        self.samples
    }

    /// The phase that is measured.
    #[must_use]
    pub fn phase(&self) -> &Phase {
        &self.phase
    }

    /// Runs `work` once for each sample, after the samples that warm up, and
    /// records how long it took: all of it, or what it gave the [`Stopwatch`].
    ///
    /// # Errors
    /// The first that `work` returns.
    pub fn each(
        &mut self,
        mut work: impl FnMut(&mut Stopwatch) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        for _ in 0..self.warmup {
            self.go_on()?;
            work(&mut Stopwatch::default())?;
        }
        for _ in 0..self.samples {
            self.go_on()?;
            let mut watch = Stopwatch::default();
            let start = Instant::now();
            work(&mut watch)?;
            let whole = start.elapsed();
            if watch.used {
                let parts = watch.steps.iter();
                self.record(parts.clone().map(|(_, took)| *took).sum());
                if watch.named {
                    for (name, took) in &watch.steps {
                        self.step_tally(name).record(nanoseconds(*took));
                    }
                }
            } else {
                self.record(whole);
            }
        }
        Ok(())
    }

    /// As [`each`](Self::each), for work that says itself how long it took.
    pub(crate) fn each_taking(
        &mut self,
        mut work: impl FnMut() -> Result<Duration, Failure>,
    ) -> Result<(), Failure> {
        for _ in 0..self.warmup {
            self.go_on()?;
            work()?;
        }
        for _ in 0..self.samples {
            self.go_on()?;
            let took = work()?;
            self.record(took);
        }
        Ok(())
    }

    /// Records a sample that was timed elsewhere.
    pub fn record(&mut self, took: Duration) {
        self.all.record(nanoseconds(took));
        self.tell();
    }

    /// Records a named part of a sample that was timed elsewhere, once for each of them.
    pub fn record_step(&mut self, name: &str, took: Duration) {
        self.step_tally(name).record(nanoseconds(took));
    }

    /// Records all samples of a load test.
    pub fn record_all(&mut self, times: &Histogram) {
        self.all.merge(times);
        self.tell();
    }

    /// The measurement.
    ///
    /// # Errors
    /// There are fewer samples than were asked for, or the steps are not those
    /// of the configuration.
    pub(crate) fn finish(self) -> Result<Measurement, WorkbookError> {
        let refused = |reason: String| WorkbookError::Phase {
            phase: self.phase.name.clone(),
            reason,
        };
        let taken = self.all.histogram.total();
        if taken < self.samples {
            return Err(refused(format!(
                "it took {taken} samples of the {} that were asked for",
                self.samples
            )));
        }
        let steps: Vec<&String> = self.steps.iter().map(|(name, _)| name).collect();
        if !self.any_steps && !steps.iter().copied().eq(&self.phase.steps) {
            return Err(refused(format!(
                "its steps were {steps:?}, and `steps` says {:?}",
                self.phase.steps
            )));
        }
        let timed = |tally: &Tally| tally.histogram.total();
        let partial = self.steps.iter().find(|(_, tally)| timed(tally) != taken);
        if let Some((name, tally)) = partial.filter(|_| !self.any_steps) {
            return Err(refused(format!(
                "its step `{name}` was timed in {} samples of {taken}: steps add up to the \
                 whole only where each sample has each of them",
                timed(tally)
            )));
        }
        Ok(Measurement::new(
            &self.phase,
            self.warmup,
            &self.all,
            &self.steps,
        ))
    }

    fn step_tally(&mut self, name: &str) -> &mut Tally {
        let at = self.steps.iter().position(|(known, _)| known == name);
        let at = at.unwrap_or_else(|| {
            self.steps.push((name.to_owned(), Tally::default()));
            self.steps.len() - 1
        });
        &mut self.steps[at].1
    }

    /// Tells of progress; an error where Ctrl-C was pressed and is caught.
    fn go_on(&mut self) -> Result<(), Failure> {
        self.tell();
        if interrupt::asked() {
            return Err(Failure::new("interrupted"));
        }
        Ok(())
    }

    /// Progress that cannot be written changes no result.
    fn tell(&mut self) {
        let Some(path) = &self.progress else { return };
        let done = self.all.histogram.total();
        let due = self.told.is_none_or(|told| told.elapsed() >= TELL_EVERY);
        if due || done >= self.samples {
            let line = format!("{} {done} {}\n", self.phase.name, self.samples);
            let file = std::fs::OpenOptions::new()
                .append(true)
                .create(true)
                .open(path);
            drop(file.and_then(|mut file| file.write_all(line.as_bytes())));
            self.told = Some(Instant::now());
        }
    }
}

fn nanoseconds(took: Duration) -> u64 {
    u64::try_from(took.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workbook::Settings;
    use std::path::Path;
    use std::thread::sleep;

    fn sampler(more: &str) -> Sampler {
        let text = format!("[phase.A]\ntarget = \"1 s\"\ngate = \"hard\"\nsamples = 9\n{more}");
        let settings = Settings::parse(Path::new("x.toml"), &text).unwrap();
        Sampler::new(&settings.phases[0], 3, None)
    }

    #[test]
    fn every_sample_that_warms_up_is_taken_however_few_count() {
        let mut sampler = sampler("warmup = 5\n");
        let mut calls = 0;
        let count = |_: &mut Stopwatch| {
            calls += 1;
            Ok(())
        };
        sampler.each(count).unwrap();
        let of = sampler.finish().unwrap();
        assert_eq!((calls, of.summary.samples, of.warmup), (8, 3, 5));
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "time is what is measured")]
    fn steps_add_up_to_the_sample_and_what_is_between_them_does_not_count() {
        let mut sampler = sampler("steps = [\"one\", \"two\"]\n");
        let start = Instant::now();
        let nap = |watch: &mut Stopwatch| {
            watch.step("one", || sleep(Duration::from_millis(2)));
            sleep(Duration::from_millis(30));
            watch.step("two", || sleep(Duration::from_millis(4)));
            // The rest of the first one.
            watch.step("one", || sleep(Duration::from_millis(2)));
            Ok(())
        };
        sampler.each(nap).unwrap();
        let all = start.elapsed().as_secs_f64() * 1e3;
        let of = sampler.finish().unwrap();
        let means: Vec<f64> = of.steps.iter().map(|step| step.summary.mean_ms).collect();
        assert!(means[0] >= 4.0 && means[1] >= 4.0, "{means:?}");
        let sum: f64 = means.iter().sum();
        // Means are rounded to a nanosecond.
        assert!((sum - of.summary.mean_ms).abs() < 1e-5, "{sum} {of:?}");
        assert!(3.0 * (of.summary.mean_ms + 30.0) <= all, "{all} {of:?}");
    }

    #[test]
    fn a_step_of_some_samples_is_none_of_the_whole() {
        let mut sampler = sampler("steps = [\"always\", \"once\"]\n");
        let mut first = true;
        let work = |watch: &mut Stopwatch| {
            watch.step("always", || ());
            if std::mem::take(&mut first) {
                watch.step("once", || ());
            }
            Ok(())
        };
        sampler.each(work).unwrap();
        let error = sampler.finish().unwrap_err().to_string();
        assert!(
            error.contains("its step `once` was timed in 1 samples of 3"),
            "{error}"
        );
    }
}
