//! What happens once a second during a run, and once at its end: collect the
//! seconds that are over, look at the server, say how it goes.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use jiff::Timestamp;

use super::chronicle::Chronicle;
use super::flame::{Flame, FlameFiles, FlameSampler};
use super::gauges::{self, Looker};
use super::progress::Lines;
use super::record::{
    EndpointRecord, ExceptionRecord, FailureRecord, Generator, Load, Record, SCHEMA, Stats,
    Windows, rounded,
};
use super::recorder::{Endpoint, Second};
use super::runner::{Ended, started_text, timing};
use super::server::Sampler;
use super::tally::Tally;
use super::watch::Watch;
use super::{Knobs, Progress, Revision, Run, Stress, StressError};
use crate::measure::{Before, own_cpu_seconds};
use crate::process::Cores;

/// The collecting side of a run.
pub(super) struct Pulse {
    watch: Arc<Watch>,
    started: Timestamp,
    chronicle: Chronicle,
    lines: Lines,
    server: Option<Sampler>,
    flame: Option<FlameSampler>,
    machine: Before,
    own_cpu: CpuUse,
    looker: Option<Looker>,
    requests: u64,
    failures: u64,
}

impl Pulse {
    pub(super) fn start(
        stress: &mut Stress,
        progress: Progress,
        watch: Arc<Watch>,
    ) -> Result<Self, StressError> {
        let local = stress.knobs.host.is_none();
        let started = Timestamp::now();
        let mut pulse = Self {
            started,
            chronicle: Chronicle::new(started),
            lines: Lines::open(progress)?,
            server: stress.server.filter(|_| local).map(Sampler::of),
            flame: FlameSampler::asked_for(stress.server.filter(|_| local))?,
            machine: Before::now(),
            own_cpu: CpuUse::from(own_cpu_seconds()),
            looker: stress
                .gauges
                .take()
                .map(|gauges| Looker::start(gauges, Arc::clone(&watch))),
            requests: 0,
            failures: 0,
            watch,
        };
        pulse.look();
        pulse.chronicle.begin();
        let (name, url, users) = (&stress.name, stress.url(), stress.knobs.users);
        pulse
            .lines
            .write(&format!("stress `{name}`: {users} users against {url}"));
        Ok(pulse)
    }

    fn look(&mut self) {
        let now = self.watch.now();
        if let Some(server) = &mut self.server {
            server.look(now);
        }
    }

    /// A second has passed.
    pub(super) fn beat(&mut self) {
        let now = self.watch.now();
        if self.watch.recorder.window_opened().is_some() {
            self.own_cpu.opened.get_or_insert((now, own_cpu_seconds()));
        }
        self.collect(now.as_secs());
        self.look();
        self.note(now);
        if self.watch.recorder.window_opened().is_some()
            && let Some(trouble) = self.flame.as_mut().and_then(FlameSampler::begin)
        {
            self.lines.write(&trouble);
        }
        let over = now.as_secs().saturating_sub(1);
        let line = self.line(now, self.chronicle.second(over));
        self.lines.write(&line);
    }

    fn collect(&mut self, end: u64) {
        let seconds = self.watch.recorder.take_seconds(end);
        for second in seconds.values() {
            self.requests += second.requests;
            self.failures += second.failures;
        }
        self.chronicle.add_seconds(seconds, self.watch.entered());
    }

    fn note(&mut self, now: Duration) -> Vec<Endpoint> {
        let endpoints = self.watch.recorder.endpoints();
        let last = self.watch.recorder.last_ends().0;
        self.chronicle
            .note(now, last, self.watch.entered(), &endpoints);
        endpoints
    }

    #[expect(clippy::cast_precision_loss, reason = "microseconds of a second")]
    fn line(&self, now: Duration, second: Option<&Second>) -> String {
        let users = self.watch.entered();
        let elapsed = now.as_secs();
        let failures = self.failures;
        let Some(second) = second else {
            return format!("{elapsed:>4} s {users:>6} users       0 RPS {failures:>6} failures");
        };
        let time = |p| second.histogram.percentile_us(p) as f64 / 1_000.0;
        format!(
            "{elapsed:>4} s {users:>6} users {:>7} RPS {failures:>6} failures  p50 {:.1} ms  p95 {:.1} ms",
            second.requests,
            time(0.50),
            time(0.95),
        )
    }

