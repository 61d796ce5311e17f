//! A request on a connection of its own, to the end of the answer.
//!
//! Written by hand on a `TcpStream` for the same reason as the readiness probe:
//! the smallest client crate would double what this feature brings along.
//! `Connection: close` frames the answer; plain `http` only.

use std::collections::BTreeMap;
use std::io::{self, Read as _, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::{Duration, Instant};

/// The longest that a request may take, from the connection to the end of its answer.
const TIMEOUT: Duration = Duration::from_secs(120);
/// The longest answer, in bytes.
const MOST: usize = 256 << 20;
/// How much of an answer is kept, for its status.
const HEAD: usize = 4 << 10;

/// A request, ready to be sent again and again.
#[derive(Debug)]
pub(super) struct Request {
    address: String,
    bytes: Vec<u8>,
    status: u16,
    limits: Limits,
}

/// What an answer must stay within.
#[derive(Clone, Copy, Debug)]
struct Limits {
    time: Duration,
    bytes: usize,
}

impl Request {
    /// A request to an `http://` address; what is wrong with it otherwise.
    pub(super) fn new(
        method: &str,
        url: &str,
        headers: &BTreeMap<String, String>,
        body: &str,
        status: u16,
    ) -> Result<Self, String> {
        let rest = url
            .trim()
            .strip_prefix("http://")
            .ok_or_else(|| format!("`{url}` is no `http://` address"))?;
        let (authority, path) = match rest.find('/') {
            Some(at) => rest.split_at(at),
            None => (rest, "/"),
        };
        let blank = |text: &str| text.contains(|c: char| c.is_whitespace() || c.is_control());
        if authority.is_empty() || blank(rest) {
            return Err(format!("`{url}` is no `http://` address"));
        }
        let address = if authority
            .rsplit_once(':')
            .is_some_and(|(_, port)| port.parse::<u16>().is_ok())
        {
            authority.to_owned()
        } else {
            format!("{authority}:80")
        };
        let mut head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n\
             Content-Length: {}\r\n",
            body.len()
        );
        for (name, value) in headers {
            if blank(name) || value.contains(['\r', '\n']) {
                return Err(format!("`{name}: {value}` is no header"));
            }
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        head.push_str(body);
        Ok(Self {
            address,
            bytes: head.into_bytes(),
            status,
            limits: Limits {
                time: TIMEOUT,
                bytes: MOST,
            },
        })
    }

    /// Sends it and reads the whole answer, which must have the status expected.
    pub(super) fn send(&self) -> Result<(), String> {
        let answer = self
            .exchange()
            .map_err(|error| format!("`{}` does not answer: {error}", self.address))?;
        let line = answer.split(|byte| *byte == b'\n').next().unwrap_or(&[]);
        let line = String::from_utf8_lossy(line);
        let status = line
            .split(' ')
            .nth(1)
            .and_then(|code| code.trim().parse::<u16>().ok());
        if status == Some(self.status) {
            Ok(())
        } else {
            Err(format!(
                "`{}` answered `{}`, not {}",
                self.address,
                line.trim(),
                self.status
            ))
        }
    }

    /// The beginning of the answer, all of which has been read.
    fn exchange(&self) -> io::Result<Vec<u8>> {
        let end = Instant::now() + self.limits.time;
        let left = || {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let seconds = self.limits.time.as_secs_f64();
                let message = format!("its answer is not complete after {seconds} s");
                return Err(io::Error::new(io::ErrorKind::TimedOut, message));
            }
            Ok(left)
        };
        let address = self
            .address
            .to_socket_addrs()?
            .next()
            .ok_or_else(|| io::Error::other("it has no address"))?;
        let mut stream = TcpStream::connect_timeout(&address, left()?)?;
        stream.set_nodelay(true)?;
        stream.set_write_timeout(Some(left()?))?;
        stream.write_all(&self.bytes)?;
        let (mut head, mut all) = (Vec::new(), 0);
        let mut piece = vec![0; 64 << 10];
        loop {
            stream.set_read_timeout(Some(left()?))?;
            let count = match stream.read(&mut piece) {
                Ok(0) => return Ok(head),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                // What the socket says of a time-out differs between systems.
                Err(error) => return Err(left().err().unwrap_or(error)),
            };
            all += count;
            if all > self.limits.bytes {
                return Err(io::Error::other(format!(
                    "its answer is longer than {} bytes",
                    self.limits.bytes
                )));
            }
            let room = HEAD.saturating_sub(head.len()).min(count);
            head.extend_from_slice(&piece[..room]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;
    use std::sync::mpsc;

    /// A server that answers with `head`, then `piece` every `pause` until nobody
    /// listens any more.
    fn dripping(head: &'static str, piece: &'static [u8], pause: Duration) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let (_never, clock) = mpsc::channel::<()>();
            let mut answered = stream.write_all(head.as_bytes());
            while answered.is_ok() {
                let _ = clock.recv_timeout(pause);
                answered = stream.write_all(piece);
            }
        });
        url
    }

    fn sent(url: &str, limits: Limits) -> Result<(), String> {
        let mut request = Request::new("GET", url, &BTreeMap::new(), "", 200).unwrap();
        request.limits = limits;
        request.send()
    }

    #[test]
    fn an_answer_that_drips_for_ever_is_given_up() {
        let head = "HTTP/1.1 200 OK\r\n\r\n";
        let url = dripping(head, b".", Duration::from_millis(20));
        let limits = Limits {
            time: Duration::from_millis(400),
            bytes: MOST,
        };
        let start = Instant::now();
        let error = sent(&url, limits).unwrap_err();
        assert!(error.contains("not complete after 0.4 s"), "{error}");
        assert!(start.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn an_answer_without_end_is_given_up() {
        let url = dripping("HTTP/1.1 200 OK\r\n\r\n", &[b'x'; 4096], Duration::ZERO);
        let limits = Limits {
            time: TIMEOUT,
            bytes: 1 << 20,
        };
        let error = sent(&url, limits).unwrap_err();
        assert!(error.contains("longer than 1048576 bytes"), "{error}");
    }
}
