//! The Telnet decoy: options, then logins.

use decnet::decoy::{Limits, Service};

use crate::stage::{Stage, field, generous};

#[tokio::test]
async fn options_come_first_and_a_login_is_recorded() {
    let mut stage = Stage::of(Service::Telnet);
    let mut peer = stage.peer().await;
    assert_eq!(
        peer.exactly(12).await,
        b"\xff\xfd\x18\xff\xfd\x20\xff\xfd\x23\xff\xfd\x27"
    );
    peer.say(b"\xff\xfb\x18\xff\xfc\x20\xff\xfc\x23\xff\xfb\x27")
        .await;
    let greeting = peer.until("login: ").await;
    assert!(
        greeting.contains("Debian GNU/Linux 12\r\nsrv01 login: "),
        "{greeting:?}"
    );
    peer.say("root\r\0").await;
    assert_eq!(peer.until("Password: ").await, "root\r\nPassword: ");
    peer.say("toor\r\n").await;
    // The password is not echoed.
    assert_eq!(
        peer.until("login: ").await,
        "\r\n\r\nLogin incorrect\r\nsrv01 login: "
    );
    let event = stage.event("login_attempt").await;
    assert_eq!(
        (field(&event, "username"), field(&event, "password")),
        ("root", "toor")
    );
}

#[tokio::test]
async fn a_scanner_without_options_gets_its_prompt_and_its_attempts_are_counted() {
    let limits = Limits {
        attempts: 2,
        idle: std::time::Duration::from_secs(1),
        ..generous()
    };
    let mut stage = Stage::limited(Service::Telnet, limits);
    let mut peer = stage.peer().await;
    peer.until("login: ").await;
    peer.say("a\nb\nc\nd\ne\nf\n").await;
    let said = String::from_utf8_lossy(&peer.rest().await).into_owned();
    assert_eq!(said.matches("Login incorrect").count(), 2, "{said}");
    let users = [
        stage.event("login_attempt").await,
        stage.event("login_attempt").await,
    ];
    assert_eq!(
        users.each_ref().map(|event| field(event, "username")),
        ["a", "c"]
    );
    assert_eq!(field(&stage.event("limit").await, "limit"), "attempts");
}

#[tokio::test]
async fn a_subnegotiation_without_an_end_is_bounded_by_the_total() {
    let limits = Limits {
        total: 32 << 10,
        ..generous()
    };
    let mut stage = Stage::limited(Service::Telnet, limits);
    let mut peer = stage.peer().await;
    peer.say(b"\xff\xfa\x18").await;
    peer.try_say(vec![b'x'; 1 << 20]).await;
    peer.rest().await;
    assert_eq!(field(&stage.event("limit").await, "limit"), "total");
}
