//! What can go wrong between a test and its container.

use std::fmt;
use std::io;
use std::time::Duration;

use crate::failure::write_with_causes;

/// Why there is no container, or why it did not do what it was told.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum ContainerError {
    /// No engine answers.
    #[error("no container engine at `{address}`: {problem}; start Docker, or set DOCKER_HOST")]
    NoEngine {
        /// Where it was looked for.
        address: String,
        /// What was found instead.
        problem: String,
    },
    /// The image is not on this machine.
    #[error("no image `{image}` on this machine: build it, or get it with `docker pull {image}`")]
    NoImage {
        /// Its name.
        image: String,
    },
    /// The engine did not answer a request as it should.
    #[error("cannot {action}: the engine does not answer")]
    Silent {
        /// What was attempted.
        action: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// The engine refused.
    #[error("cannot {action}: {message}")]
    Refused {
        /// What was attempted.
        action: String,
        /// The engine's words.
        message: String,
    },
    /// The container could not be created or started.
    #[error("cannot start a container of `{image}`{log}")]
    Start {
        /// Its image.
        image: String,
        /// What testcontainers said.
        source: Box<testcontainers::TestcontainersError>,
        /// The end of its log, if it has one.
        log: Quote,
    },
    /// The container was started and ended.
    #[error("the container `{name}` ended with exit code {code} before {waited_for}{log}")]
    Ended {
        /// Its name.
        name: String,
        /// Its exit code.
        code: i64,
        /// What was waited for.
        waited_for: String,
        /// The end of its log.
        log: Quote,
    },
    /// The container did not become ready in time.
    #[error("the container `{name}` was not ready within {limit:?}: {waited_for}{status}{log}")]
    NotReady {
        /// Its name.
        name: String,
        /// The limit.
        limit: Duration,
        /// What was waited for.
        waited_for: String,
        /// What was seen last, after `: `.
        status: String,
        /// The end of its log.
        log: Quote,
    },
    /// The port is not published.
    #[error(
        "the container `{name}` has no port {port}: give it to the builder with `.port({port})`"
    )]
    NoPort {
        /// The container.
        name: String,
        /// The port inside of it.
        port: u16,
    },
    /// What removes containers at the end of the run cannot be started.
    #[error("nobody would remove the container at the end of the run")]
    Reaper(#[source] &'static crate::session::Error),
}

/// The message and its causes, for tests that `unwrap`.
impl fmt::Debug for ContainerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_with_causes(self, f)
    }
}

/// The end of a container's log, displayed below a message.
#[derive(Debug, Clone, Default)]
pub struct Quote(String);

impl Quote {
    pub(super) fn new(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Display for Quote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return Ok(());
        }
        f.write_str("\n--- end of its log ---")?;
        for line in self.0.lines() {
            write!(f, "\n| {line}")?;
        }
        Ok(())
    }
}
