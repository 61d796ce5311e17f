//! What a scenario is run against: decnet as a process of its own, set up in
//! one way or another, or a deployment that `STRESS_HOST` names.

use std::path::{Path, PathBuf};
use std::time::Duration;

use shakedown::db::mysql::{Database, MySqlServer};
use shakedown::fixtures::{Otlp, otlp};
use shakedown::otlp::Kind;
use shakedown::process::Cores;
use shakedown::stress::goose::prelude::Scenario;
use shakedown::stress::{Knobs, Limits, Readings, Run, Stress};
use shakedown::{Failure, Result};

use crate::decnet_server::{DecnetServer, Tool};
use crate::scenarios;

/// How decnet is set up. The default is what ships.
#[derive(Clone, Debug, Default)]
pub(crate) struct Setup {
    pub(crate) workers: Option<usize>,
    pub(crate) cores: Option<Cores>,
    /// `off`, `normal` or `full`; decnet's own default otherwise.
    pub(crate) synchronous: Option<&'static str>,
    /// One transaction a request.
    pub(crate) naive: bool,
    /// How much of what it does is traced.
    pub(crate) tracing: Tracing,
    /// Another binary than the one that is built with everything.
    pub(crate) binary: Option<PathBuf>,
    /// Where its SQLite file is; in a directory that lasts as long as the test otherwise.
    pub(crate) database: Option<PathBuf>,
    /// In MariaDB, which the fixture runs without a single sync.
    pub(crate) mysql: bool,
    /// Where spans go; a collector in this process that only counts otherwise.
    pub(crate) collector: Option<String>,
    /// More variables of its environment.
    pub(crate) environment: Vec<(&'static str, String)>,
    /// A tool that it runs under.
    pub(crate) tool: Option<Tool>,
}

/// How much is traced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Tracing {
    #[default]
    Off,
    /// Every request.
    Full,
    /// One request in a hundred.
    Sampled,
    /// What the generator marks, every request: `STRESS_TRACE=1`.
    AllMarked,
    /// What the generator marks, a share of the requests.
    SomeMarked,
}

impl Tracing {
    /// The value of the factor `tracing`.
    fn factor(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Full | Self::AllMarked => "on",
            Self::Sampled | Self::SomeMarked => "sampled",
        }
    }

    /// The share of requests that decnet itself decides to trace.
    fn ratio(self) -> &'static str {
        match self {
            Self::Full => "1",
            Self::Sampled => "0.01",
            Self::Off | Self::AllMarked | Self::SomeMarked => "0",
        }
    }
}

/// Something to load. A server of ours is gone when it is dropped.
#[derive(Debug)]
pub(crate) struct Target {
    url: String,
    pub(crate) token: String,
    factors: Vec<(&'static str, String)>,
    server: Option<DecnetServer>,
    has_gauges: bool,
    // Dropped last: the server writes to them.
    _database: Option<Database>,
    collector: Option<Otlp>,
}

impl Target {
    /// Starts decnet as it ships, or logs in where the knobs point. With a collector
    /// in `STRESS_OTLP` it traces what the generator marks, into that.
    pub(crate) async fn of(knobs: &Knobs) -> Result<Self> {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        match &knobs.host {
            Some(host) => Self::deployed(host, variable).await,
            None => Self::start(&ours(knobs, variable("STRESS_OTLP"))?).await,
        }
    }

    /// Starts decnet.
    pub(crate) async fn start(setup: &Setup) -> Result<Self> {
        let mut builder = DecnetServer::builder();
        // The knobs' cores, where there are any, overrule these.
        let available = Cores::available()?;
        let mut factors = vec![
            ("service", "decnet".to_owned()),
            ("cores", available.count().to_string()),
            ("tracing", setup.tracing.factor().to_owned()),
            (
                "writer",
                if setup.naive { "naive" } else { "batching" }.to_owned(),
            ),
        ];
        let mut database = None;
        if setup.mysql {
            let fresh = Database::create(&MySqlServer::shared()?)?;
            builder = builder
                .env("DECNET_DB_TYPE", "mysql")
                .env("DECNET_DB_URL", &fresh.url());
            database = Some(fresh);
            factors.push(("database", "mysql".to_owned()));
            factors.push(("synchronous", "off".to_owned()));
        } else {
            let synchronous = setup.synchronous.unwrap_or("full");
            builder = builder.env("DECNET_SQLITE_SYNCHRONOUS", synchronous);
            factors.push(("database", "sqlite".to_owned()));
            factors.push(("synchronous", synchronous.to_owned()));
        }
        let mut collector = None;
        if setup.tracing != Tracing::Off {
            let endpoint = match &setup.collector {
                Some(endpoint) => endpoint.clone(),
                None => {
                    let counting = Otlp::builder().counting().start()?;
                    let endpoint = counting.endpoint().to_owned();
                    collector = Some(counting);
                    endpoint
                }
            };
            builder = builder
                .env("DECNET_DEVELOPER_TRACING", "true")
                .env("DECNET_OTEL_ENDPOINT", &endpoint)
                .env("DECNET_OTEL_SAMPLE_RATIO", setup.tracing.ratio());
        }
        for (name, value) in &setup.environment {
            builder = builder.env(name, value);
        }
        if let Some(tool) = &setup.tool {
            builder = builder.under(tool.clone());
        }
        if let Some(path) = &setup.database {
            builder = builder.database(path);
        }
        if let Some(binary) = &setup.binary {
            builder = builder.binary(binary);
        }
        if setup.naive {
            builder = builder.env("DECNET_DB_WRITER", "naive");
        }
        if let Some(workers) = setup.workers {
            builder = builder.workers(workers);
        }
        if let Some(cores) = &setup.cores {
            builder = builder.cores(cores.clone());
        }
        let server = builder.start()?;
        let token = server.token().await?;
        Ok(Self {
            url: server.url().to_owned(),
            token,
            factors,
            server: Some(server),
            has_gauges: true,
            _database: database,
            collector,
        })
    }

