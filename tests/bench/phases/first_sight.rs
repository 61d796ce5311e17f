//! FIRST_SIGHT: somebody logs in at a decoy; how long until the API shows them.
//!
//! API and decoy are processes of their own. Each sample is an attacker whom
//! nobody has seen, from an address of its own on the loopback network; the
//! clock starts with the connection and ends with the answer that has them.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use shakedown::fixtures::poll::Poll;
use shakedown::process::{Process, Ready};
use shakedown::workbook::Sampler;
use shakedown::{Failure, Result};

use super::runtime;
use crate::decnet_server::{self, DecnetServer};

/// Attackers that have an address of their own: 127.77.0.1 and on.
const ADDRESSES: u64 = 65_535;

/// Whether each of so many attackers has an address of its own.
fn addresses_for(attackers: u64) -> Result {
    if attackers <= ADDRESSES {
        return Ok(());
    }
    Err(Failure::new(format!(
        "{attackers} attackers, warm-up included, would share {ADDRESSES} addresses: one that was \
         seen before shows at once"
    )))
}

#[test]
fn an_attacker_is_never_one_who_was_seen_before() {
    assert!(addresses_for(65_535).is_ok());
    let error = addresses_for(65_536).unwrap_err().to_string();
    assert!(error.starts_with("65536 attackers"), "{error}");
}

pub(super) fn first_sight(phase: &mut Sampler) -> Result {
    let warmup = phase.phase().warmup;
    addresses_for(phase.samples() + warmup)?;
    let server = DecnetServer::builder()
        .env("DECNET_BCRYPT_COST", "4")
        .start()?;
    let runtime = runtime(1)?;
    let token = runtime.block_on(server.token())?;
    let decoy = Process::builder(decnet_server::binary()?)
        .name("decoy-ftp")
        .args([
            "decoy",
            "--service",
            "ftp",
            "--port",
            "0",
            "--api",
            server.url(),
        ])
        .env("DECNET_API_TOKEN", &token)
        .ready(Ready::line("listening on ftp://"))
        .start()?;
    let text = decoy.ready_text().unwrap_or_default().trim().to_owned();
    let decoy_address: SocketAddr = text
        .parse()
        .map_err(|_| Failure::new(format!("no address in `{text}`")))?;
    let client = reqwest::Client::new();
    let mut attacker = 0_u32;
    phase.each(|_| {
        attacker += 1;
        let [_, _, high, low] = attacker.to_be_bytes();
        let ip = Ipv4Addr::new(127, 77, high, low);
        log_in(runtime.block_on(connect(ip, decoy_address))?)?;
        let url = format!("{}/api/v1/attackers?search={ip}", server.url());
        runtime.block_on(async {
            Poll::new()
                .describe("the attacker shows")
                .every(Duration::from_millis(5))
                .within(Duration::from_secs(20))
                .until_async(async || {
                    let answer = client.get(&url).bearer_auth(&token).send().await;
                    let answer = answer.map_err(|error| error.to_string())?;
                    let page = answer.json::<serde_json::Value>().await;
                    let page = page.map_err(|error| error.to_string())?;
                    let rows = page["data"].as_array().map_or(0, Vec::len);
                    if rows > 0 {
                        Ok(())
                    } else {
                        Err(page.to_string())
                    }
                })
                .await;
        });
        Ok(())
    })
}

/// A connection to the decoy, from `ip`.
async fn connect(ip: Ipv4Addr, decoy: SocketAddr) -> Result<TcpStream> {
    let socket = tokio::net::TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from((ip, 0)))?;
    let stream = socket.connect(decoy).await?.into_std()?;
    stream.set_nonblocking(false)?;
    Ok(stream)
}

/// Tries a password at the FTP decoy.
fn log_in(mut stream: TcpStream) -> Result {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut answers = BufReader::new(stream.try_clone()?);
    let start = Instant::now();
    for (expected, says) in [
        ("220", "USER root\r\n"),
        ("331", "PASS toor\r\n"),
        ("530", "QUIT\r\n"),
    ] {
        let mut line = String::new();
        answers.read_line(&mut line)?;
        if !line.starts_with(expected) {
            return Err(Failure::new(format!(
                "the decoy said `{line}` after {:?}",
                start.elapsed()
            )));
        }
        stream.write_all(says.as_bytes())?;
    }
    Ok(())
}
