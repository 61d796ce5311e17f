//! Networks and volumes of a test's own.

use std::fmt;

use serde_json::{Value, json};

use super::engine::{Engine, escaped};
use super::reaper::{self, Kind, LABEL};
use super::running::{blocking, unique};
use super::{Container, ContainerError};

/// A network between containers, which find each other in it by
/// [`Container::name`]. Removed when dropped, so it is declared before the
/// containers that are in it.
///
/// # Example
///
/// ```no_run
/// use shakedown::container::{Container, Network};
///
/// # async fn test() -> shakedown::Result {
/// let network = Network::create("cluster").await?;
/// let node = Container::builder("my/node:local").network(&network).start().await?;
/// network.disconnect(&node).await?; // cut off ..
/// network.connect(&node).await?; // .. and rejoined
/// # Ok(())
/// # }
/// ```
#[must_use = "the network is removed when this is dropped"]
pub struct Network {
    engine: Engine,
    name: String,
}

impl Network {
    /// A network whose name begins with `name`.
    ///
    /// # Errors
    ///
    /// No engine answers, or it refuses.
    pub async fn create(name: &str) -> Result<Self, ContainerError> {
        let also = json!({ "Driver": "bridge", "CheckDuplicate": true });
        let (engine, name) = create("network", name, also).await?;
        Ok(Self { engine, name })
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Adds `container` to it.
    ///
    /// # Errors
    ///
    /// The engine refuses: for example, the container is in it already.
    pub async fn connect(&self, container: &Container) -> Result<(), ContainerError> {
        self.change("connect", "connect", container).await
    }

    /// Cuts `container` off; its connections in this network are dead from now
    /// on. Ports that are published through another network stay reachable.
    ///
    /// # Errors
    ///
    /// The engine refuses: for example, the container is not in it.
    pub async fn disconnect(&self, container: &Container) -> Result<(), ContainerError> {
        self.change("disconnect", "cut off", container).await
    }

    async fn change(
        &self,
        verb: &'static str,
        words: &'static str,
        container: &Container,
    ) -> Result<(), ContainerError> {
        let (engine, network) = (self.engine.clone(), self.name.clone());
        let container = container.name().to_owned();
        blocking(move || {
            let path = format!("/networks/{}/{verb}", escaped(&network));
            let mut body = json!({ "Container": container });
            if verb == "disconnect" {
                body["Force"] = true.into();
            }
            engine
                .call("POST", &path, Some(&body), || {
                    format!("{words} the container `{container}` (network `{network}`)")
                })
                .map(drop)
        })
        .await
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        // A container that is still in it keeps it until the end of the run.
        let _ = Kind::Network.remove(&self.engine, &self.name);
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Network").field(&self.name).finish()
    }
}

/// A volume that outlives the containers that use it. Removed when dropped, so
/// it is declared before them.
#[must_use = "the volume is removed when this is dropped"]
pub struct Volume {
    engine: Engine,
    name: String,
}

impl Volume {
    /// A volume whose name begins with `name`.
    ///
    /// # Errors
    ///
    /// No engine answers, or it refuses.
    pub async fn create(name: &str) -> Result<Self, ContainerError> {
        let (engine, name) = create("volume", name, json!({})).await?;
        Ok(Self { engine, name })
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        // A container that still uses it keeps it until the end of the run.
        let _ = Kind::Volume.remove(&self.engine, &self.name);
    }
}

impl fmt::Debug for Volume {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Volume").field(&self.name).finish()
    }
}

/// Makes a network or a volume, as `body` also says; `name` begins its name.
async fn create(
    kind: &'static str,
    name: &str,
    mut body: Value,
) -> Result<(Engine, String), ContainerError> {
    let (engine, name) = (Engine::find(), unique(name));
    blocking(move || {
        engine.greet()?;
        body["Name"] = name.as_str().into();
        body["Labels"] = json!({ LABEL: reaper::run()? });
        engine.call("POST", &format!("/{kind}s/create"), Some(&body), || {
            format!("create the {kind} `{name}`")
        })?;
        Ok((engine, name))
    })
    .await
}
