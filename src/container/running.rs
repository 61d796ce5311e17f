//! A container that was started.

use std::fmt;
use std::io::Write as _;
use std::mem::ManuallyDrop;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use testcontainers::{ContainerAsync, GenericImage};

use super::engine::{Engine, escaped};
use super::error::Quote;
use super::log::{self, GrowingLog};
use super::reaper::Kind;
use super::state::State;
use super::{ContainerBuilder, ContainerError, ContainerHandle, Ready};
use crate::fixtures::Outset;
use crate::fixtures::fnv::Fnv;
use crate::fixtures::poll::Poll;
use crate::process::http_probe::Target;

/// How many lines of a log an error or a failing test shows.
pub(super) const SHOWN_LINES: usize = 30;
/// How often a container is asked whether it is ready, or has ended.
const INTERVAL: Duration = Duration::from_millis(50);
/// How long one question over HTTP may take.
const ATTEMPT: Duration = Duration::from_secs(2);

/// A container, removed with its volumes when dropped; see
/// [the module](super).
///
/// When a test fails while it holds one, the end of its log is shown.
#[must_use = "the container is removed when this is dropped"]
pub struct Container {
    engine: Engine,
    name: String,
    image: String,
    ready: Ready,
    ready_timeout: Duration,
    outset: Outset,
    /// Never dropped: that needs a runtime, and we remove it ourselves.
    raw: ManuallyDrop<ContainerAsync<GenericImage>>,
}

impl Container {
    /// A container of `image`, which is on this machine, to be configured.
    ///
    /// # Example
    ///
    /// ```no_run
    /// use shakedown::container::{Container, Ready};
    ///
    /// # async fn test() -> shakedown::Result {
    /// let service = Container::builder("my/service:local")
    ///     .env("SERVICE_DB", "sqlite")
    ///     .port(8000)
    ///     .ready(Ready::http(8000, "/healthz"))
    ///     .start()
    ///     .await?;
    /// let url = format!("http://{}", service.address(8000)?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn builder(image: impl AsRef<str>) -> ContainerBuilder {
        ContainerBuilder::new(image.as_ref())
    }

    pub(super) fn new(
        engine: Engine,
        name: String,
        image: String,
        ready: Ready,
        ready_timeout: Duration,
        raw: ContainerAsync<GenericImage>,
    ) -> Self {
        Self {
            engine,
            name,
            image,
            ready,
            ready_timeout,
            outset: Outset::now(),
            raw: ManuallyDrop::new(raw),
        }
    }

    /// Its name, which other containers of its network find it by.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its image.
    #[must_use]
    pub fn image(&self) -> &str {
        &self.image
    }

    /// Where the port that is `port` inside is reached from this machine. It
    /// changes when the container is started again.
    ///
    /// # Errors
    ///
    /// The builder was not told to publish it, or the container does not run.
    pub fn address(&self, port: u16) -> Result<SocketAddr, ContainerError> {
        self.handle()?.address(port)
    }

    /// What another process needs to reach it.
    ///
    /// # Errors
    ///
    /// The engine does not answer.
    pub fn handle(&self) -> Result<ContainerHandle, ContainerError> {
        Ok(ContainerHandle {
            name: self.name.clone(),
            image: self.image.clone(),
            ports: State::of(&self.engine, &self.name)?.ports,
        })
    }

    /// The last `lines` lines that it wrote, to either stream.
    #[must_use]
    pub fn log_tail(&self, lines: usize) -> String {
        log::log_tail(&self.engine, &self.name, lines)
    }

    /// Whether it runs.
    ///
    /// # Errors
    ///
    /// The engine does not answer.
    pub fn is_running(&self) -> Result<bool, ContainerError> {
        Ok(State::of(&self.engine, &self.name)?.running)
    }

    /// Sends `signal` to its first process: a name such as `KILL`.
    ///
    /// # Errors
    ///
    /// The engine refuses: for example, the container does not run.
    pub fn signal(&self, signal: &str) -> Result<(), ContainerError> {
        let path = format!("/containers/{}/kill?signal={}", self.name, escaped(signal));
        self.engine
            .call("POST", &path, None, || {
                format!("send {signal} to the container `{}`", self.name)
            })
            .map(drop)
    }

    /// Waits until it has ended, for at most `limit`; its exit code, 128 and
    /// more for a signal.
    ///
    /// # Errors
    ///
    /// The engine does not answer. `None` when it still runs.
    pub async fn wait(&self, limit: Duration) -> Result<Option<i64>, ContainerError> {
        let (engine, name) = (self.engine.clone(), self.name.clone());
        blocking(move || {
            let poll = Poll::new().within(limit).every(INTERVAL);
            let ended = poll.try_until(|| match State::of(&engine, &name) {
                Ok(state) if state.running => Err("it runs".to_owned()),
                Ok(state) => Ok(Ok(state.code)),
                Err(error) => Ok(Err(error)),
            });
            ended.ok().transpose()
        })
        .await
    }

    /// Starts it again after it has ended, and waits until it is ready. Its
    /// files and volumes are as it left them; its published ports are others.
    ///
    /// # Errors
    ///
    /// As [`ContainerBuilder::start`].
    pub async fn start_again(&self) -> Result<(), ContainerError> {
        let (engine, name) = (self.engine.clone(), self.name.clone());
        let waits_for_words = matches!(self.ready, Ready::Log(_));
        let log = blocking(move || {
            let log = if waits_for_words {
                GrowingLog::to_come(engine.clone(), name.clone())?
            } else {
                GrowingLog::whole(engine.clone(), name.clone())
            };
            let path = format!("/containers/{name}/start");
            engine.call("POST", &path, None, || {
                format!("start the container `{name}` again")
            })?;
            Ok::<_, ContainerError>(log)
        })
        .await?;
        self.ready_by(log).await
    }

    /// The container as testcontainers knows it, to run programs in it or copy
    /// files. It must not be removed through it.
    #[must_use]
    pub fn raw(&self) -> &ContainerAsync<GenericImage> {
        &self.raw
    }

    pub(super) async fn until_ready(&self) -> Result<(), ContainerError> {
        let log = GrowingLog::whole(self.engine.clone(), self.name.clone());
        self.ready_by(log).await
    }

    /// Waits until it is ready, by this log if by any.
    async fn ready_by(&self, log: GrowingLog) -> Result<(), ContainerError> {
        let (engine, name) = (self.engine.clone(), self.name.clone());
        let (ready, limit) = (self.ready.clone(), self.ready_timeout);
        blocking(move || wait_until_ready(&engine, &name, &ready, limit, log)).await
    }
}

