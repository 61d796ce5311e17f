//! Runs Goose, watches it, and ends it.
//!
//! Goose is configured in code, never from the command line (its `initialize`
//! parses the test binary's own arguments and exits the process), with its
//! consoles and its printed report off and without resetting counts after the
//! ramp. Its users are tasks of their own: dropping the run's future, or a run
//! that does not end, stops them through the transactions that
//! [`observe`](super::observe) put around theirs.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use goose::client::GooseClientBuilder;
use goose::config::GooseConfiguration;
use goose::goose::Scenario;
use goose::metrics::GooseMetrics;
use goose::{GooseAttack, GooseError, GooseScheduler};
use jiff::Timestamp;
use tokio::time::{Instant, Interval, MissedTickBehavior};

use super::arrivals::Keeping;
use super::knobs::{host_of, is_this_machine};
use super::observe::observed;
use super::open_loop;
use super::pin::Pinned;
use super::pulse::Pulse;
use super::server::check_pinned;
use super::watch::{StopOnDrop, Watch};
use super::{Gauges, Knobs, Progress, Revision, Run, StressError};

/// How long users may take to end after the last request could have.
pub(super) const GRACE: Duration = Duration::from_secs(10);

/// A load test, under construction.
///
/// # Example
/// ```no_run
/// use goose::prelude::*;
/// use shakedown::stress::{Call, Knobs, Limits, Mix, Stress};
///
/// async fn stats(user: &mut GooseUser) -> TransactionResult {
///     Call::get("/api/v1/stats").send(user).await?;
///     Ok(())
/// }
///
/// # async fn holds() -> shakedown::Result {
/// let dashboard = Mix::named("dashboard").weighted(1, transaction!(stats)).scenario()?;
/// let run = Stress::against("http://127.0.0.1:8000")
///     .name("dashboard")
///     .scenarios(vec![dashboard])
///     .knobs(Knobs::from_env()?)
///     .run()
///     .await?;
/// run.archive("development/profiles")?;
/// println!("{}", run.verdict(&Limits::from_env()?)?);
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is loaded until `run` is awaited"]
pub struct Stress {
    url: String,
    pub(super) name: String,
    scenarios: Vec<Scenario>,
    pub(super) knobs: Knobs,
    pub(super) factors: Vec<(String, String)>,
    pub(super) server: Option<u32>,
    pub(super) gauges: Option<Box<dyn Gauges>>,
    revision: Option<Revision>,
    progress: Progress,
}

