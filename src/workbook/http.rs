//! A request on a connection of its own, to the end of the answer.
//!
//! Written by hand on a `TcpStream` for the same reason as the readiness probe:
//! the smallest client crate would double what this feature brings along.
//! `Connection: close` frames the answer; plain `http` only.

use std::collections::BTreeMap;
use std::io::{self, Read as _, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::Duration;

/// The longest that one read or write may take.
const TIMEOUT: Duration = Duration::from_secs(120);

/// A request, ready to be sent again and again.
#[derive(Debug)]
pub(super) struct Request {
    address: String,
    bytes: Vec<u8>,
    status: u16,
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

    fn exchange(&self) -> io::Result<Vec<u8>> {
        let address = self
            .address
            .to_socket_addrs()?
            .next()
            .ok_or_else(|| io::Error::other("it has no address"))?;
        let mut stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        stream.set_write_timeout(Some(TIMEOUT))?;
        stream.set_nodelay(true)?;
        stream.write_all(&self.bytes)?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        Ok(answer)
    }
}
