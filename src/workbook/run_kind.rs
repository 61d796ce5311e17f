//! How a sample of a phase is made.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Span;
use super::http::check_header;

/// What a phase runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Table")]
#[non_exhaustive]
pub enum RunKind {
    /// A Rust function registered with [`phase!`](crate::phase) under the name
    /// of the phase. What a phase without `run` is.
    #[default]
    Function,
    /// `run = { http = "GET /healthz", fixture = "api" }`: a request, and the
    /// whole answer.
    Http {
        /// `GET`, `POST`, ...
        method: String,
        /// An `http://` address, or a path of the fixture.
        url: String,
        /// The `[fixture.NAME]` that is started first.
        fixture: Option<String>,
        /// The status that is expected.
        status: u16,
        /// Headers to send.
        headers: BTreeMap<String, String>,
        /// What is sent.
        body: String,
    },
    /// `run = { command = ["target/release/app", "check"] }`: from its start to
    /// its end, which must be a success.
    Command {
        /// The program and its arguments.
        words: Vec<String>,
    },
    /// `run = { stress = "baseline::holds", users = 100, duration = "5 s" }`: a
    /// test of the stress tier; each request of its measured window is a sample.
    Stress {
        /// The full name of the test.
        test: String,
        /// Users at once.
        users: u32,
        /// How long.
        duration: Span,
    },
}

/// A program that is started before an HTTP phase and ended after it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Fixture {
    /// The program and its arguments; it should listen on port 0.
    #[serde(deserialize_with = "words")]
    pub command: Vec<String>,
    /// What stands before the address in the line that it logs when it is ready.
    pub ready: String,
    /// Variables of its environment.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
}

/// The table as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    http: Option<String>,
    fixture: Option<String>,
    status: Option<u16>,
    headers: Option<BTreeMap<String, String>>,
    body: Option<String>,
    command: Option<Vec<String>>,
    stress: Option<String>,
    users: Option<u32>,
    duration: Option<Span>,
}

impl TryFrom<Table> for RunKind {
    type Error = String;

    fn try_from(table: Table) -> Result<Self, String> {
        let of_http = table.fixture.is_some()
            || table.status.is_some()
            || table.headers.is_some()
            || table.body.is_some();
        let of_stress = table.users.is_some() || table.duration.is_some();
        match (table.http, table.command, table.stress) {
            (Some(request), None, None) if !of_stress => {
                let (method, url) = request
                    .split_once(' ')
                    .ok_or("`http` is a method and an address: `GET http://127.0.0.1:8000/`")?;
                for (name, value) in table.headers.iter().flatten() {
                    check_header(name, value)?;
                }
                let path = table.fixture.is_some();
                if url.starts_with("http://") == path || (path && !url.starts_with('/')) {
                    return Err(format!(
                        "`{url}` must be an `http://` address, or with `fixture` a path"
                    ));
                }
                let upper = method.bytes().all(|byte| byte.is_ascii_uppercase());
                if method.is_empty() || !upper {
                    return Err(format!("`{method}` is no method: GET, POST, ..."));
                }
                let status = table.status.unwrap_or(200);
                if !(100..=599).contains(&status) {
                    return Err(format!("`status` is {status}; it takes 100 to 599"));
                }
                Ok(Self::Http {
                    method: method.to_owned(),
                    url: url.to_owned(),
                    fixture: table.fixture,
                    status,
                    headers: table.headers.unwrap_or_default(),
                    body: table.body.unwrap_or_default(),
                })
            }
            (None, Some(words), None) if !of_http && !of_stress => {
                if words.first().is_none_or(String::is_empty) {
                    return Err("`command` is a program and its arguments".to_owned());
                }
                Ok(Self::Command { words })
            }
            (None, None, Some(test)) if !of_http && test.is_empty() => {
                Err("`stress` is the full name of a test of the stress tier".to_owned())
            }
            (None, None, Some(test)) if !of_http => Ok(Self::Stress {
                test,
                users: table
                    .users
                    .filter(|users| *users > 0)
                    .ok_or("a stress run takes `users`, one or more")?,
                duration: table.duration.ok_or("a stress run takes a `duration`")?,
            }),
            _ => Err(
                "`run` has one of `http` (with `fixture`, `status`, `headers`, `body`), \
                 `command` and `stress` (with `users`, `duration`); without `run` it is the \
                 function that `shakedown::phase!` registers"
                    .to_owned(),
            ),
        }
    }
}

fn words<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let words = Vec::<String>::deserialize(deserializer)?;
    if words.first().is_none_or(String::is_empty) {
        return Err(serde::de::Error::custom(
            "`command` is a program and its arguments",
        ));
    }
    Ok(words)
}
