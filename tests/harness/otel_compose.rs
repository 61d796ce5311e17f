//! `development/docker-compose.otel.yml`: what it starts is pinned, reachable from
//! this machine alone, and where decnet sends its spans. That it is a file that
//! compose takes is tested in the tier `docker`.

use std::net::SocketAddr;
use std::path::Path;

use decnet::config::TracingSettings;
use serde_json::Value;

fn services() -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("development/docker-compose.otel.yml");
    let text = std::fs::read_to_string(path).unwrap();
    let file: Value = serde_saphyr::from_str(&text).unwrap();
    let services = file["services"].as_object().unwrap();
    assert!(!services.is_empty());
    services.values().cloned().collect()
}

/// Where on this machine the published ports listen.
fn published() -> Vec<SocketAddr> {
    let services = services();
    let ports = services
        .iter()
        .filter_map(|service| service["ports"].as_array());
    let published = ports.flatten().map(|port| {
        let port = port.as_str().unwrap();
        let (host, _) = port.rsplit_once(':').unwrap();
        host.parse()
            .unwrap_or_else(|_| panic!("`{port}` names no address of this machine"))
    });
    published.collect()
}

#[test]
fn images_are_pinned_to_a_version() {
    for service in services() {
        let image = service["image"].as_str().unwrap();
        let (_, tag) = image
            .rsplit_once(':')
            .unwrap_or_else(|| panic!("`{image}` has no tag"));
        let numbers: Vec<_> = tag.split('.').collect();
        let is_version = numbers.len() == 3 && numbers.iter().all(|n| n.parse::<u32>().is_ok());
        assert!(is_version, "`{image}` may be another one tomorrow");
    }
}

#[test]
fn ports_are_open_to_this_machine_alone() {
    for address in published() {
        assert!(address.ip().is_loopback(), "{address}");
    }
    for service in services() {
        assert_ne!(service["network_mode"], "host");
        assert!(service.get("privileged").is_none());
    }
}

#[test]
fn decnet_sends_its_spans_there_by_default() {
    let config = decnet::config::Config::from_lookup(&|name| {
        let on = ["DECNET_DEVELOPER", "DECNET_DEVELOPER_TRACING"].contains(&name);
        on.then(|| "true".to_owned())
    });
    let TracingSettings { endpoint, .. } = config.unwrap().tracing.unwrap();
    let address: SocketAddr = endpoint.strip_prefix("http://").unwrap().parse().unwrap();
    assert!(published().contains(&address), "{address}");
}
