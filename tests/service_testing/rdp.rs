//! The RDP decoy: negotiation in the clear, the rest inside TLS.

use std::sync::Arc;

use decnet::decoy::{Limits, Service};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme};

use crate::smb::{NTLM_NEGOTIATE, ntlm_answer};
use crate::stage::{Peer, Stage, field, generous};

/// An X.224 connection request with a cookie, asking for `protocols`.
pub(crate) fn request(protocols: u32) -> Vec<u8> {
    let mut bytes = b"\x27\xe0\0\0\0\0\0Cookie: mstshash=bob\r\n\x01\0\x08\0".to_vec();
    bytes.extend(protocols.to_le_bytes());
    let length = u16::try_from(bytes.len() + 4).unwrap().to_be_bytes();
    [&[3, 0, length[0], length[1]], bytes.as_slice()].concat()
}

/// Trusts every host, as attackers do.
#[derive(Debug)]
struct Trusting;

impl ServerCertVerifier for Trusting {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        default_provider()
            .signature_verification_algorithms
            .supported_schemes()
    }
}

/// Asks for `protocols`, and begins TLS when it is granted.
async fn inside(mut peer: Peer, protocols: u32) -> TlsStream<TcpStream> {
    peer.say(request(protocols)).await;
    assert_eq!(peer.exactly(19).await[..6], [3, 0, 0, 19, 14, 0xd0]);
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Trusting))
        .with_no_client_auth();
    let name = ServerName::try_from("srv01").unwrap();
    let connector = TlsConnector::from(Arc::new(config));
    connector.connect(name, peer.stream).await.unwrap()
}

/// A TSRequest around an NTLM message, as short as the decoy needs it.
fn credssp(ntlm: &[u8]) -> Vec<u8> {
    let length = u16::try_from(ntlm.len()).unwrap().to_be_bytes();
    [&[0x30, 0x82, length[0], length[1]], ntlm].concat()
}

#[tokio::test]
async fn network_level_authentication_is_refused_after_the_client_proved_itself() {
    let mut stage = Stage::of(Service::Rdp);
    let mut stream = inside(stage.peer().await, 3).await;
    let event = stage.event("negotiate").await;
    assert_eq!(
        (field(&event, "cookie"), &event.fields["protocols"]),
        ("bob", &3.into())
    );
    stream.write_all(&credssp(NTLM_NEGOTIATE)).await.unwrap();
    let mut challenge = vec![0; 1024];
    let count = stream.read(&mut challenge).await.unwrap();
    let challenge = String::from_utf8_lossy(&challenge[..count]).into_owned();
    assert!(challenge.contains("NTLMSSP\0\u{2}"), "{challenge:?}");
    stream.write_all(&credssp(&ntlm_answer())).await.unwrap();
    let mut refusal = Vec::new();
    stream.read_to_end(&mut refusal).await.unwrap();
    assert!(refusal.ends_with(&[2, 4, 0xc0, 0, 0, 0x6d]), "{refusal:?}");
    let event = stage.event("login_attempt").await;
    assert_eq!(
        (field(&event, "username"), field(&event, "domain")),
        ("alice", "CORP")
    );
}

#[tokio::test]
async fn a_client_without_it_gets_as_far_as_its_first_message() {
    let mut stage = Stage::of(Service::Rdp);
    let mut stream = inside(stage.peer().await, 1).await;
    stream
        .write_all(b"\x03\0\0\x08\x02\xf0\x80\x7f")
        .await
        .unwrap();
    let event = stage.event("connect").await;
    assert_eq!(event.fields["bytes"], 4);
    // One too old for TLS.
    let mut peer = stage.peer().await;
    peer.say(b"\x03\0\0\x0b\x06\xe0\0\0\0\0\0").await;
    assert_eq!(
        peer.exactly(11).await,
        b"\x03\0\0\x0b\x06\xd0\0\0\x12\x34\0"
    );
    peer.say(b"\x03\0\0\x08\x02\xf0\x80\x7f").await;
    stage.event("connect").await;
}

#[tokio::test]
async fn what_is_no_request_or_no_tls_is_recorded_as_such() {
    let mut stage = Stage::of(Service::Rdp);
    for bytes in [
        b"GET / HTTP/1.1\r\n\r\n".to_vec(),
        b"\x03\0\0\x03".to_vec(),
        b"\x03\0\0\x07\x02\xf0\x80".to_vec(),
        [request(1), b"GET / HTTP/1.1\r\n\r\n".to_vec()].concat(),
    ] {
        let mut peer = stage.peer().await;
        peer.try_say(&bytes).await;
        peer.rest().await;
        stage.event("malformed").await;
    }
}

#[tokio::test]
async fn messages_inside_tls_have_limits_too() {
    let limits = Limits {
        attempts: 2,
        ..generous()
    };
    let mut stage = Stage::limited(Service::Rdp, limits);
    let mut stream = inside(stage.peer().await, 3).await;
    for _ in 0..2 {
        stream.write_all(&credssp(NTLM_NEGOTIATE)).await.unwrap();
    }
    // It ends however TLS puts it.
    drop(stream.read_to_end(&mut Vec::new()).await);
    assert_eq!(field(&stage.event("limit").await, "limit"), "attempts");
    let mut stream = inside(stage.peer().await, 3).await;
    stream.write_all(b"\x30\x82\xff\xff").await.unwrap();
    drop(stream.read_to_end(&mut Vec::new()).await);
    assert_eq!(field(&stage.event("limit").await, "limit"), "message");
}
