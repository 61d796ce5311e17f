//! Deployments: many deckies on one host.

use std::collections::BTreeSet;
use std::sync::Arc;

use decnet::deployment::{Deployment, DeploymentError, Plan, Ports};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::sync::mpsc::unbounded_channel;

use crate::stage::generous;

fn plan(deckies: u8, first: &str) -> Plan {
    Plan {
        deckies,
        first: first.parse().unwrap(),
        ports: Ports::Any,
        limits: generous(),
    }
}

#[tokio::test]
async fn deckies_differ_in_address_name_banner_and_services() {
    let (sink, mut events) = unbounded_channel();
    let deployment = Deployment::start(&plan(5, "127.0.0.2"), Arc::new(sink)).unwrap();
    let deckies = deployment.deckies();
    let addresses: BTreeSet<_> = deckies.iter().map(|decky| decky.ip.as_str()).collect();
    assert_eq!(addresses.len(), 5, "{deckies:?}");
    assert_eq!(addresses.first(), Some(&"127.0.0.2"));
    let services: BTreeSet<_> = deckies.iter().map(|decky| &decky.services).collect();
    assert!(services.len() >= 4, "{services:?}");
    let mut banners = BTreeSet::new();
    let ssh = deployment
        .listeners()
        .filter(|(_, service, _)| service.name() == "ssh");
    for (decky, _, address) in ssh.take(2) {
        let mut banner = [0; 20];
        let mut peer = TcpStream::connect(address).await.unwrap();
        peer.read_exact(&mut banner).await.unwrap();
        banners.insert(banner);
        assert_eq!(events.recv().await.unwrap().decky, decky);
    }
    assert_eq!(banners.len(), 2);
}

#[tokio::test]
async fn a_deployment_starts_as_a_whole_or_not_at_all() {
    let (sink, _events) = unbounded_channel();
    let error = Deployment::start(&plan(3, "255.255.255.254"), Arc::new(sink)).unwrap_err();
    assert!(
        matches!(
            error,
            DeploymentError::Listen { .. } | DeploymentError::Addresses { .. }
        ),
        "{error}"
    );
    assert!(error.to_string().contains("255.255.255.254"), "{error}");
}
