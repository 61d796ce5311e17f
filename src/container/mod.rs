//! Containers of images that are on this machine: started, ready, reached on
//! loopback, and removed, however the test or its run ends.
//!
//! Five lines give all tests of a run one server:
//!
//! ```no_run
//! use shakedown::container::{Container, ContainerHandle, Ready};
//! use shakedown::session::Host;
//!
//! async fn start(host: &mut Host) -> shakedown::Result<ContainerHandle> {
//!     let server = Container::builder("shakedown/mariadb:local").port(3306);
//!     Ok(server.ready(Ready::log("port: 3306")).start_for(host).await?)
//! }
//! shakedown::session!(pub MARIADB: ContainerHandle = async start);
//! shakedown::requires!(mariadb, || shakedown::container::image("shakedown/mariadb:local"));
//!
//! // in a test
//! # fn test() -> shakedown::Result {
//! let address = MARIADB.get().address(3306)?; // 127.0.0.1, a port of its own
//! # Ok(())
//! # }
//! ```
//!
//! # What is promised
//!
//! - **No surprise from a registry.** An image that is not on this machine is an
//!   error that says so; nothing is ever pulled.
//! - **Loopback only.** Ports are published on 127.0.0.1, each on a number that
//!   the engine chooses.
//! - **A start that fails says why**, with the end of the container's log; so
//!   does a test that fails while it holds a container. The log of a session's
//!   container is in the host's log, which failing tests quote.
//! - **Nothing stays.** A [`Container`] is removed with its volumes when it is
//!   dropped. What a killed test leaves is removed when its run ends, and what
//!   is left by a run whose processes were all killed at once is removed by
//!   the next run that starts a container; see below.
//!
//! # How nothing stays
//!
//! Containers, networks and volumes carry the label `dev.shakedown.run`. Its
//! value names the host process of a resource that the library shares through
//! [`session!`](crate::session!): the run's *reaper*, started with the first
//! container. When the runner is gone, it removes what carries its label; if
//! it has been killed, its keeper does, with the program `docker`; and when
//! both have been, the next reaper removes what belongs to a process of this
//! machine that no longer exists.
//!
//! # The engine
//!
//! Docker, or what speaks its API, where testcontainers looks for it:
//! `DOCKER_HOST` (`unix://` or `tcp://`, without TLS), `/var/run/docker.sock`,
//! and the places of rootless Docker. [`engine`] says whether it can be used.
//!
//! Containers are created and started by [`testcontainers`], which
//! [`Container::raw`] leads to. The rest (waiting, logs, networks, removal)
//! talks to the engine directly: testcontainers removes a container before
//! the log of a failed start can be read, needs an async runtime to remove
//! one, shares nothing between processes, and leaves all when it is killed.

mod builder;
mod engine;
mod error;
mod handle;
mod log;
mod network;
mod ready;
mod reaper;
mod running;
mod state;

pub use builder::ContainerBuilder;
pub use engine::{engine, image};
pub use error::{ContainerError, Quote};
pub use handle::ContainerHandle;
pub use network::{Network, Volume};
pub use ready::Ready;
pub use running::Container;
/// The crate behind [`Container`], for what [`Container::raw`] answers.
pub use testcontainers;
