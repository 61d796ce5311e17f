//! Runs scenarios at constant arrivals: the open loop.
//!
//! Goose's scheduler is a closed loop, and its mitigation of coordinated
//! omission invents requests. So here Goose only lends its users: a thread
//! hands out arrivals when the [`Schedule`] says so, and whichever user is free
//! runs one transaction for each. The first request of a transaction counts from
//! when the arrival was **due**, whatever held it up; further requests of the
//! same transaction count from when they were sent.
//!
//! A thread, because tokio's timers are a millisecond coarse, which is longer
//! than many services take.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use goose::config::GooseConfiguration;
use goose::goose::{GooseUser, Scenario, TransactionFunction};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::arrivals::{Arrival, Keeping};
use super::observe::prepare;
use super::pulse::Pulse;
use super::runner::{GRACE, engine, ramp_of, ticks};
use super::schedule::Schedule;
use super::watch::{User, Watch};
use super::{Knobs, StressError};

type Queue = flume::Receiver<Arrival>;

/// Runs `scenarios`, which are observed already, at `rate` arrivals a second.
pub(super) async fn drive(
    url: &str,
    rate: f64,
    knobs: &Knobs,
    scenarios: Vec<Scenario>,
    watch: &Arc<Watch>,
    pulse: &mut Pulse,
) -> Result<Arc<Keeping>, StressError> {
    let keeping = Arc::new(Keeping::default());
    let (arrivals, queue) = flume::unbounded();
    let (ready, all_ready) = flume::unbounded::<()>();
    let mut users = JoinSet::new();
    for worker in workers(url, knobs, &scenarios)? {
        let (watch, keeping) = (Arc::clone(watch), Arc::clone(&keeping));
        users.spawn(work(worker, watch, keeping, queue.clone(), ready.clone()));
    }
    drop(ready);
    let mut ticks = ticks();
    let started = Instant::now();
    let patience = ramp_of(knobs) + knobs.timeout + GRACE;
    loop {
        tokio::select! {
            // Ends when the last user has dropped its end.
            ended = all_ready.recv_async() => if ended.is_err() { break },
            _ = ticks.tick() => pulse.beat(),
            () = tokio::time::sleep_until(started + patience) => {
                watch.stop();
                return Err(StressError::Stuck { seconds: patience.as_secs() });
            }
        }
    }
    let schedule = Schedule::new(rate, ramp_of(knobs), knobs.duration);
    watch.schedule(ramp_of(knobs));
    let dispatcher = Dispatcher::start(schedule, arrivals, watch, &keeping, knobs.users)?;
    let over = Instant::now() + schedule.length();
    let mut given_up = pin!(tokio::time::sleep_until(over + knobs.timeout));
    let mut overdue = pin!(tokio::time::sleep_until(over + knobs.timeout * 2 + GRACE));
    let mut stuck = pin!(tokio::time::sleep_until(
        over + knobs.timeout * 2 + GRACE * 2
    ));
    let mut waiting = true;
    loop {
        tokio::select! {
            ended = users.join_next() => if ended.is_none() { break },
            _ = ticks.tick() => pulse.beat(),
            () = &mut given_up, if waiting => {
                waiting = false;
                keeping.give_up(queue.drain().count() as u64);
            }
            () = &mut overdue, if !watch.is_stopped() => watch.stop(),
            () = &mut stuck => {
                let seconds = (knobs.timeout * 2 + GRACE * 2).as_secs();
                return Err(StressError::Stuck { seconds });
            }
        }
    }
    keeping.give_up(queue.drain().count() as u64);
    drop(dispatcher);
    Ok(keeping)
}

/// A user and what it can do.
struct Worker {
    number: usize,
    user: GooseUser,
    first: Vec<TransactionFunction>,
    choices: Choices,
    last: Vec<TransactionFunction>,
    /// When it may begin, after the first.
    delay: Duration,
}

/// What an arrival may run.
enum Choices {
    /// One after the other.
    InTurn(Vec<TransactionFunction>, usize),
    /// By weight.
    ByWeight(Vec<(u64, TransactionFunction)>),
}

impl Choices {
    fn of(scenario: &Scenario) -> Self {
        let plain = scenario.transactions.iter();
        let plain = plain.filter(|one| !one.on_start && !one.on_stop);
        let weighted = |weight: usize| u64::try_from(weight).unwrap_or(u64::MAX);
        if plain.clone().all(|one| one.sequence == 0) {
            let choices = plain.map(|one| (weighted(one.weight), Arc::clone(&one.function)));
            return Self::ByWeight(choices.collect());
        }
        // Goose runs those with a sequence in its order, the others after them.
        let mut ordered: BTreeMap<usize, Vec<TransactionFunction>> = BTreeMap::new();
        for one in plain {
            let place = match one.sequence {
                0 => usize::MAX,
                sequence => sequence,
            };
            let times = std::iter::repeat_n(Arc::clone(&one.function), one.weight);
            ordered.entry(place).or_default().extend(times);
        }
        Self::InTurn(ordered.into_values().flatten().collect(), 0)
    }

    fn next(&mut self, user: &User) -> Option<TransactionFunction> {
        match self {
            Self::InTurn(list, at) => {
                let next = list.get(*at).map(Arc::clone);
                *at = (*at + 1) % list.len().max(1);
                next
            }
            Self::ByWeight(choices) => {
                let sum: u64 = choices.iter().map(|(weight, _)| weight).sum();
                let mut left = match (sum, choices.len()) {
                    (0, _) => return None,
                    (_, 1) => 0,
                    _ => user.roll(0..sum),
                };
                let found = choices.iter().find(|(weight, _)| {
                    let taken = left < *weight;
                    left = left.saturating_sub(*weight);
                    taken
                });
                found.map(|(_, function)| Arc::clone(function))
            }
        }
    }
}