    /// The run is over.
    pub(super) fn finish(mut self, stress: &Stress, revision: Revision, ended: &Ended) -> Run {
        self.collect(u64::MAX);
        self.look();
        let now = self.watch.now();
        let endpoints = self.note(now);
        let mut generator = self.generator(now, &stress.knobs);
        let (requests, failures) = (self.requests, self.failures);
        self.lines
            .write(&format!("over: {requests} requests, {failures} failed"));
        let watch = Arc::clone(&self.watch);
        let server = self.server.take().map(Sampler::finish);
        let sampled = self.flame.as_ref().is_some_and(FlameSampler::has_begun);
        let (flame, flame_files) = self.flame_graph();
        let (history, series) = self.chronicle.finish();
        let (last, _) = watch.recorder.last_ends();
        let windows = windows(&watch, now, stress.knobs.duration);
        let measured = sum(&endpoints, |endpoint| &endpoint.measured);
        let (gauges, failed) = self.looker.take().map_or_else(Default::default, |looker| {
            looker.finish(watch.recorder.window_opened())
        });
        if let Some(error) = failed.filter(|_| gauges.is_empty()) {
            watch.exception(&format!("no gauge was read: {error}"), "gauges");
        }
        let arrivals = match ended {
            Ended::Open(keeping) => Some(keeping.finish(kept(&stress.knobs, &windows))),
            Ended::Closed(_) => None,
        };
        generator.schedule_lag_ms = arrivals.as_ref().map(|arrivals| arrivals.lag_max_ms);
        let record = Record {
            schema: SCHEMA,
            name: stress.name.clone(),
            started: started_text(self.started),
            revision,
            load: Load::of(stress.url(), &stress.knobs, timing(&watch)),
            factors: factors(stress, sampled),
            machine: self.machine.finish(),
            generator,
            server,
            writer: gauges::writer(&gauges),
            gauges,
            windows,
            arrivals,
            ramp: sum(&endpoints, |endpoint| &endpoint.ramp),
            measured,
            endpoints: endpoints.iter().map(endpoint_record).collect(),
            failures: failure_records(&watch),
            exceptions: exception_records(&watch),
            series,
            flame,
            engine_requests: match ended {
                Ended::Closed(counted) => *counted,
                Ended::Open(_) => requests,
            },
        };
        Run {
            record: judged(record),
            started: self.started,
            entries: endpoints.into_iter().map(|e| e.entry).collect(),
            history,
            seconds: last.saturating_sub(watch.began()).as_secs_f64(),
            flame: flame_files,
            archived: OnceLock::new(),
        }
    }

    fn flame_graph(&mut self) -> (Option<Flame>, Option<FlameFiles>) {
        match self.flame.take().and_then(FlameSampler::finish) {
            Some(Ok((flame, files))) => (Some(flame), Some(files)),
            Some(Err(trouble)) => {
                self.lines.write(&trouble);
                (None, None)
            }
            None => (None, None),
        }
    }

    fn generator(&self, now: Duration, knobs: &Knobs) -> Generator {
        let (cpu_seconds, cpu_cores) = self.own_cpu.until(now, own_cpu_seconds());
        let build = if cfg!(debug_assertions) {
            "debug"
        } else {
            "release"
        };
        Generator {
            tool: format!("shakedown {} on goose 0.19", env!("CARGO_PKG_VERSION")),
            build: build.to_owned(),
            core_list: knobs.generator_cores.as_ref().map(Cores::to_string),
            threads: tokio::runtime::Handle::current().metrics().num_workers(),
            cpu_seconds: rounded(cpu_seconds),
            cpu_cores: rounded(cpu_cores),
            schedule_lag_ms: None,
            throughput: "measured".to_owned(),
        }
    }
}

/// What the generator had used of the processor: before the run, and when all users ran.
#[derive(Clone, Copy, Debug)]
struct CpuUse {
    before: f64,
    opened: Option<(Duration, f64)>,
}

impl CpuUse {
    fn from(before: f64) -> Self {
        Self {
            before,
            opened: None,
        }
    }

    /// Processor seconds since the start, and cores in use while all users ran: a slow
    /// ramp is no time to spare. Of a window under a second, cores are of all the run.
    fn until(self, now: Duration, used: f64) -> (f64, f64) {
        let (since, then) = self
            .opened
            .filter(|(opened, _)| now.saturating_sub(*opened) >= Duration::from_secs(1))
            .unwrap_or((Duration::ZERO, self.before));
        let passed = now.saturating_sub(since).as_secs_f64().max(0.001);
        (used - self.before, (used - then) / passed)
    }
}

/// A schedule is kept when 99 of 100 requests are less late than this.
const LATE_MS: f64 = 10.0;

/// Marks a throughput that the generator, not the server, may have limited.
fn judged(mut record: Record) -> Record {
    let cores = record.generator.core_list.as_ref();
    let cores = cores.and_then(|list| list.parse::<Cores>().ok());
    let threads = record.generator.threads;
    let threads = threads.min(cores.map_or(threads, |cores| cores.count()));
    #[expect(clippy::cast_precision_loss, reason = "threads are few")]
    let threads = threads as f64;
    let busy = record.generator.cpu_cores >= 0.85 * threads || record.machine.busy_share >= 0.95;
    let late = record.arrivals.as_ref().map(|arrivals| arrivals.lag_p99_ms);
    if busy || late.is_some_and(|lag| lag >= LATE_MS) {
        record.generator.throughput = "floor".to_owned();
    }
    record
}

