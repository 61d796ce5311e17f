//! How a container is reached: what a session hands from process to process.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use super::ContainerError;

/// A container as others need to know it, to be handed from process to process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerHandle {
    pub(super) name: String,
    pub(super) image: String,
    pub(super) ports: BTreeMap<u16, SocketAddr>,
}

impl ContainerHandle {
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

    /// Where the port that is `port` inside is reached from this machine.
    ///
    /// # Errors
    ///
    /// The builder was not told to publish it.
    pub fn address(&self, port: u16) -> Result<SocketAddr, ContainerError> {
        self.ports
            .get(&port)
            .copied()
            .ok_or_else(|| ContainerError::NoPort {
                name: self.name.clone(),
                port,
            })
    }
}