/// One user for each of the knobs' users, scenarios by their weights.
fn workers(url: &str, knobs: &Knobs, scenarios: &[Scenario]) -> Result<Vec<Worker>, StressError> {
    let address = || StressError::Address {
        url: url.to_owned(),
    };
    let base = url.parse().map_err(|_| address())?;
    let mut configuration = GooseConfiguration::default();
    configuration.host = Some(url.to_owned());
    configuration.timeout = Some(knobs.timeout.as_secs_f64().to_string());
    configuration.quiet = 1;
    let mut client = None;
    let of_user = spread(scenarios);
    let mut workers = Vec::with_capacity(knobs.users);
    for number in 0..knobs.users {
        let scenario = &scenarios[of_user[number % of_user.len()]];
        let (index, name) = (scenario.scenarios_index, Arc::clone(&scenario.name));
        let user = GooseUser::new(index, name, Clone::clone(&base), &configuration, 0, client);
        let mut user = user.map_err(engine)?;
        // One client for all users, as in the closed loop.
        client = Some(user.client.clone());
        user.weighted_users_index = number;
        let of_kind = |start: bool| {
            let chosen = scenario.transactions.iter();
            let chosen = chosen.filter(|one| if start { one.on_start } else { one.on_stop });
            let mut chosen: Vec<_> = chosen.collect();
            chosen.sort_by_key(|one| one.sequence);
            let functions = chosen.into_iter().map(|one| Arc::clone(&one.function));
            functions.collect::<Vec<_>>()
        };
        let first = of_kind(true);
        #[expect(clippy::cast_precision_loss, reason = "users are not that many")]
        let delay = match first.is_empty() {
            true => Duration::ZERO,
            false => Duration::try_from_secs_f64(number as f64 / knobs.spawn_rate)
                .unwrap_or(Duration::MAX / 4),
        };
        workers.push(Worker {
            number,
            user,
            first,
            choices: Choices::of(scenario),
            last: of_kind(false),
            delay,
        });
    }
    Ok(workers)
}

/// Scenarios in the order in which users get them, each as often as its weight.
fn spread(scenarios: &[Scenario]) -> Vec<usize> {
    let most = scenarios.iter().map(|one| one.weight).max().unwrap_or(1);
    let rounds = (0..most.max(1)).flat_map(|round| {
        let wanted = scenarios.iter().enumerate();
        let wanted = wanted.filter(move |(_, one)| round < one.weight.max(1));
        wanted.map(|(at, _)| at)
    });
    rounds.collect()
}

async fn work(
    mut worker: Worker,
    watch: Arc<Watch>,
    keeping: Arc<Keeping>,
    queue: Queue,
    ready: flume::Sender<()>,
) {
    if !worker.delay.is_zero() {
        tokio::time::sleep_until(Instant::now() + worker.delay).await;
    }
    let Some((seat, _)) = watch.enter(worker.number) else {
        return;
    };
    prepare(&mut worker.user, seat.state());
    // What went wrong in a transaction is counted by its observer.
    for function in &worker.first {
        let _ = function(&mut worker.user).await;
    }
    drop(ready);
    while let Ok(arrival) = queue.recv_async().await {
        if watch.is_stopped() {
            keeping.give_up(1);
            break;
        }
        keeping.start(arrival, watch.now());
        if let Some(function) = worker.choices.next(seat.state()) {
            seat.state().expect(arrival.due);
            let _ = function(&mut worker.user).await;
        }
        keeping.end();
    }
    for function in &worker.last {
        let _ = function(&mut worker.user).await;
    }
}

/// The thread that hands out arrivals. Dropping it ends the schedule.
struct Dispatcher {
    stop: Option<mpsc::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Dispatcher {
    fn start(
        schedule: Schedule,
        arrivals: flume::Sender<Arrival>,
        watch: &Arc<Watch>,
        keeping: &Arc<Keeping>,
        users: usize,
    ) -> Result<Self, StressError> {
        let (stop, stopped) = mpsc::channel();
        let (watch, keeping) = (Arc::clone(watch), Arc::clone(keeping));
        let users = users as u64;
        let hand_out = move || {
            let origin = watch.began();
            for due in (0..).map_while(|number| schedule.due(number)) {
                let due = origin + due;
                let wait = due.saturating_sub(watch.now());
                let ended = match stopped.recv_timeout(wait) {
                    _ if watch.is_stopped() => true,
                    Err(mpsc::RecvTimeoutError::Timeout) => false,
                    Ok(()) | Err(mpsc::RecvTimeoutError::Disconnected) => true,
                };
                if ended || arrivals.send(keeping.arrive(due, users)).is_err() {
                    return;
                }
            }
        };
        let thread = std::thread::Builder::new()
            .name("shakedown-arrivals".to_owned())
            .spawn(hand_out)
            .map_err(|source| StressError::Schedule { source })?;
        Ok(Self {
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

impl Drop for Dispatcher {
    fn drop(&mut self) {
        drop(self.stop.take());
        // A panic of the thread has been printed; its arrivals are missing from
        // the counts, which the verdict sees.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}