    /// Stops a server of ours in order, within `limit`; its last words.
    pub(crate) fn stop(&mut self, limit: Duration) -> Result<String> {
        let server = self.server.as_mut();
        let server = server.ok_or_else(|| Failure::new("a deployment is not ours to stop"))?;
        let status = server.process().terminate(limit)?;
        let words = server.process().log_tail(20);
        match status.success() {
            true => Ok(words),
            false => Err(Failure::new(format!(
                "decnet ended with {status}:\n{words}"
            ))),
        }
    }

    /// Spans that the collector took.
    pub(crate) fn received(&self) -> u64 {
        self.collector.as_ref().map_or(0, Otlp::received)
    }

    /// A deployment elsewhere: it has its own accounts, and no process to look at.
    pub(crate) async fn deployed(
        host: &str,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self> {
        let url = host.trim_end_matches('/').to_owned();
        let token = match (
            variable("STRESS_TOKEN"),
            variable("STRESS_USERNAME"),
            variable("STRESS_PASSWORD"),
        ) {
            (Some(token), _, _) => token,
            (None, Some(username), Some(password)) => log_in(&url, &username, &password).await?,
            _ => {
                return Err(Failure::new(
                    "`STRESS_HOST` needs credentials: `STRESS_TOKEN`, \
                     or `STRESS_USERNAME` and `STRESS_PASSWORD`",
                ));
            }
        };
        let has_gauges = readings(&reqwest::Client::new(), &url, &token)
            .await
            .is_ok();
        Ok(Self {
            url,
            token,
            factors: Vec::new(),
            server: None,
            has_gauges,
            _database: None,
            collector: None,
        })
    }

    /// A run called `name` against it.
    pub(crate) fn stress(&self, name: &str, scenario: Scenario, knobs: Knobs) -> Stress {
        let mut stress = Stress::against(&self.url)
            .name(name)
            .scenarios(vec![scenario])
            .knobs(knobs);
        for (factor, value) in &self.factors {
            stress = stress.factor(*factor, value);
        }
        if let Some(server) = &self.server {
            stress = stress.server_pid(server.pid());
        }
        if self.has_gauges {
            let (url, token) = (self.url.clone(), self.token.clone());
            // One for all looks: making one reads every certificate of the system.
            let client = reqwest::Client::new();
            stress = stress.gauges(move || {
                let (client, url, token) = (client.clone(), url.clone(), token.clone());
                async move { readings(&client, &url, &token).await }
            });
        }
        stress
    }

    /// The load of decnet's sensors, archived and held against its limits; and every
    /// log that was acknowledged is there.
    pub(crate) async fn ingest(&self, name: &str, knobs: Knobs) -> Result<Run> {
        let before = self.logs().await?;
        let scenario = scenarios::ingest(&self.token)?;
        let run = self.stress(name, scenario, knobs).run().await?;
        conclude(&run)?;
        let stored = self.logs().await? - before;
        let acknowledged = answered(&run, "POST", "/api/v1/logs");
        if stored < acknowledged {
            return Err(Failure::new(format!(
                "{acknowledged} logs were acknowledged and {stored} are there"
            )));
        }
        Ok(run)
    }

    /// How many logs it has stored.
    pub(crate) async fn logs(&self) -> Result<u64> {
        let answer = reqwest::Client::new()
            .get(format!("{}/api/v1/stats", self.url))
            .bearer_auth(&self.token)
            .send()
            .await?
            .error_for_status()?;
        let stats: serde_json::Value = answer.json().await?;
        let logs = stats["total_logs"].as_u64();
        logs.ok_or_else(|| Failure::new(format!("no total_logs in {stats}")))
    }
}

/// decnet as it ships, on the knobs' cores; tracing into `collector`, if there is
/// one, what the generator marks. Marks that nobody would record are refused.
fn ours(knobs: &Knobs, collector: Option<String>) -> Result<Setup> {
    if knobs.trace > 0.0 && collector.is_none() {
        return Err(Failure::new(
            "`STRESS_TRACE` marks requests, and nobody records them: decnet is started \
             without tracing\n\
             help: STRESS_OTLP=http://127.0.0.1:4317 is a collector for its spans \
             (development/docker-compose.otel.yml has one), STRESS_HOST a deployment that \
             traces already",
        ));
    }
    let tracing = match collector {
        None => Tracing::Off,
        Some(_) if knobs.trace >= 1.0 => Tracing::AllMarked,
        Some(_) => Tracing::SomeMarked,
    };
    Ok(Setup {
        workers: knobs.workers,
        cores: knobs.server_cores.clone(),
        tracing,
        collector,
        ..Setup::default()
    })
}

async fn log_in(url: &str, username: &str, password: &str) -> Result<String> {
    let answer = reqwest::Client::new()
        .post(format!("{url}/api/v1/auth/login"))
        .json(&serde_json::json!({ "username": username, "password": password }))
        .send()
        .await?
        .error_for_status()?;
    let body: serde_json::Value = answer.json().await?;
    let token = body["access_token"].as_str();
    let token = token.ok_or_else(|| Failure::new("the login answered no `access_token`"))?;
    Ok(token.to_owned())
}

/// decnet's own counters: `writer.queue_depth` and so on.
async fn readings(
    client: &reqwest::Client,
    url: &str,
    token: &str,
) -> std::result::Result<Readings, Box<dyn std::error::Error + Send + Sync>> {
    let answer = client
        .get(format!("{url}/api/v1/developer/metrics"))
        .bearer_auth(token)
        .send()
        .await?
        .error_for_status()?;
    let metrics: serde_json::Value = answer.json().await?;
    let mut readings = Readings::new();
    for (part, numbers) in metrics.as_object().into_iter().flatten() {
        for (name, number) in numbers.as_object().into_iter().flatten() {
            if let Some(number) = number.as_f64() {
                readings.insert(format!("{part}.{name}"), number);
            }
        }
    }
    Ok(readings)
}

/// Where runs are archived. The short loads that a merge waits for are no profiles
/// of a story.
fn profiles() -> PathBuf {
    let is_merge = std::env::var_os("NEXTEST_PROFILE").is_some_and(|name| name == "ci");
    let profiles = match is_merge {
        true => "target/profiles",
        false => "development/profiles",
    };
    Path::new(env!("CARGO_MANIFEST_DIR")).join(profiles)
}

/// Archives a run, shows it, and holds it against the limits of the environment.
#[expect(
    clippy::print_stdout,
    reason = "the report is the result of a load test"
)]
pub(crate) fn conclude(run: &Run) -> Result {
    let archived = run.archive(profiles())?;
    println!("{}", run.verdict(&Limits::from_env()?)?);
    println!("the numbers are in `{}`", archived.stats.display());
    Ok(())
}

