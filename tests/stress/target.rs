//! What a scenario is run against: decnet as a process of its own, set up in
//! one way or another, or a deployment that `STRESS_HOST` names.

use std::path::Path;

use shakedown::db::mysql::{Database, MySqlServer};
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
    /// In MariaDB, which the fixture runs without a single sync.
    pub(crate) mysql: bool,
}

/// Something to load. A server of ours is gone when it is dropped.
#[derive(Debug)]
pub(crate) struct Target {
    url: String,
    pub(crate) token: String,
    factors: Vec<(&'static str, String)>,
    server: Option<DecnetServer>,
    has_gauges: bool,
    // Dropped last: the server writes to it.
    _database: Option<Database>,
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
            ("tracing", "off".to_owned()),
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
        })
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
        let has_gauges = readings(&url, &token).await.is_ok();
        Ok(Self {
            url,
            token,
            factors: Vec::new(),
            server: None,
            has_gauges,
            _database: None,
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
            stress = stress.gauges(move || {
                let (url, token) = (url.clone(), token.clone());
                async move { readings(&url, &token).await }
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
    url: &str,
    token: &str,
) -> std::result::Result<Readings, Box<dyn std::error::Error + Send + Sync>> {
    let answer = reqwest::Client::new()
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
