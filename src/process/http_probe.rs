//! One HTTP GET, enough to ask a server whether it is ready.
//!
//! Written by hand on a `TcpStream`: a status line is all that is needed, and
//! the smallest HTTP client crate would more than double the crates that a
//! default build of this library brings along.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

/// A URL of the form `http://host:port/path`, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    authority: String,
    address: String,
    path: String,
}

impl Target {
    /// Takes `url` apart; `None` when it has another form.
    pub(crate) fn parse(url: &str) -> Option<Self> {
        let rest = url.trim().strip_prefix("http://")?;
        let (authority, path) = match rest.find('/') {
            Some(at) => (&rest[..at], &rest[at..]),
            None => (rest, "/"),
        };
        let well_formed =
            |text: &str| !text.contains(|c: char| c.is_whitespace() || c.is_control());
        if authority.is_empty() || !well_formed(authority) || !well_formed(path) {
            return None;
        }
        let has_port = authority
            .rsplit_once(':')
            .is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        let address = if has_port {
            authority.to_owned()
        } else {
            format!("{authority}:80")
        };
        Some(Self {
            authority: authority.to_owned(),
            address,
            path: path.to_owned(),
        })
    }

    /// Asks once. `Ok` when the answer is 2xx, otherwise what was seen instead.
    pub(crate) fn probe(&self, timeout: Duration) -> Result<(), String> {
        let status = self.status(timeout).map_err(|error| error.to_string())?;
        match status.split(' ').nth(1) {
            Some(code) if code.len() == 3 && code.starts_with('2') => Ok(()),
            _ => Err(format!("answered `{status}`")),
        }
    }

    /// The status line of the answer.
    fn status(&self, timeout: Duration) -> io::Result<String> {
        let mut stream = connected(self.address.to_socket_addrs()?, timeout)?;
        stream.set_read_timeout(Some(timeout))?;
        stream.set_write_timeout(Some(timeout))?;
        // One write: a server that answers and closes after its first read must
        // not find more to come, or its answer is lost in a reset.
        let request = format!(
            "GET {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: shakedown\r\nAccept: */*\r\nConnection: close\r\n\r\n",
            self.path, self.authority
        );
        stream.write_all(request.as_bytes())?;
        let mut head = [0; 256];
        let mut len = 0;
        // The time limit of the stream is one of each read; this is of all.
        let deadline = Instant::now() + timeout;
        while len < head.len() && !head[..len].contains(&b'\n') && Instant::now() < deadline {
            match stream.read(&mut head[len..])? {
                0 => break,
                n => len += n,
            }
        }
        if len == 0 {
            return Err(io::Error::other("closed the connection without an answer"));
        }
        let text = String::from_utf8_lossy(&head[..len]);
        Ok(text.lines().next().unwrap_or_default().to_owned())
    }
}

/// A connection to the first of `addresses` that takes one: `localhost` has two, and
/// a server may listen on one of them.
fn connected(
    addresses: impl Iterator<Item = SocketAddr>,
    timeout: Duration,
) -> io::Result<TcpStream> {
    let mut last = io::Error::other("it has no address");
    for address in addresses {
        match TcpStream::connect_timeout(&address, timeout) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[test]
    fn a_server_that_listens_on_the_second_address_of_a_name_is_found() {
        let closed = TcpListener::bind("127.0.0.1:0").unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let nobody = closed.local_addr().unwrap();
        let somebody = listener.local_addr().unwrap();
        drop(closed);
        let timeout = Duration::from_secs(10);
        let stream = connected([nobody, somebody].into_iter(), timeout).unwrap();
        assert_eq!(stream.peer_addr().unwrap(), somebody);
        assert!(connected([nobody].into_iter(), timeout).is_err());
    }

    #[test]
    fn urls_are_taken_apart() {
        let target = Target::parse("http://127.0.0.1:8080/healthz?full=1").unwrap();
        assert_eq!(target.address, "127.0.0.1:8080");
        assert_eq!(target.path, "/healthz?full=1");
        assert_eq!(Target::parse("http://[::1]:80").unwrap().path, "/");
        assert_eq!(Target::parse("http://name/x").unwrap().address, "name:80");
        for bad in [
            "https://x/",
            "127.0.0.1:80",
            "http://",
            "http://a b/",
            "http://a/\r\nX: y",
        ] {
            assert_eq!(Target::parse(bad), None, "{bad}");
        }
    }
}
