//! decnet's image, as the tiers `docker` and `live_docker` start it, and its API
//! as they talk to it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use shakedown::container::{Container, ContainerBuilder, Ready};
use shakedown::{Failure, Result};

/// What `make images` makes.
pub(crate) const DECNET: &str = "shakedown/decnet:local";
/// The port that decnet listens on inside.
pub(crate) const PORT: u16 = 8000;
/// 32 bytes or more; one for all starts, so that a token outlives a restart.
pub(crate) const JWT_SECRET: &str = "a secret for tests only, never for a deployment";
const ADMIN_PASSWORD: &str = "correct horse battery staple";

/// Whether there is an engine, and the program to look at images with.
pub(crate) fn engine_here() -> Result<(), String> {
    shakedown::container::engine()?;
    let path = std::env::var_os("PATH").unwrap_or_default();
    let has_docker = |directory: PathBuf| directory.join("docker").is_file();
    match std::env::split_paths(&path).any(has_docker) {
        true => Ok(()),
        false => Err("no program `docker` in PATH: apt-get install docker.io".to_owned()),
    }
}

/// decnet's API, ready when it answers.
pub(crate) fn decnet() -> ContainerBuilder {
    Container::builder(DECNET)
        .env("DECNET_JWT_SECRET", JWT_SECRET)
        .env("DECNET_ADMIN_PASSWORD", ADMIN_PASSWORD)
        .port(PORT)
        .ready(Ready::http(PORT, "/healthz"))
}

/// Runs `docker`; what it printed.
pub(crate) fn docker(arguments: &[&str]) -> Result<String> {
    let output = Command::new("docker")
        .args(arguments)
        .stdin(Stdio::null())
        .output()?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(Failure::new(format!("docker {arguments:?}: {errors}")));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The API of a decnet that runs somewhere.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    url: String,
    pub(crate) token: String,
    client: reqwest::Client,
}

impl Api {
    /// Logs in.
    pub(crate) async fn of(container: &Container) -> Result<Self> {
        Self::at(
            format!("http://{}", container.address(PORT)?),
            ADMIN_PASSWORD,
        )
        .await
    }

    /// Logs in at `url`.
    pub(crate) async fn at(url: String, password: &str) -> Result<Self> {
        let client = reqwest::Client::new();
        let answer = client
            .post(format!("{url}/api/v1/auth/login"))
            .json(&json!({"username": "admin", "password": password}))
            .send()
            .await?
            .error_for_status()?;
        let body: Value = answer.json().await?;
        let token = body["access_token"].as_str().unwrap_or_default().to_owned();
        assert!(!token.is_empty(), "{body}");
        Ok(Self { url, token, client })
    }

    /// What `path` below `/api/v1/` answers.
    pub(crate) async fn get(&self, path: &str) -> Result<Value> {
        let answer = self
            .client
            .get(format!("{}/api/v1/{path}", self.url))
            .bearer_auth(&self.token)
            .send()
            .await?
            .error_for_status()?;
        Ok(answer.json().await?)
    }

    /// The id that `line` is stored under; nothing when it was not acknowledged.
    pub(crate) async fn post(&self, line: &str) -> Option<i64> {
        let log = json!({
            "decky": "decky-01", "service": "ssh", "event_type": "login_attempt",
            "attacker_ip": "203.0.113.9", "raw_line": line, "msg": "login attempt",
        });
        let request = self
            .client
            .post(format!("{}/api/v1/logs", self.url))
            .bearer_auth(&self.token)
            .json(&log);
        let answer = request.send().await.ok()?.error_for_status().ok()?;
        let body: Value = answer.json().await.ok()?;
        body["ids"][0].as_i64()
    }

    /// The ids under which each line that contains `search` is stored.
    pub(crate) async fn lines(&self, search: &str) -> Result<BTreeMap<String, Vec<i64>>> {
        let mut found = BTreeMap::<String, Vec<i64>>::new();
        let mut offset = 0;
        loop {
            let page = self
                .get(&format!("logs?limit=1000&offset={offset}&search={search}"))
                .await?;
            let logs = page["data"].as_array().cloned().unwrap_or_default();
            offset += logs.len();
            for log in &logs {
                let line = log["raw_line"].as_str().unwrap_or_default().to_owned();
                found.entry(line).or_default().extend(log["id"].as_i64());
            }
            if logs.is_empty() || offset as u64 >= page["total"].as_u64().unwrap_or(0) {
                return Ok(found);
            }
        }
    }
}
