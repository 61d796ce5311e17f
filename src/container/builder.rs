//! How a container is to be started.

use std::collections::HashMap;
use std::fmt;
use std::io::Write as _;
use std::time::Duration;

use testcontainers::bollard::models::PortBinding;
use testcontainers::core::logs::LogFrame;
use testcontainers::core::{IntoContainerPort, Mount};
use testcontainers::runners::AsyncRunner;
use testcontainers::{ContainerRequest, GenericImage, ImageExt};

use super::engine::Engine;
use super::error::Quote;
use super::network::{Network, Volume};
use super::reaper::{self, Kind, LABEL};
use super::running::{SHOWN_LINES, blocking, unique};
use super::{Container, ContainerError, ContainerHandle, Ready, log};
use crate::session::Host;

/// testcontainers' own limit, which must not be the one that ends a start:
/// creating a container on a busy machine takes seconds.
const CREATING: Duration = Duration::from_secs(120);

type Customize =
    dyn FnOnce(ContainerRequest<GenericImage>) -> ContainerRequest<GenericImage> + Send;

/// A container about to be started; see [`Container::builder`].
#[must_use = "nothing runs before `start`"]
pub struct ContainerBuilder {
    image: String,
    name: Option<String>,
    ports: Vec<u16>,
    environment: Vec<(String, String)>,
    arguments: Vec<String>,
    network: Option<String>,
    volumes: Vec<(String, String)>,
    ready: Ready,
    ready_timeout: Duration,
    customize: Option<Box<Customize>>,
}

impl ContainerBuilder {
    pub(super) fn new(image: &str) -> Self {
        Self {
            image: image.to_owned(),
            name: None,
            ports: Vec::new(),
            environment: Vec::new(),
            arguments: Vec::new(),
            network: None,
            volumes: Vec::new(),
            ready: Ready::Started,
            ready_timeout: Duration::from_secs(60),
            customize: None,
        }
    }

    /// What its name begins with. Default: the name of the image.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Publishes the TCP port `port` on 127.0.0.1, on a number that the engine
    /// chooses; [`Container::address`] tells which.
    pub fn port(mut self, port: u16) -> Self {
        self.ports.push(port);
        self
    }

    /// Sets an environment variable. Nothing is inherited from the test.
    pub fn env(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.environment.push((key.into(), value.into()));
        self
    }

