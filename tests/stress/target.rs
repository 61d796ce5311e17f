//! What a scenario is run against: decnet as a process of its own, set up in
//! one way or another, or a deployment that `STRESS_HOST` names.

use std::path::{Path, PathBuf};
use std::time::Duration;

use shakedown::db::mysql::{Database, MySqlServer};
use shakedown::fixtures::Otlp;
use shakedown::process::Cores;
use shakedown::stress::goose::prelude::Scenario;
use shakedown::stress::{Knobs, Limits, Readings, Run, Stress};
use shakedown::{Failure, Result};

use crate::decnet_server::DecnetServer;

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
    /// In MariaDB, which the fixture runs without a single sync.
    pub(crate) mysql: bool,
}

/// How much is traced, into a collector in this process that only counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Tracing {
    #[default]
    Off,
    /// Every request.
    Full,
    /// One request in a hundred.
    Sampled,
}

impl Tracing {
    /// The value of the factor `tracing`.
    fn factor(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Full => "on",
            Self::Sampled => "sampled",
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
    /// Starts decnet as it ships, or logs in where the knobs point.
    pub(crate) async fn of(knobs: &Knobs) -> Result<Self> {
        match &knobs.host {
            Some(host) => Self::deployed(host, |name| std::env::var(name).ok()).await,
            None => {
                let setup = Setup {
                    workers: knobs.workers,
                    cores: knobs.server_cores.clone(),
                    ..Setup::default()
                };
                Self::start(&setup).await
            }
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
            let counting = Otlp::builder().counting().start()?;
            let ratio = match setup.tracing {
                Tracing::Sampled => "0.01",
                Tracing::Off | Tracing::Full => "1",
            };
            builder = builder
                .env("DECNET_DEVELOPER_TRACING", "true")
                .env("DECNET_OTEL_ENDPOINT", counting.endpoint())
                .env("DECNET_OTEL_SAMPLE_RATIO", ratio);
            collector = Some(counting);
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

    /// Stops a server of ours in order; its last words.
    pub(crate) fn stop(&mut self) -> Result<String> {
        let server = self.server.as_mut();
        let server = server.ok_or_else(|| Failure::new("a deployment is not ours to stop"))?;
        let status = server.process().terminate(Duration::from_secs(10))?;
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

/// Archives a run, shows it, and holds it against the limits of the environment.
#[expect(
    clippy::print_stdout,
    reason = "the report is the result of a load test"
)]
pub(crate) fn conclude(run: &Run) -> Result {
    let profiles = Path::new(env!("CARGO_MANIFEST_DIR")).join("development/profiles");
    let archived = run.archive(profiles)?;
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
