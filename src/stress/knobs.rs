//! How much load, for how long, against what: the `STRESS_*` variables.
//!
//! | variable | default | takes |
//! |---|---|---|
//! | `STRESS_USERS` | 200 | users at once |
//! | `STRESS_SPAWN_RATE` | 100 | users started a second |
//! | `STRESS_DURATION` | 20s | time with all users running: `20`, `20s`, `2m` |
//! | `STRESS_RATE` | | transactions started a second, whether or not the last were answered (open loop); `STRESS_USERS` is then the most at once |
//! | `STRESS_SERVER_CORES` | | cores the server is to run on, such as `0` or `0,2-3` |
//! | `STRESS_GENERATOR_CORES` | | cores the users run on |
//! | `STRESS_WORKERS` | | worker threads the server under test was given |
//! | `STRESS_HOST` | | a running deployment to load instead of a server of the test's own |
//! | `STRESS_COMMIT` | | the commit that runs at `STRESS_HOST`; not known otherwise |
//! | `STRESS_ALLOW_REMOTE` | 0 | 1 permits a `STRESS_HOST` on another machine |
//! | `STRESS_SEED` | 0 | seed of what the users do and send |
//! | `STRESS_TRACE` | 0 | the share of requests that carry a `traceparent`, 0 to 1: the slowest of them are in the record |
//! | `STRESS_TIMEOUT` | 30s | the longest a request may take |
//! | `STRESS_ARCHIVE` | | where runs are archived, whatever the test says |

use std::net::IpAddr;
use std::time::Duration;

use super::StressError;
use super::setting::{Settings, at_least_zero, environment, positive, span};
use crate::process::Cores;

/// How a run is sized. Start from [`Knobs::from_env`] or `Knobs::default()` and
/// assign what should differ.
///
/// # Example
/// ```
/// use shakedown::stress::Knobs;
///
/// let knobs = Knobs::from_lookup(|name| (name == "STRESS_USERS").then(|| "1500".into()))?;
/// assert_eq!(knobs.users, 1_500);
///
/// let error = Knobs::from_lookup(|name| (name == "STRESS_USERS").then(|| "many".into()))
///     .unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "`STRESS_USERS` is `many`; it takes a whole number of users, 1 to 1000000",
/// );
/// # Ok::<(), shakedown::stress::StressError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Knobs {
    /// Users at once.
    pub users: usize,
    /// Users started a second until all run.
    pub spawn_rate: f64,
    /// How long all users run, counted from when the last one started; the
    /// engine knows whole seconds, so a fraction counts as a second.
    pub duration: Duration,
    /// Transactions started a second, evenly spaced: an open loop, in which
    /// `users` is the most at once. `None`: a closed loop.
    pub rate: Option<f64>,
    /// Worker threads of the server. The run only records it; whoever starts
    /// the server obeys it.
    pub workers: Option<usize>,
    /// Cores of the server. Whoever starts the server pins it; the run looks
    /// whether it is, and records it.
    pub server_cores: Option<Cores>,
    /// Cores of the generator: for the time of the run, the whole process.
    pub generator_cores: Option<Cores>,
    /// A deployment to load instead of the address the test gives.
    pub host: Option<String>,
    /// The commit that runs there, if somebody knows.
    pub commit: Option<String>,
    /// Whether another machine than this one may be loaded.
    pub allow_remote: bool,
    /// Seed of what users do and send.
    pub seed: u64,
    /// The share of requests that carry a `traceparent` of the generator's own, from
    /// 0 to 1. A server that traces records these, whatever it samples otherwise.
    pub trace: f64,
    /// The longest a request may take, body included.
    pub timeout: Duration,
}

/// Each has a connection of its own, and a machine no more ports than 65,535 an
/// address: beyond this it is a slip of the keyboard.
const MOST_USERS: usize = 1_000_000;

impl Default for Knobs {
    fn default() -> Self {
        Self {
            users: 200,
            spawn_rate: 100.0,
            duration: Duration::from_secs(20),
            rate: None,
            workers: None,
            server_cores: None,
            generator_cores: None,
            host: None,
            commit: None,
            allow_remote: false,
            seed: 0,
            trace: 0.0,
            timeout: Duration::from_secs(30),
        }
    }
}

impl Knobs {
    /// Reads the environment.
    ///
    /// # Errors
    /// [`StressError::Setting`] names the variable that cannot be understood,
    /// [`StressError::Remote`] the host that is not this machine.
    pub fn from_env() -> Result<Self, StressError> {
        Self::from_lookup(environment)
    }

