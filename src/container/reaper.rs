//! The removal of what a run started, when it is over.
//!
//! A resource of the run like any other; see [`session`](crate::session). Its
//! handle is the value of the label that everything is marked with.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;

use super::ContainerError;
use super::engine::{Engine, escaped};
use crate::session::Host;

/// The label; its value names the run's reaper.
pub(super) const LABEL: &str = "dev.shakedown.run";

crate::session!(
    /// The reaper's name.
    REAPER: String = watch
);

/// The name of this run's reaper, which is there from now on.
pub(super) fn run() -> Result<&'static str, ContainerError> {
    match REAPER.try_get() {
        Ok(name) => Ok(name),
        Err(error) => Err(ContainerError::Reaper(error)),
    }
}

fn watch(host: &mut Host) -> crate::Result<String> {
    let engine = Engine::find();
    engine.greet()?;
    sweep(&engine);
    let name = owner(host);
    // For a reaper that is killed: its keeper has no code of ours to run.
    host.record_cleanup(Command::new("sh").args(["-c", &by_program(&name)]))?;
    let label = name.clone();
    host.on_teardown(move || remove_all(&engine, &label));
    Ok(name)
}

#[cfg(target_os = "linux")]
fn owner(host: &Host) -> String {
    crate::session::owner::current().unwrap_or_else(|| host.dir().display().to_string())
}

/// Elsewhere nobody can tell later whether the process is still there.
#[cfg(not(target_os = "linux"))]
fn owner(host: &Host) -> String {
    host.dir().display().to_string()
}

/// What removes everything with the label through the program `docker`.
fn by_program(name: &str) -> String {
    let filter = format!("--filter label={LABEL}={name}");
    format!(
        "command -v docker >/dev/null || exit 0; \
         docker ps --all --quiet {filter} | xargs -r docker rm --force --volumes; \
         docker network ls --quiet {filter} | xargs -r docker network rm; \
         docker volume ls --quiet {filter} | xargs -r docker volume rm --force"
    )
}

/// Removes what runs have left whose reapers are gone. Best effort: the next
/// reaper tries again.
fn sweep(engine: &Engine) {
    let mut seen = BTreeMap::new();
    for kind in Kind::ALL {
        for (_, owner) in kind.list(engine, LABEL) {
            let gone = *seen.entry(owner.clone()).or_insert_with(|| is_gone(&owner));
            if gone {
                remove_all(engine, &owner);
            }
        }
    }
}

#[cfg(target_os = "linux")]
fn is_gone(owner: &str) -> bool {
    crate::session::owner::is_gone(owner)
}

#[cfg(not(target_os = "linux"))]
fn is_gone(_owner: &str) -> bool {
    false
}

/// Removes everything with the label `owner`, in an order that works.
fn remove_all(engine: &Engine, owner: &str) {
    for kind in Kind::ALL {
        for (name, _) in kind.list(engine, &format!("{LABEL}={owner}")) {
            // What cannot be removed is swept by the next reaper.
            let _ = kind.remove(engine, &name);
        }
    }
}

/// What can carry the label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Container,
    Network,
    Volume,
}

impl Kind {
    /// A network goes after what is in it, a volume after what uses it.
    const ALL: [Self; 3] = [Self::Container, Self::Network, Self::Volume];

    /// Names and owners of those that match `label`.
    fn list(self, engine: &Engine, label: &str) -> Vec<(String, String)> {
        let filters = serde_json::json!({ "label": [label] }).to_string();
        let filters = escaped(&filters);
        let (path, at, name) = match self {
            Self::Container => ("/containers/json?all=1&filters=", "", "Id"),
            Self::Network => ("/networks?filters=", "", "Id"),
            Self::Volume => ("/volumes?filters=", "Volumes", "Name"),
        };
        let path = format!("{path}{filters}");
        let Ok(Some(answer)) = engine.try_call("GET", &path, None, String::new) else {
            return Vec::new();
        };
        let mut listed = answer.json();
        if !at.is_empty() {
            listed = listed[at].take();
        }
        let listed = listed.as_array().cloned().unwrap_or_default();
        let described = listed.iter().filter_map(|one: &Value| {
            let text = |value: &Value| value.as_str().map(str::to_owned);
            Some((text(&one[name])?, text(&one["Labels"][LABEL])?))
        });
        described.collect()
    }

    /// Removes one; one that is gone is fine.
    pub(super) fn remove(self, engine: &Engine, name: &str) -> Result<(), ContainerError> {
        let (path, what) = match self {
            Self::Container => (format!("/containers/{name}?force=1&v=1"), "container"),
            Self::Network => (format!("/networks/{name}"), "network"),
            Self::Volume => (format!("/volumes/{name}?force=1"), "volume"),
        };
        engine
            .try_call("DELETE", &path, None, || {
                format!("remove the {what} `{name}`")
            })
            .map(drop)
    }
}
