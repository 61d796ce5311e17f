//! Bytes that no client would send: every service survives them, closes, and goes on.

use decnet::decoy::Service;
use proptest::prelude::Rng as _;
use proptest::test_runner::{RngAlgorithm, TestRng};
use tokio::task::JoinSet;

use crate::stage::{Peer, Stage, assert_no_fault, brief};
use crate::{rdp, smb};

/// A whole dialogue, as a client would hold it without listening.
fn dialogue(service: Service) -> Vec<u8> {
    match service {
        Service::Ftp => b"USER ftp\r\nPASS a@b\r\nSYST\r\nPASV\r\nLIST\r\nQUIT\r\n".to_vec(),
        Service::Telnet => {
            b"\xff\xfc\x18\xff\xfa\x1f\x00\x50\x00\x18\xff\xf0root\r\0toor\r\n".to_vec()
        }
        Service::Http => {
            b"POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 15\r\n\r\nuser=a&pass=b&c".to_vec()
        }
        Service::Ssh => {
            let mut bytes = b"SSH-2.0-Test_1.0\r\n\0\0\0\x3c\x04\x14".to_vec();
            bytes.extend([7; 16]);
            for _ in 0..10 {
                bytes.extend([0, 0, 0, 1, b'x']);
            }
            bytes.extend([0; 9]);
            bytes
        }
        Service::Smb => [
            smb::first_negotiation(&["NT LM 0.12", "SMB 2.002"]),
            smb::second_negotiation(&[0x0202, 0x0302]),
            smb::set_up(2, smb::NTLM_NEGOTIATE),
            smb::set_up(3, &smb::ntlm_answer()),
        ]
        .concat(),
        Service::Rdp => {
            // Too old for TLS: what follows the request is read as well.
            let mut bytes = rdp::request(0);
            bytes.extend(b"\x03\0\0\x0c\x02\xf0\x80\x7f\x65\x82\x01\x94");
            bytes
        }
        other => panic!("no dialogue for {other}"),
    }
}

/// Sends each of `inputs` on a connection of its own, many at a time.
async fn throw(service: Service, inputs: impl IntoIterator<Item = Vec<u8>>) {
    let mut stage = Stage::limited(service, brief());
    let mut peers = JoinSet::new();
    let mut count = 0;
    for input in inputs {
        if peers.len() >= 64 {
            peers.join_next().await.unwrap().unwrap();
        }
        let mut peer: Peer = stage.peer().await;
        count += 1;
        peers.spawn(async move {
            peer.try_say(&input).await;
            peer.hang_up().await;
            peer.rest().await;
        });
    }
    peers.join_all().await;
    let events = stage.after_all_closed().await;
    assert_no_fault(&events);
    let connections = events.iter().filter(|e| e.event_type == "connection");
    assert_eq!(connections.count(), count, "{service}");
    // And it still answers.
    let mut peer = stage.peer().await;
    peer.try_say(dialogue(service)).await;
    peer.hang_up().await;
    assert!(!peer.rest().await.is_empty(), "{service}");
}

#[tokio::test]
async fn a_dialogue_may_break_off_at_any_byte() {
    for service in Service::ALL {
        let whole = dialogue(service);
        throw(service, (0..=whole.len()).map(|end| whole[..end].to_vec())).await;
    }
}

#[tokio::test]
async fn a_dialogue_may_have_any_byte_wrong() {
    for service in Service::ALL {
        let whole = dialogue(service);
        let broken = (0..whole.len()).flat_map(|place| {
            [0x00, 0x7f, 0x80, 0xff].map(|byte| {
                let mut bytes = whole.clone();
                bytes[place] = byte;
                bytes
            })
        });
        throw(service, broken).await;
    }
}

#[tokio::test]
async fn noise_is_survived() {
    let mut random = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    for service in Service::ALL {
        let noise: Vec<Vec<u8>> = (0..150)
            .map(|n| {
                let mut bytes = vec![0; 1 + n * 13];
                random.fill_bytes(&mut bytes);
                bytes
            })
            .collect();
        throw(service, noise).await;
    }
}