/// What the test said, and where server and generator were pinned to. How many
/// cores a server has is a factor of its speed, which ones they are is not. That it
/// was sampled is one: such a run is compared with no other.
fn factors(stress: &Stress, sampled: bool) -> BTreeMap<String, String> {
    let mut factors: BTreeMap<String, String> = stress.factors.iter().cloned().collect();
    if let Some(cores) = &stress.knobs.server_cores {
        factors.insert("cores".to_owned(), cores.count().to_string());
    }
    if let Some(cores) = &stress.knobs.generator_cores {
        let list = cores.to_string().replace(',', "and").replace('-', "to");
        factors.insert("generator".to_owned(), format!("core{list}"));
    }
    if sampled {
        factors.insert("sampled".to_owned(), "perf".to_owned());
    }
    factors
}

/// The part of its rate that an open loop kept: all that was due is answered
/// in the end, so a server that is too slow shows in how long after.
fn kept(knobs: &Knobs, windows: &Windows) -> Option<f64> {
    /// The last answers take their time even where the server keeps up.
    const LAST_ANSWERS_S: f64 = 0.5;
    let planned = knobs.duration.as_secs_f64();
    let took = windows.measured_s - LAST_ANSWERS_S;
    (windows.measured_s > 0.0).then(|| planned / took.max(planned))
}

/// The engine looks at its clock twice a second, so that a run may seem to end
/// that much early.
const SLACK: Duration = Duration::from_secs(1);

fn windows(watch: &Watch, now: Duration, planned: Duration) -> Windows {
    let (last, window_last) = watch.recorder.last_ends();
    let opened = watch.recorder.window_opened();
    let ramp_end = opened.unwrap_or(last);
    let measured = opened.map(|opened| window_last.saturating_sub(opened));
    Windows {
        ramp_s: rounded(ramp_end.saturating_sub(watch.began()).as_secs_f64()),
        measured_s: rounded(measured.unwrap_or_default().as_secs_f64()),
        complete: opened.is_some_and(|opened| now + SLACK >= opened + planned),
    }
}

fn sum(endpoints: &[Endpoint], part: impl Fn(&Endpoint) -> &Tally) -> Stats {
    let mut all = Tally::default();
    for endpoint in endpoints {
        all.merge(part(endpoint));
    }
    Stats::of(&all)
}

fn endpoint_record(endpoint: &Endpoint) -> EndpointRecord {
    EndpointRecord {
        method: endpoint.method.clone(),
        name: endpoint.name.clone(),
        ramp: Stats::of(&endpoint.ramp),
        measured: Stats::of(&endpoint.measured),
        slowest: endpoint.slowest.requests(),
    }
}

fn failure_records(watch: &Watch) -> Vec<FailureRecord> {
    let failures = watch.recorder.failures().into_iter();
    let records = failures.map(|((method, name, error), seen)| FailureRecord {
        method,
        name,
        error,
        occurrences: seen.occurrences,
        first_s: rounded(seen.first.as_secs_f64()),
        last_s: rounded(seen.last.as_secs_f64()),
    });
    records.collect()
}

fn exception_records(watch: &Watch) -> Vec<ExceptionRecord> {
    let exceptions = watch.exceptions().into_iter();
    let records = exceptions.map(|(message, place, count)| ExceptionRecord {
        message,
        place,
        count,
    });
    records.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_ramp_does_not_hide_that_the_generator_is_busy() {
        let mut cpu = CpuUse::from(1.0);
        cpu.opened = Some((Duration::from_secs(20), 3.0));
        assert_eq!(cpu.until(Duration::from_secs(30), 21.0), (20.0, 1.8));
        // A window too short to tell.
        assert_eq!(cpu.until(Duration::from_millis(20_500), 3.5).0, 2.5);
        assert_eq!(
            CpuUse::from(1.0).until(Duration::from_secs(10), 6.0),
            (5.0, 0.5)
        );
    }

    #[test]
    fn a_run_whose_server_was_sampled_has_a_factor_that_says_so() {
        let stress = Stress::against("http://127.0.0.1:1").factor("tracing", "off");
        let plain = factors(&stress, false);
        assert_eq!(plain.get("sampled"), None);
        let sampled = factors(&stress, true);
        assert_eq!(sampled.get("sampled").map(String::as_str), Some("perf"));
        assert_eq!(sampled.len(), plain.len() + 1);
    }
}
