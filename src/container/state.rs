//! A container as the engine describes it.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use serde_json::Value;

use super::ContainerError;
use super::engine::{Engine, escaped};

/// What the engine knows about a container.
#[derive(Debug)]
pub(super) struct State {
    pub(super) running: bool,
    pub(super) code: i64,
    /// `starting`, `healthy`, `unhealthy`; empty without a health check.
    pub(super) health: String,
    /// What the last health check printed.
    pub(super) checked: String,
    pub(super) ports: BTreeMap<u16, SocketAddr>,
}

impl State {
    pub(super) fn of(engine: &Engine, name: &str) -> Result<Self, ContainerError> {
        let path = format!("/containers/{}/json", escaped(name));
        let answer = engine.call("GET", &path, None, || {
            format!("look at the container `{name}`")
        })?;
        Ok(Self::read(&answer.json()))
    }

    fn read(about: &Value) -> Self {
        let state = &about["State"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let checks = state["Health"]["Log"].as_array();
        let checked = checks.and_then(|checks| checks.last());
        Self {
            running: state["Running"] == true,
            code: state["ExitCode"].as_i64().unwrap_or(-1),
            health: text(&state["Health"]["Status"]),
            checked: checked
                .map(|last| text(&last["Output"]))
                .unwrap_or_default(),
            ports: ports(&about["NetworkSettings"]["Ports"]),
        }
    }
}

/// `{"3306/tcp": [{"HostIp": "127.0.0.1", "HostPort": "49153"}], "80/tcp": null}`.
fn ports(published: &Value) -> BTreeMap<u16, SocketAddr> {
    let Some(published) = published.as_object() else {
        return BTreeMap::new();
    };
    published
        .iter()
        .filter_map(|(inside, outside)| {
            let inside = inside.strip_suffix("/tcp")?.parse().ok()?;
            let port = outside[0]["HostPort"].as_str()?.parse().ok()?;
            let host = outside[0]["HostIp"].as_str().unwrap_or_default();
            let host = host.parse().unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
            Some((inside, SocketAddr::new(host, port)))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_ports_are_addresses() {
        let about = serde_json::json!({
            "State": {"Running": true, "ExitCode": 0, "Health": {"Status": "starting", "Log": [
                {"Output": "first"}, {"Output": "refused"}]}},
            "NetworkSettings": {"Ports": {
                "3306/tcp": [{"HostIp": "127.0.0.1", "HostPort": "49153"}],
                "53/udp": [{"HostIp": "127.0.0.1", "HostPort": "49154"}],
                "80/tcp": null}}});
        let state = State::read(&about);
        assert!(state.running);
        assert_eq!(
            (state.health.as_str(), state.checked.as_str()),
            ("starting", "refused")
        );
        let ports: Vec<_> = state.ports.into_iter().collect();
        assert_eq!(ports, [(3306, "127.0.0.1:49153".parse().unwrap())]);
    }
}