    /// Reads any table of variables.
    ///
    /// # Errors
    /// As [`Knobs::from_env`].
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, StressError> {
        let settings = Settings(lookup);
        let mut knobs = Self::default();
        let count = |text: &str| text.parse().ok().filter(|count: &usize| *count > 0);
        let some = "a whole number of users, 1 to 1000000";
        let at_most = |text: &str| count(text).filter(|users| *users <= MOST_USERS);
        if let Some(users) = settings.get("STRESS_USERS", some, at_most)? {
            knobs.users = users;
        }
        let rate = "users a second, a number above 0";
        if let Some(spawn_rate) = settings.get("STRESS_SPAWN_RATE", rate, positive)? {
            knobs.spawn_rate = spawn_rate;
        }
        let rate = "transactions a second, a number above 0";
        knobs.rate = settings.get("STRESS_RATE", rate, positive)?;
        let length = "a length of time above 0, such as `20`, `20s` or `2m`, a month at most";
        if let Some(duration) = settings.get("STRESS_DURATION", length, span)? {
            knobs.duration = duration;
        }
        knobs.workers = settings.get(
            "STRESS_WORKERS",
            "a whole number of threads, 1 or more",
            count,
        )?;
        let set = "cores, such as `0` or `0,2-3`";
        let cores = |text: &str| text.parse::<Cores>().ok();
        knobs.server_cores = settings.get("STRESS_SERVER_CORES", set, cores)?;
        knobs.generator_cores = settings.get("STRESS_GENERATOR_CORES", set, cores)?;
        let seed = "a whole number, 0 to 18446744073709551615";
        if let Some(seed) = settings.get("STRESS_SEED", seed, |text| text.parse().ok())? {
            knobs.seed = seed;
        }
        let share = "a share of the requests, 0 to 1";
        if let Some(trace) = settings.get("STRESS_TRACE", share, fraction)? {
            knobs.trace = trace;
        }
        if let Some(timeout) = settings.get("STRESS_TIMEOUT", length, span)? {
            knobs.timeout = timeout;
        }
        knobs.allow_remote = settings
            .get("STRESS_ALLOW_REMOTE", "1 or 0", switch)?
            .unwrap_or(false);
        knobs.host = permitted_host(&settings, knobs.allow_remote)?;
        knobs.commit = settings.get(
            "STRESS_COMMIT",
            "a commit, 7 to 40 hexadecimal digits",
            commit,
        )?;
        if let (Some(host), Some(_)) = (&knobs.host, &knobs.server_cores) {
            return Err(StressError::NotOurs { host: host.clone() });
        }
        if knobs.host.is_none() && knobs.commit.is_some() {
            return Err(StressError::OursAlready);
        }
        Ok(knobs)
    }

    /// The same, for a test that starts the server it is about: what that test says
    /// of its server is not true of another.
    ///
    /// # Errors
    /// [`StressError::Elsewhere`] when `STRESS_HOST` names a server that runs already.
    pub fn for_own_server(self) -> Result<Self, StressError> {
        match self.host {
            Some(host) => Err(StressError::Elsewhere { host }),
            None => Ok(self),
        }
    }
}

fn commit(text: &str) -> Option<String> {
    let is_commit = (7..=40).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit());
    is_commit.then(|| text.to_ascii_lowercase())
}

fn permitted_host<F: Fn(&str) -> Option<String>>(
    settings: &Settings<F>,
    allowed: bool,
) -> Result<Option<String>, StressError> {
    let address = "an address such as `http://127.0.0.1:8000`, without a path; the lean transport speaks no TLS";
    let host = settings.get("STRESS_HOST", address, |text| {
        plain_host(text).map(|host| (text.to_owned(), host))
    })?;
    match host {
        Some((_, host)) if !allowed && !is_this_machine(&host) => Err(StressError::Remote { host }),
        host => Ok(host.map(|(address, _)| address)),
    }
}

fn fraction(text: &str) -> Option<f64> {
    at_least_zero(text).filter(|share| *share <= 1.0)
}

fn switch(text: &str) -> Option<bool> {
    match text {
        "1" | "true" => Some(true),
        "0" | "false" => Some(false),
        _ => None,
    }
}

/// The host of an `http://` address without a path: what [`Call`](super::Call) can
/// reach. A scenario of Goose's own client may go elsewhere; its test sets the host.
fn plain_host(address: &str) -> Option<String> {
    let uri: hyper::Uri = address.parse().ok()?;
    let bare = uri.scheme_str() == Some("http") && uri.path() == "/" && uri.query().is_none();
    host_of(address).filter(|_| bare)
}

/// The host of an `http://` or `https://` address.
pub(super) fn host_of(address: &str) -> Option<String> {
    let address: hyper::Uri = address.parse().ok()?;
    match address.scheme_str() {
        Some("http" | "https") => Some(address.host()?.to_owned()),
        _ => None,
    }
}

/// Whether a host name or address can only mean this machine.
pub(super) fn is_this_machine(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost") || bare.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}
