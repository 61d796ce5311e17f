//! decnet's API and one decoy, each a process of its own, and what they saw.

use std::time::Duration;

use serde_json::Value;
use shakedown::fixtures::poll::Poll;
use shakedown::process::{Process, Ready};
use shakedown::{Failure, Result};

use crate::server::{self, DecnetServer};

/// An API and a decoy that reports to it.
#[derive(Debug)]
pub(crate) struct Trap {
    decoy: Process,
    host: String,
    port: String,
    pub(crate) watch: Watch,
}

/// An API, asked for what it stored.
#[derive(Debug)]
pub(crate) struct Watch {
    pub(crate) server: DecnetServer,
    pub(crate) token: String,
}

impl Trap {
    /// Starts the API, and a decoy that plays `service`.
    ///
    /// # Errors
    ///
    /// If one of them does not start; with its log's tail.
    pub(crate) async fn set(service: &str) -> Result<Self> {
        Self::set_in(service, &[]).await
    }

    /// The same, both with `environment`.
    ///
    /// # Errors
    ///
    /// If one of them does not start; with its log's tail.
    pub(crate) async fn set_in(service: &str, environment: &[(&str, &str)]) -> Result<Self> {
        let watch = Watch::start_in(environment).await?;
        let decoy = Process::builder(server::binary()?)
            .name(format!("decoy-{service}"))
            .args(["decoy", "--service", service, "--port", "0", "--api"])
            .arg(watch.server.url())
            .env("DECNET_API_TOKEN", &watch.token);
        let decoy = environment
            .iter()
            .fold(decoy, |decoy, (name, value)| decoy.env(name, value))
            .ready(Ready::line("listening on "))
            .start()?;
        let text = decoy.ready_text().unwrap_or_default().trim().to_owned();
        let address = text
            .strip_prefix(&format!("{service}://"))
            .and_then(|address| address.split_once(':'))
            .ok_or_else(|| Failure::new(format!("no address in `{text}`")))?;
        let (host, port) = (address.0.to_owned(), address.1.to_owned());
        Ok(Self {
            decoy,
            host,
            port,
            watch,
        })
    }

    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    pub(crate) fn port(&self) -> &str {
        &self.port
    }

    /// Stops the decoy, which must have lost nothing.
    ///
    /// # Errors
    ///
    /// If it does not stop in order.
    pub(crate) fn spring(mut self) -> Result {
        let status = self.decoy.terminate(Duration::from_secs(10))?;
        let log = self.decoy.log_tail(20);
        if status.success() && log.contains(" 0 dropped, 0 unsent") {
            return Ok(());
        }
        Err(Failure::new(format!(
            "the decoy ended with {status}:\n{log}"
        )))
    }
}

impl Watch {
    /// Starts an API.
    ///
    /// # Errors
    ///
    /// If it does not start.
    pub(crate) async fn start() -> Result<Self> {
        Self::start_in(&[]).await
    }

    /// The same, with `environment`.
    ///
    /// # Errors
    ///
    /// If it does not start.
    pub(crate) async fn start_in(environment: &[(&str, &str)]) -> Result<Self> {
        let builder = DecnetServer::builder().env("DECNET_BCRYPT_COST", "4");
        let server = environment
            .iter()
            .fold(builder, |builder, (name, value)| builder.env(name, value))
            .start()?;
        let token = server.token().await?;
        Ok(Self { server, token })
    }

    /// Asks for `path`, below `/api/v1`.
    ///
    /// # Errors
    ///
    /// If there is no answer, or a refusal.
    pub(crate) async fn get(&self, path: &str) -> Result<Value> {
        let answer = reqwest::Client::new()
            .get(format!("{}/api/v1/{path}", self.server.url()))
            .bearer_auth(&self.token)
            .send()
            .await?
            .error_for_status()?;
        Ok(answer.json().await?)
    }

    /// Waits for a log of `service` and `event_type` whose fields hold `fields`,
    /// and for its sender among the attackers.
    pub(crate) async fn saw(
        &self,
        service: &str,
        event_type: &str,
        fields: &[(&str, &str)],
    ) -> Value {
        let matches = |log: &Value| {
            log["service"] == service
                && log["event_type"] == event_type
                && fields
                    .iter()
                    .all(|(name, value)| log["fields"][*name] == *value)
        };
        let log = Poll::new()
            .describe(format!("a log has {service} {event_type} {fields:?}"))
            .within(Duration::from_secs(15))
            .until_async(async || {
                let page = self.get("logs?limit=1000").await;
                let page = page.map_err(|error| error.to_string())?;
                let logs = page["data"].as_array().cloned().unwrap_or_default();
                let found = logs.iter().find(|log| matches(log)).cloned();
                found.ok_or_else(|| format!("{} logs: {logs:?}", logs.len()))
            })
            .await;
        let query = format!("attackers?service={service}");
        Poll::new()
            .describe("the sender is among the attackers")
            .until_async(async || {
                let page = self.get(&query).await.map_err(|error| error.to_string())?;
                let attackers = page["data"].as_array().cloned().unwrap_or_default();
                let found = attackers
                    .iter()
                    .any(|attacker| attacker["ip"] == log["attacker_ip"]);
                if found { Ok(()) } else { Err(page.to_string()) }
            })
            .await;
        log
    }
}