/// Successful requests of one endpoint over the whole run, the ramp included.
pub(crate) fn answered(run: &Run, method: &str, name: &str) -> u64 {
    let endpoints = run.record().endpoints.iter();
    let mut this =
        endpoints.filter(|one| (one.method.as_str(), one.name.as_str()) == (method, name));
    this.next().map_or(0, |one| {
        let all = one.ramp.requests + one.measured.requests;
        all - one.ramp.failures - one.measured.failures
    })
}

#[test]
fn marks_that_nobody_would_record_are_refused_with_help() {
    let mut knobs = Knobs::default();
    knobs.trace = 0.01;
    let refused = ours(&knobs, None).expect_err("nobody records them");
    let refused = refused.to_string();
    assert!(refused.contains("help: STRESS_OTLP=http://"), "{refused}");
    let collector = || Some("http://127.0.0.1:4317".to_owned());
    let tracing = |knobs: &Knobs| ours(knobs, collector()).map(|setup| setup.tracing);
    assert_eq!(tracing(&knobs).ok(), Some(Tracing::SomeMarked));
    knobs.trace = 1.0;
    assert_eq!(tracing(&knobs).ok(), Some(Tracing::AllMarked));
}

/// What the report names as the slowest of an endpoint can be opened.
#[tokio::test]
async fn the_slowest_request_of_each_endpoint_is_with_the_collector() -> Result {
    let otlp = otlp();
    let mut knobs = Knobs::default();
    (knobs.users, knobs.spawn_rate) = (5, 100.0);
    (knobs.duration, knobs.trace) = (Duration::from_secs(2), 1.0);
    let setup = ours(&knobs, Some(otlp.endpoint().to_owned()))?;
    let mut target = Target::start(&setup).await?;
    let scenario = scenarios::ingest(&target.token)?;
    let run = target.stress("marked", scenario, knobs).run().await?;
    run.verdict(&Limits::default())?;
    let words = target.stop(Duration::from_secs(10))?;
    assert!(
        words.contains(" spans, ") && words.contains(", 0 dropped"),
        "{words}"
    );
    assert_eq!(run.record().endpoints.len(), 3);
    for endpoint in &run.record().endpoints {
        let slowest = &endpoint.slowest[0];
        let server = otlp.find().kind(Kind::Server).in_trace(&slowest.trace_id);
        let span = server.assert_seen();
        let name = format!("{} {}", endpoint.method, endpoint.name);
        assert_eq!(span.name, name, "{slowest:?}");
    }
    // Nothing else is traced: the login, for one, carried no mark.
    otlp.find().name("POST /api/v1/auth/login").assert_unseen();
    Ok(())
}
