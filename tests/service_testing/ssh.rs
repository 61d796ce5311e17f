//! The SSH decoy, with russh's client and with raw bytes.

use std::sync::Arc;

use decnet::decoy::{Limits, Service};
use russh::keys::PublicKeyOrCertificate;
use russh::{MethodKind, client};

use crate::stage::{Stage, field, generous};

/// A client that trusts every host.
struct Trusting;

impl client::Handler for Trusting {
    type Error = russh::Error;

    async fn check_server_key(&mut self, _: &PublicKeyOrCertificate) -> Result<bool, Self::Error> {
        Ok(true)
    }
}

#[tokio::test]
async fn passwords_are_refused_and_recorded_after_a_real_key_exchange() {
    let mut stage = Stage::of(Service::Ssh);
    let config = Arc::new(client::Config::default());
    let mut session = client::connect(config, stage.decoy.address(), Trusting)
        .await
        .unwrap();
    for password in ["toor", "123456"] {
        let answer = session.authenticate_password("root", password).await;
        let client::AuthResult::Failure {
            remaining_methods, ..
        } = answer.unwrap()
        else {
            panic!("the decoy let somebody in");
        };
        // A client that heard otherwise would not try a second one.
        assert!(remaining_methods.contains(&MethodKind::Password));
        let event = stage.event("login_attempt").await;
        assert_eq!(
            (field(&event, "username"), field(&event, "password")),
            ("root", password)
        );
        assert!(field(&event, "client").starts_with("SSH-2.0-"), "{event:?}");
    }
    session
        .disconnect(russh::Disconnect::ByApplication, "", "en")
        .await
        .unwrap();
    drop(session);
    let event = stage.event("client").await;
    assert_eq!(field(&event, "hassh").len(), 32);
    stage.after_all_closed().await;
}

#[tokio::test]
async fn the_last_attempt_ends_the_connection() {
    let limits = Limits {
        attempts: 2,
        ..generous()
    };
    let mut stage = Stage::limited(Service::Ssh, limits);
    let config = Arc::new(client::Config::default());
    let mut session = client::connect(config, stage.decoy.address(), Trusting)
        .await
        .unwrap();
    let mut tried = 0;
    // Ends with an error, or a refusal after which the session is closed.
    while tried < 10 && session.authenticate_password("a", "b").await.is_ok() {
        tried += 1;
    }
    drop(session);
    let events = stage.after_all_closed().await;
    let attempts = events.iter().filter(|e| e.event_type == "login_attempt");
    assert!((1..=2).contains(&attempts.count()), "{events:?}");
}

#[tokio::test]
async fn the_identification_is_that_of_the_persona() {
    for (number, expected) in [
        (1, "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n"),
        (2, "SSH-2.0-OpenSSH_8.9p1 Ubuntu-3ubuntu0.6\r\n"),
    ] {
        let stage = Stage::posing(Service::Ssh, generous(), number);
        assert_eq!(stage.peer().await.until("\n").await, expected);
    }
}

#[tokio::test]
async fn a_scanner_that_only_introduces_itself_is_recorded() {
    let mut stage = Stage::of(Service::Ssh);
    let mut peer = stage.peer().await;
    peer.say("SSH-2.0-Scanner_1.0\r\n").await;
    peer.hang_up().await;
    peer.rest().await;
    let event = stage.event("client").await;
    assert_eq!(field(&event, "client"), "SSH-2.0-Scanner_1.0");
    assert!(!event.fields.contains_key("hassh"));
}

#[tokio::test]
async fn a_packet_that_claims_to_be_huge_is_not_waited_for() {
    let mut stage = Stage::of(Service::Ssh);
    let mut peer = stage.peer().await;
    peer.say(b"SSH-2.0-x\r\n\xff\xff\xff\xff\x04\x14").await;
    peer.rest().await;
    stage.event("malformed").await;
}
