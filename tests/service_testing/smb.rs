//! The SMB decoy, message by message.

use decnet::decoy::{Limits, Service};

use crate::stage::{Peer, Stage, field, generous};

/// NetBIOS framing around `message`.
fn framed(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap();
    [&length.to_be_bytes(), message].concat()
}

/// An SMB 1 negotiation of these dialects.
pub(crate) fn first_negotiation(dialects: &[&str]) -> Vec<u8> {
    let mut message = b"\xffSMB\x72".to_vec();
    message.extend([0; 27]);
    message.push(0); // words of parameters
    let names: Vec<u8> = dialects
        .iter()
        .flat_map(|name| [b"\x02", name.as_bytes(), b"\0"].concat())
        .collect();
    message.extend(u16::try_from(names.len()).unwrap().to_le_bytes());
    message.extend(names);
    framed(&message)
}

/// An SMB 2 message.
pub(crate) fn second(command: u16, id: u64, body: &[u8]) -> Vec<u8> {
    let mut message = b"\xfeSMB\x40\0\0\0\0\0\0\0".to_vec();
    message.extend(command.to_le_bytes());
    message.extend([0; 10]);
    message.extend(id.to_le_bytes());
    message.extend([0; 32]);
    message.extend(body);
    framed(&message)
}

pub(crate) fn second_negotiation(dialects: &[u16]) -> Vec<u8> {
    let mut body = vec![36, 0];
    body.extend(u16::try_from(dialects.len()).unwrap().to_le_bytes());
    body.extend([0; 32]);
    body.extend(dialects.iter().flat_map(|dialect| dialect.to_le_bytes()));
    second(0, 1, &body)
}

/// A session set-up that holds `token`.
pub(crate) fn set_up(id: u64, token: &[u8]) -> Vec<u8> {
    let mut body = vec![25, 0];
    body.extend([0; 22]);
    body.extend(token);
    second(1, id, &body)
}

pub(crate) const NTLM_NEGOTIATE: &[u8] = b"NTLMSSP\0\x01\0\0\0\x15\x82\x08\x62";

/// The NTLM answer of `alice` of `CORP` at `PC`, with 24 bytes of proof.
pub(crate) fn ntlm_answer() -> Vec<u8> {
    let utf16 =
        |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    let values = [
        vec![],
        vec![0xab; 24],
        utf16("CORP"),
        utf16("alice"),
        utf16("PC"),
    ];
    let mut message = b"NTLMSSP\0\x03\0\0\0".to_vec();
    let mut offset = 64_u32;
    for value in &values {
        let length = u16::try_from(value.len()).unwrap();
        message.extend(length.to_le_bytes());
        message.extend(length.to_le_bytes());
        message.extend(offset.to_le_bytes());
        offset += u32::from(length);
    }
    message.resize(64, 0);
    message.extend(values.concat());
    message
}

async fn answer(peer: &mut Peer) -> Vec<u8> {
    let header = peer.exactly(4).await;
    let length = u32::from_be_bytes(header.try_into().unwrap());
    peer.exactly(length.try_into().unwrap()).await
}

fn status(answer: &[u8]) -> u32 {
    u32::from_le_bytes(answer[8..12].try_into().unwrap())
}

#[tokio::test]
async fn a_session_set_up_is_refused_after_the_client_proved_itself() {
    let mut stage = Stage::of(Service::Smb);
    let mut peer = stage.peer().await;
    peer.say(second_negotiation(&[0x0202, 0x0210, 0x0302, 0x0311]))
        .await;
    let negotiated = answer(&mut peer).await;
    assert_eq!(&negotiated[..4], b"\xfeSMB");
    assert_eq!(negotiated[68..70], 0x0302_u16.to_le_bytes());
    let event = stage.event("negotiate").await;
    assert_eq!(field(&event, "dialects"), "0x0202,0x0210,0x0302,0x0311");

    peer.say(set_up(2, NTLM_NEGOTIATE)).await;
    let challenge = answer(&mut peer).await;
    assert_eq!(status(&challenge), 0xc000_0016);
    let start = challenge
        .windows(8)
        .position(|w| w == b"NTLMSSP\0")
        .unwrap();
    let sent: String = challenge[start + 24..start + 32]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();

    peer.say(set_up(3, &ntlm_answer())).await;
    assert_eq!(status(&answer(&mut peer).await), 0xc000_006d);
    let event = stage.event("login_attempt").await;
    assert_eq!(field(&event, "username"), "alice");
    assert_eq!(field(&event, "domain"), "CORP");
    assert_eq!(field(&event, "workstation"), "PC");
    assert_eq!(field(&event, "ntlm_response"), "ab".repeat(24));
    assert_eq!(field(&event, "ntlm_challenge"), sent);
    // A tree connect without a session.
    peer.say(second(3, 4, &[9, 0])).await;
    assert_eq!(status(&answer(&mut peer).await), 0xc000_0203);
}

#[tokio::test]
async fn older_clients_are_led_to_the_newest_dialect_that_they_offer() {
    let stage = Stage::of(Service::Smb);
    for (dialects, expected) in [
        (
            &["NT LM 0.12", "SMB 2.002", "SMB 2.???"][..],
            Some(0x02ff_u16),
        ),
        (&["NT LM 0.12", "SMB 2.002"], Some(0x0202)),
        (&["PC NETWORK PROGRAM 1.0", "NT LM 0.12"], None),
    ] {
        let mut peer = stage.peer().await;
        peer.say(first_negotiation(dialects)).await;
        let answer = answer(&mut peer).await;
        match expected {
            Some(dialect) => assert_eq!(answer[68..70], dialect.to_le_bytes()),
            None => {
                assert_eq!(&answer[..5], b"\xffSMB\x72");
                assert_eq!(answer[33..35], [1, 0], "the second one");
            }
        }
    }
}

#[tokio::test]
async fn the_last_attempt_ends_the_connection() {
    let limits = Limits {
        attempts: 2,
        ..generous()
    };
    let mut stage = Stage::limited(Service::Smb, limits);
    let mut peer = stage.peer().await;
    peer.say(set_up(1, &ntlm_answer())).await;
    peer.say(set_up(2, b"no NTLM at all")).await;
    peer.rest().await;
    assert_eq!(field(&stage.event("limit").await, "limit"), "attempts");
}

#[tokio::test]
async fn a_message_that_claims_to_be_huge_is_not_waited_for() {
    let mut stage = Stage::of(Service::Smb);
    let mut peer = stage.peer().await;
    peer.say(b"\x00\xff\xff\xff").await;
    assert_eq!(peer.rest().await, b"");
    assert_eq!(field(&stage.event("limit").await, "limit"), "message");
}