impl Stress {
    /// Loads the server at `url`, unless the knobs name another host. Either is
    /// on this machine, unless the knobs allow another.
    pub fn against(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            name: String::new(),
            scenarios: Vec::new(),
            knobs: Knobs::default(),
            factors: Vec::new(),
            server: None,
            gauges: None,
            revision: None,
            progress: Progress::Auto,
        }
    }

    /// Names the run, and with it the archived files.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// What users do. Any Goose scenario works; of several, each user gets one
    /// by their weights.
    pub fn scenarios(mut self, scenarios: Vec<Scenario>) -> Self {
        self.scenarios = scenarios;
        self
    }

    /// How many users, for how long.
    pub fn knobs(mut self, knobs: Knobs) -> Self {
        self.knobs = knobs;
        self
    }

    /// Records something that sets this run apart from others, such as
    /// `tracing` `off`; part of the archived files' names.
    pub fn factor(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.factors.push((key.into(), value.into()));
        self
    }

    /// The server's process, on this machine: its processor time, memory and
    /// threads are recorded. Ignored when the knobs name another host.
    pub fn server_pid(mut self, pid: u32) -> Self {
        self.server = Some(pid);
        self
    }

    /// What the server says of itself, fetched once a second while the run
    /// lasts and recorded.
    pub fn gauges(mut self, gauges: impl Gauges) -> Self {
        self.gauges = Some(Box::new(gauges));
        self
    }

    /// The code that is measured, where `git` in the current directory does not
    /// know it. Of a deployment that the knobs name it never does; without this it
    /// is what `STRESS_COMMIT` says, or unknown.
    pub fn revision(mut self, revision: Revision) -> Self {
        self.revision = Some(revision);
        self
    }

    /// Where the line a second goes.
    pub fn progress(mut self, progress: Progress) -> Self {
        self.progress = progress;
        self
    }

    /// The address that will be loaded.
    #[must_use]
    pub fn url(&self) -> &str {
        self.knobs.host.as_deref().unwrap_or(&self.url)
    }

    /// Loads the server and waits for the end. Dropping the future stops the
    /// load.
    ///
    /// Works on either flavour of tokio's runtime; on two cores or fewer the
    /// `current_thread` flavour leaves more for the server.
    ///
    /// # Errors
    /// [`StressError`] when the run could not start, or users would not end.
    /// What the server did wrong is no error here: it is in the [`Run`].
    pub async fn run(mut self) -> Result<Run, StressError> {
        if self.scenarios.is_empty() {
            return Err(StressError::NoScenario);
        }
        let host = host_of(self.url()).ok_or_else(|| StressError::Address {
            url: self.url().to_owned(),
        })?;
        if !self.knobs.allow_remote && !is_this_machine(&host) {
            return Err(StressError::Remote { host });
        }
        let revision = self
            .revision
            .take()
            .unwrap_or_else(|| self.known_revision());
        if let Some(host) = &self.knobs.host {
            // Figures of a deployment are not those of a server that a test started.
            let place = host.trim_start_matches("http://").trim_end_matches('/');
            self.factors.push(("host".to_owned(), place.to_owned()));
        }
        if let (Some(pid), Some(wanted)) = (self.server, &self.knobs.server_cores) {
            check_pinned(pid, wanted)?;
        }
        let log_level = RestoreLogLevel(log::max_level());
        let watch = Arc::new(Watch::new(&self.knobs));
        let stop = StopOnDrop(Arc::clone(&watch));
        let scenarios = std::mem::take(&mut self.scenarios).into_iter();
        let scenarios = scenarios.map(|scenario| observed(scenario, &watch));
        let scenarios: Vec<Scenario> = scenarios.collect();
        let progress = std::mem::take(&mut self.progress);
        let mut pulse = Pulse::start(&mut self, progress, Arc::clone(&watch))?;
        let pinned = self.knobs.generator_cores.as_ref().map(Pinned::to);
        let pinned = pinned.transpose()?;
        let ended = self.load(scenarios, &watch, &mut pulse).await?;
        drop((log_level, pinned));
        let run = pulse.finish(&self, revision, &ended);
        drop(stop);
        Ok(run)
    }

    /// The code in the current directory, unless the server runs other code.
    fn known_revision(&self) -> Revision {
        match &self.knobs.host {
            None => Revision::current(),
            Some(_) => {
                let commit = self.knobs.commit.as_deref().unwrap_or("unknown");
                Revision::of(commit, false)
            }
        }
    }

    async fn load(
        &self,
        scenarios: Vec<Scenario>,
        watch: &Arc<Watch>,
        pulse: &mut Pulse,
    ) -> Result<Ended, StressError> {
        let (url, knobs) = (self.url(), &self.knobs);
        if let Some(rate) = knobs.rate {
            let drive = open_loop::drive(url, rate, knobs, scenarios, watch, pulse);
            return drive.await.map(Ended::Open);
        }
        let attack = attack(url, knobs, scenarios).map_err(engine)?;
        let metrics = drive(attack, knobs, watch, pulse).await?;
        let requests = metrics.requests.values();
        let counted = requests.map(|all| (all.success_count + all.fail_count) as u64);
        Ok(Ended::Closed(counted.sum()))
    }
}

/// How a load came to its end.
pub(super) enum Ended {
    /// Goose counted so many requests.
    Closed(u64),
    /// The schedule was kept so.
    Open(Arc<Keeping>),
}