    /// Adds an argument. The first replaces the image's own.
    pub fn arg(mut self, argument: impl Into<String>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Adds arguments. The first replaces the image's own.
    pub fn args(mut self, arguments: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Starts it in `network`, instead of the engine's default one, in which
    /// containers do not find each other by name.
    pub fn network(mut self, network: &Network) -> Self {
        self.network = Some(network.name().to_owned());
        self
    }

    /// Mounts `volume` at `path`.
    pub fn volume(mut self, volume: &Volume, path: impl Into<String>) -> Self {
        self.volumes.push((volume.name().to_owned(), path.into()));
        self
    }

    /// What to wait for. Default: nothing but the start.
    pub fn ready(mut self, ready: Ready) -> Self {
        self.ready = ready;
        self
    }

    /// How long to wait for it. Default: 60 seconds.
    pub fn ready_timeout(mut self, limit: Duration) -> Self {
        self.ready_timeout = limit;
        self
    }

    /// Whatever else testcontainers can set, last: mounts, limits, users.
    ///
    /// ```no_run
    /// use shakedown::container::{Container, testcontainers::ImageExt as _};
    ///
    /// let builder = Container::builder("my/service:local")
    ///     .customize(|request| request.with_readonly_rootfs(true));
    /// ```
    pub fn customize(
        mut self,
        customize: impl FnOnce(ContainerRequest<GenericImage>) -> ContainerRequest<GenericImage>
        + Send
        + 'static,
    ) -> Self {
        self.customize = Some(Box::new(customize));
        self
    }

    /// Starts it and waits until it is ready.
    ///
    /// # Errors
    ///
    /// There is no engine, the image is not on this machine, or the container
    /// does not start, ends, or is not ready in time; with the end of its log.
    /// Nothing of it is left then.
    pub async fn start(self) -> Result<Container, ContainerError> {
        self.run(false).await
    }

    /// Starts it for as long as the resource of `host` lives, with its output
    /// in the host's log.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub async fn start_for(self, host: &mut Host) -> Result<ContainerHandle, ContainerError> {
        let container = self.run(true).await?;
        let handle = container.handle()?;
        host.keep(container);
        Ok(handle)
    }

    async fn run(self, logs_to_stderr: bool) -> Result<Container, ContainerError> {
        let (engine, image) = (Engine::find(), self.image.clone());
        let look = engine.clone();
        let run = blocking(move || {
            look.greet()?;
            look.needs_image(&image)?;
            reaper::run()
        })
        .await?;
        let name = unique(self.name.as_deref().unwrap_or_else(|| base(&self.image)));
        let (image, ready, limit) = (self.image.clone(), self.ready.clone(), self.ready_timeout);
        let mut request = self.request(&name).with_label(LABEL, run);
        if logs_to_stderr {
            request = request.with_log_consumer(write_to_stderr);
        }
        match request.start().await {
            Ok(raw) => {
                let container = Container::new(engine, name, image, ready, limit, raw);
                container.until_ready().await?;
                Ok(container)
            }
            Err(source) => {
                let log = blocking(move || {
                    let log = log::log_tail(&engine, &name, SHOWN_LINES);
                    // Created but not started; the reaper is there as well.
                    let _ = Kind::Container.remove(&engine, &name);
                    Quote::new(log)
                })
                .await;
                Err(ContainerError::Start {
                    image,
                    source: Box::new(source),
                    log,
                })
            }
        }
    }

    fn request(self, name: &str) -> ContainerRequest<GenericImage> {
        let (repository, tag) = parts(&self.image);
        let mut image = GenericImage::new(repository, tag);
        let mut bindings = HashMap::new();
        for port in self.ports {
            let port = port.tcp();
            image = image.with_exposed_port(port);
            let loopback = PortBinding {
                host_ip: Some("127.0.0.1".to_owned()),
                host_port: None,
            };
            bindings.insert(port.to_string(), Some(vec![loopback]));
        }
        let mut request = image
            .with_container_name(name)
            .with_startup_timeout(CREATING)
            .with_host_config_modifier(move |config| {
                config.publish_all_ports = Some(false);
                config.port_bindings = Some(bindings.clone());
            });
        if !self.arguments.is_empty() {
            request = request.with_cmd(self.arguments);
        }
        for (key, value) in self.environment {
            request = request.with_env_var(key, value);
        }
        if let Some(network) = self.network {
            request = request.with_network(network);
        }
        for (volume, path) in self.volumes {
            request = request.with_mount(Mount::volume_mount(volume, path));
        }
        match self.customize {
            Some(customize) => customize(request),
            None => request,
        }
    }
}

impl fmt::Debug for ContainerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the environment, which may hold secrets.
        f.debug_struct("ContainerBuilder")
            .field("image", &self.image)
            .field("ports", &self.ports)
            .field("arguments", &self.arguments)
            .field("ready", &self.ready)
            .finish_non_exhaustive()
    }
}

fn write_to_stderr(frame: &LogFrame) {
    // A log that cannot be written must not end the container.
    let _ = std::io::stderr().write_all(frame.bytes());
}

/// `registry:5000/name:tag` in two; without a tag it is `latest`.
fn parts(image: &str) -> (&str, &str) {
    match image.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => (repository, tag),
        _ => (image, "latest"),
    }
}

/// The last part of an image's name.
fn base(image: &str) -> &str {
    let (repository, _) = parts(image);
    repository.rsplit('/').next().unwrap_or(repository)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_and_its_tag_are_told_apart_whatever_the_registry() {
        assert_eq!(parts("a/b:1"), ("a/b", "1"));
        assert_eq!(parts("host:5000/b"), ("host:5000/b", "latest"));
        assert_eq!(parts("host:5000/b:2"), ("host:5000/b", "2"));
        assert_eq!(base("host:5000/a/b:2"), "b");
    }

    #[test]
    fn debug_output_shows_no_environment() {
        let builder = ContainerBuilder::new("a:1").env("PASSWORD", "hunter2");
        assert!(!format!("{builder:?}").contains("hunter2"));
    }
}