fn wait_until_ready(
    engine: &Engine,
    name: &str,
    ready: &Ready,
    limit: Duration,
    mut log: GrowingLog,
) -> Result<(), ContainerError> {
    let quote = || Quote::new(log::log_tail(engine, name, SHOWN_LINES));
    let poll = Poll::new().within(limit).every(INTERVAL);
    let settled = poll.try_until(|| match look(engine, name, ready, &mut log) {
        Ok(Look::Ready) => Ok(Ok(())),
        Ok(Look::NotYet(status)) => Err(status),
        Ok(Look::Ended(code)) => Ok(Err(ContainerError::Ended {
            name: name.to_owned(),
            code,
            waited_for: ready.to_string(),
            log: quote(),
        })),
        Err(error) => Ok(Err(error)),
    });
    settled.unwrap_or_else(|error| {
        let status = error.last_status().unwrap_or_default();
        let status = if status.is_empty() {
            String::new()
        } else {
            format!("; {status}")
        };
        Err(ContainerError::NotReady {
            name: name.to_owned(),
            limit,
            waited_for: ready.to_string(),
            status,
            log: quote(),
        })
    })
}

/// What one look at a container shows.
enum Look {
    Ready,
    NotYet(String),
    Ended(i64),
}

fn look(
    engine: &Engine,
    name: &str,
    ready: &Ready,
    log: &mut GrowingLog,
) -> Result<Look, ContainerError> {
    // Before the log is read, so that the last words of one that ends are in it.
    let state = State::of(engine, name)?;
    let look = match ready {
        Ready::Started => return Ok(Look::Ready),
        Ready::Log(text) if log.read()?.contains(text) => Look::Ready,
        Ready::Log(_) => Look::NotYet(String::new()),
        Ready::Healthy if state.health == "healthy" => Look::Ready,
        Ready::Healthy if state.health.is_empty() && state.running => {
            Look::NotYet("its image declares no health check".to_owned())
        }
        Ready::Healthy => Look::NotYet(format!("{} {}", state.health, state.checked.trim())),
        Ready::Http(port, path) => match state.ports.get(port) {
            None if state.running => {
                return Err(ContainerError::NoPort {
                    name: name.to_owned(),
                    port: *port,
                });
            }
            None => Look::NotYet(String::new()),
            Some(address) => match probe(*address, path) {
                Ok(()) => Look::Ready,
                Err(problem) => Look::NotYet(problem),
            },
        },
    };
    match look {
        Look::NotYet(_) if !state.running => Ok(Look::Ended(state.code)),
        look => Ok(look),
    }
}

fn probe(address: SocketAddr, path: &str) -> Result<(), String> {
    let url = format!("http://{address}{path}");
    match Target::parse(&url) {
        Some(target) => target.probe(ATTEMPT),
        None => Err(format!("`{url}` is no address")),
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        if self.outset.has_failed() {
            let log = Quote::new(self.log_tail(SHOWN_LINES));
            // Nothing can be done about a closed stderr.
            let _ = writeln!(
                std::io::stderr(),
                "the container `{}` of `{}` was in use{log}",
                self.name,
                self.image
            );
        }
        // What cannot be removed now is removed at the end of the run.
        let _ = Kind::Container.remove(&self.engine, &self.name);
    }
}

impl fmt::Debug for Container {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Container")
            .field("name", &self.name)
            .field("image", &self.image)
            .finish_non_exhaustive()
    }
}

/// Now, since 1970.
fn now() -> Duration {
    SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default()
}

/// `prefix` with something that no other container of any run has; at most 63
/// characters, as DNS demands.
pub(super) fn unique(prefix: &str) -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let mut hash = Fnv::new();
    hash.part(&std::process::id().to_le_bytes());
    hash.part(&now().as_nanos().to_le_bytes());
    let plain: String = prefix
        .chars()
        .take(40)
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_lowercase()
            } else {
                '-'
            }
        })
        .collect();
    format!("{plain}-{:.8}-{number}", hash.hex())
}

/// Runs what waits for the engine where it holds nobody up.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(value) => value,
        Err(error) => match error.try_into_panic() {
            Ok(payload) => std::panic::resume_unwind(payload),
            Err(_) => unreachable!("blocking work is never cancelled"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_fit_for_dns() {
        let (one, two) = (unique("My/Service"), unique("My/Service"));
        assert_ne!(one, two);
        assert!(one.starts_with("my-service-"), "{one}");
        assert!(unique(&"x".repeat(100)).len() <= 63);
    }
}