impl std::fmt::Debug for Stress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let scenarios: Vec<&str> = self.scenarios.iter().map(|s| &*s.name).collect();
        f.debug_struct("Stress")
            .field("url", &self.url())
            .field("name", &self.name)
            .field("scenarios", &scenarios)
            .field("knobs", &self.knobs)
            .field("factors", &self.factors)
            .finish_non_exhaustive()
    }
}

/// Observing lowers the level for the time of a run.
struct RestoreLogLevel(log::LevelFilter);

impl Drop for RestoreLogLevel {
    fn drop(&mut self) {
        log::set_max_level(self.0);
    }
}

pub(super) fn engine(error: GooseError) -> StressError {
    StressError::Engine(Box::new(error))
}

fn attack(url: &str, knobs: &Knobs, scenarios: Vec<Scenario>) -> Result<GooseAttack, GooseError> {
    let mut configuration = GooseConfiguration::default();
    configuration.host = Some(url.to_owned());
    configuration.users = Some(knobs.users);
    configuration.increase_rate = Some(knobs.spawn_rate.to_string());
    configuration.run_time = Some(format!("{}s", whole_seconds(knobs.duration)));
    configuration.no_telnet = true;
    configuration.no_print_metrics = true;
    configuration.no_error_summary = true;
    configuration.no_transaction_metrics = true;
    configuration.no_scenario_metrics = true;
    configuration.no_reset_metrics = true;
    configuration.quiet = 1;
    // One client for all users: one each costs twice the processor time.
    let client = GooseClientBuilder::new()
        .timeout(knobs.timeout)
        .without_cookies();
    let mut attack = GooseAttack::initialize_with_config(configuration)?
        .set_scheduler(GooseScheduler::Random)
        .set_client_builder_without_cookies(client)?;
    for scenario in scenarios {
        attack = attack.register_scenario(scenario);
    }
    Ok(attack)
}

fn whole_seconds(span: Duration) -> u64 {
    let rounded_up = span.as_secs() + u64::from(span.subsec_nanos() > 0);
    rounded_up.max(1)
}

async fn drive(
    attack: GooseAttack,
    knobs: &Knobs,
    watch: &Watch,
    pulse: &mut Pulse,
) -> Result<GooseMetrics, StressError> {
    let longest = ramp_of(knobs) + knobs.duration + knobs.timeout + GRACE;
    let mut attack = pin!(attack.execute());
    let mut overdue = pin!(tokio::time::sleep_until(Instant::now() + longest));
    let mut given_up = pin!(tokio::time::sleep_until(Instant::now() + longest + GRACE));
    let mut ticks = ticks();
    loop {
        tokio::select! {
            metrics = &mut attack => return metrics.map_err(engine),
            _ = ticks.tick() => pulse.beat(),
            () = &mut overdue, if !watch.is_stopped() => watch.stop(),
            () = &mut given_up => {
                let seconds = (GRACE + knobs.timeout + GRACE).as_secs();
                return Err(StressError::Stuck { seconds });
            }
        }
    }
}

/// How long it takes until all users run.
pub(super) fn ramp_of(knobs: &Knobs) -> Duration {
    #[expect(clippy::cast_precision_loss, reason = "users are not that many")]
    let seconds = knobs.users as f64 / knobs.spawn_rate;
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX / 4)
}

pub(super) fn ticks() -> Interval {
    let second = Duration::from_secs(1);
    let mut ticks = tokio::time::interval_at(Instant::now() + second, second);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    ticks
}

/// How requests were timed.
pub(super) fn timing(watch: &Watch) -> &'static str {
    let headers = watch.timed_headers.load(Ordering::Relaxed);
    let bodies = watch.timed_bodies.load(Ordering::Relaxed);
    match (headers, bodies) {
        (true, true) => "mixed",
        (true, false) => "headers",
        (false, true) => "body",
        (false, false) => "none",
    }
}

/// When a run started, for people.
pub(super) fn started_text(started: Timestamp) -> String {
    started.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
