//! Every service, at every limit: the connection is closed, and why is recorded.
//! Time limits are short here; a test waits for the close, never for a time.

use std::time::Duration;

use decnet::decoy::{Limits, Service};
use rstest::rstest;
use shakedown::fixtures::poll;
use tokio::time::interval;

use crate::stage::{Stage, assert_no_fault, brief, field, generous};

/// The start of a message that each service would read on and on.
fn endless(service: Service) -> &'static [u8] {
    match service {
        // Headers that announce a message just short of the limit.
        Service::Smb => b"\x00\x00\x3f\xff",
        Service::Rdp => b"\x03\x00\x3f\xff",
        Service::Ssh => b"SSH-2.0-",
        _ => b"x",
    }
}

#[tokio::test]
async fn a_silent_peer_is_sent_away() {
    for service in Service::ALL {
        let mut stage = Stage::limited(service, brief());
        let mut peer = stage.peer().await;
        peer.rest().await;
        let event = stage.event("limit").await;
        assert_eq!(field(&event, "limit"), "idle", "{service}");
        assert_no_fault(&stage.after_all_closed().await);
    }
}

#[tokio::test]
async fn a_peer_that_drips_bytes_lives_no_longer_than_others() {
    for service in Service::ALL {
        let lifetime = Duration::from_millis(300);
        let limits = Limits {
            lifetime,
            ..generous()
        };
        let mut stage = Stage::limited(service, limits);
        let mut peer = stage.peer().await;
        peer.say(endless(service)).await;
        let (mut reader, mut writer) = peer.stream.into_split();
        let mut tick = interval(Duration::from_millis(10));
        let dripping = async {
            loop {
                tick.tick().await;
                if tokio::io::AsyncWriteExt::write_all(&mut writer, b"x")
                    .await
                    .is_err()
                {
                    std::future::pending::<()>().await;
                }
            }
        };
        let mut answers = Vec::new();
        let closed = tokio::io::AsyncReadExt::read_to_end(&mut reader, &mut answers);
        tokio::select! {
            () = dripping => {}
            // An end by reset is an end.
            _ = closed => {}
        }
        let event = stage.event("limit").await;
        assert_eq!(field(&event, "limit"), "lifetime", "{service}");
        assert_no_fault(&stage.after_all_closed().await);
    }
}

#[tokio::test]
async fn a_message_without_an_end_is_cut_off() {
    let flood = vec![b'A'; 4 << 20];
    for service in Service::ALL {
        let mut stage = Stage::limited(service, generous());
        let mut peer = stage.peer().await;
        peer.try_say(&flood).await;
        peer.rest().await;
        let events = stage.after_all_closed().await;
        assert_no_fault(&events);
        let ended = events
            .iter()
            .any(|event| ["limit", "malformed"].contains(&event.event_type));
        assert!(ended, "{service}: {events:?}");
    }
}

#[rstest]
#[case(Service::Ftp, b"NOOP\r\n")]
#[case(Service::Http, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")]
#[tokio::test]
async fn a_peer_that_sends_too_much_in_all_is_cut_off(
    #[case] service: Service,
    #[case] request: &[u8],
) {
    let limits = Limits {
        total: 16 << 10,
        ..generous()
    };
    let mut stage = Stage::limited(service, limits);
    let peer = stage.peer().await;
    let (mut reader, mut writer) = peer.stream.into_split();
    let flood = request.repeat((64 << 10) / request.len());
    let mut answers = Vec::new();
    let (_, _) = tokio::join!(
        tokio::io::AsyncWriteExt::write_all(&mut writer, &flood),
        tokio::io::AsyncReadExt::read_to_end(&mut reader, &mut answers),
    );
    let events = stage.after_all_closed().await;
    let limits: Vec<_> = events
        .iter()
        .filter(|event| event.event_type == "limit")
        .map(|event| field(event, "limit"))
        .collect();
    assert!(limits.contains(&"total"), "{limits:?}");
    // And its events are not endless either.
    assert!(limits.contains(&"events"), "{limits:?}");
    assert!(events.len() <= generous().events + 3, "{}", events.len());
}

#[tokio::test]
async fn a_peer_that_reads_no_answers_is_sent_away() {
    let limits = Limits {
        total: 64 << 20,
        lifetime: Duration::from_secs(60),
        idle: Duration::from_millis(200),
        ..generous()
    };
    let mut stage = Stage::limited(Service::Http, limits);
    let mut peer = stage.peer().await;
    let requests = b"GET / HTTP/1.1\r\n\r\n".repeat(1000);
    while tokio::io::AsyncWriteExt::write_all(&mut peer.stream, &requests)
        .await
        .is_ok()
    {}
    loop {
        let event = stage.event("limit").await;
        if field(&event, "limit") == "idle" {
            break;
        }
    }
    stage.after_all_closed().await;
}

#[tokio::test]
async fn one_connection_too_many_is_closed_at_once_and_room_is_made_when_one_ends() {
    let limits = Limits {
        connections: 2,
        ..generous()
    };
    let stage = Stage::limited(Service::Ftp, limits);
    let (mut first, mut second) = (stage.peer().await, stage.peer().await);
    first.until("220 ").await;
    second.until("220 ").await;
    let mut third = stage.peer().await;
    assert_eq!(third.rest().await, b"");
    assert_eq!(stage.decoy.connections(), 2);
    drop(first);
    poll::until_async(async || match stage.decoy.connections() {
        1 => Ok(()),
        open => Err(format!("{open} connections are open")),
    })
    .await;
    stage.peer().await.until("220 ").await;
}

#[tokio::test]
async fn a_decoy_that_is_dropped_closes_its_port_and_its_connections() {
    for service in Service::ALL {
        let stage = Stage::of(service);
        let address = stage.decoy.address();
        let mut peer = stage.peer().await;
        poll::until_async(async || stage.decoy.connections() == 1).await;
        drop(stage);
        peer.rest().await;
        poll::until_async(async || tokio::net::TcpStream::connect(address).await.is_err()).await;
    }
}
