//! The FTP decoy, line by line.

use decnet::decoy::{Limits, Service};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use crate::stage::{Peer, Stage, field, generous};

/// Sends a line and reads its one-line answer.
async fn ask(peer: &mut Peer, line: &str) -> String {
    peer.say(format!("{line}\r\n")).await;
    peer.until("\r\n").await
}

#[tokio::test]
async fn a_login_is_refused_and_recorded() {
    let mut stage = Stage::of(Service::Ftp);
    let mut peer = stage.peer().await;
    assert_eq!(peer.until("\r\n").await, "220 (vsFTPd 3.0.3)\r\n");
    assert!(ask(&mut peer, "USER root").await.starts_with("331 "));
    assert!(ask(&mut peer, "PASS s3cret pass").await.starts_with("530 "));
    let event = stage.event("login_attempt").await;
    assert_eq!(field(&event, "username"), "root");
    assert_eq!(field(&event, "password"), "s3cret pass");
    assert_eq!(event.raw_line, "PASS s3cret pass");
    assert_eq!(event.attacker_ip.to_string(), "127.0.0.1");
    assert_eq!(event.decky, "decky-01");
    assert!(ask(&mut peer, "LIST").await.starts_with("530 "));
    assert!(ask(&mut peer, "QUIT").await.starts_with("221 "));
    assert_eq!(peer.rest().await, b"");
}

#[tokio::test]
async fn anonymous_gets_a_listing_and_a_file() {
    let mut stage = Stage::of(Service::Ftp);
    let mut peer = stage.peer().await;
    peer.until("220 ").await;
    peer.until("\r\n").await;
    ask(&mut peer, "USER anonymous").await;
    assert!(
        ask(&mut peer, "PASS me@example.org")
            .await
            .starts_with("230 ")
    );
    for (open, fetch, expected) in [
        ("PASV", "LIST", "README.txt\r\n"),
        ("EPSV", "NLST", "backup-2024.tar.gz\r\n"),
        ("EPSV", "RETR README.txt", "Internal use only"),
    ] {
        let answer = ask(&mut peer, open).await;
        let port = data_port(&answer);
        let mut data = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        assert!(ask(&mut peer, fetch).await.starts_with("150 "));
        let mut content = String::new();
        data.read_to_string(&mut content).await.unwrap();
        assert!(content.contains(expected), "{fetch}: {content:?}");
        assert!(peer.until("\r\n").await.starts_with("226 "), "{fetch}");
    }
    assert!(ask(&mut peer, "STOR evil.sh").await.starts_with("550 "));
    assert!(
        ask(&mut peer, "PORT 10,0,0,1,0,22")
            .await
            .starts_with("500 ")
    );
    let event = stage.event("command").await;
    assert_eq!(field(&event, "command"), "PASV");
}

fn data_port(answer: &str) -> u16 {
    if let Some(port) = answer.split("|||").nth(1) {
        return port.split('|').next().unwrap().parse().unwrap();
    }
    let inside = answer.split(['(', ')']).nth(1).unwrap();
    let numbers: Vec<u16> = inside.split(',').map(|n| n.parse().unwrap()).collect();
    numbers[4] * 256 + numbers[5]
}

#[tokio::test]
async fn a_transfer_that_nobody_fetches_ends_at_the_idle_limit() {
    let limits = Limits {
        idle: std::time::Duration::from_millis(200),
        ..generous()
    };
    let stage = Stage::limited(Service::Ftp, limits);
    let mut peer = stage.peer().await;
    peer.say("USER ftp\r\nPASS x\r\nLIST\r\nPASV\r\nLIST\r\n")
        .await;
    let said = peer.until("426 ").await;
    assert!(said.contains("425 "), "LIST without PASV: {said}");
}

#[tokio::test]
async fn the_last_attempt_ends_the_connection() {
    let limits = Limits {
        attempts: 2,
        ..generous()
    };
    let mut stage = Stage::limited(Service::Ftp, limits);
    let mut peer = stage.peer().await;
    peer.say("PASS early\r\nUSER a\r\nPASS 1\r\nUSER b\r\nPASS 2\r\nUSER c\r\nPASS 3\r\n")
        .await;
    let said = String::from_utf8(peer.rest().await).unwrap();
    assert!(
        said.contains("503 ") && said.ends_with("421 Too many login failures.\r\n"),
        "{said}"
    );
    let event = stage.event("limit").await;
    assert_eq!(field(&event, "limit"), "attempts");
}

#[tokio::test]
async fn a_line_that_is_too_long_is_told_so() {
    let mut stage = Stage::of(Service::Ftp);
    let mut peer = stage.peer().await;
    peer.say("USER ").await;
    peer.try_say(vec![b'a'; 3000]).await;
    let said = String::from_utf8(peer.rest().await).unwrap();
    assert!(said.ends_with("500 Input line too long.\r\n"), "{said}");
    assert_eq!(field(&stage.event("limit").await, "limit"), "message");
}
