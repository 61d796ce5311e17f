//! A request on a connection of its own, to the end of the answer.
//!
//! Written by hand on a `TcpStream` for the same reason as the readiness probe:
//! the smallest client crate would double what this feature brings along.
//! `Connection: close` frames the answer; plain `http` only.

use std::collections::BTreeMap;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs as _};
use std::time::{Duration, Instant};

use super::http_body::{Body, Chunks, framing};

/// The longest that a request may take, from the connection to the end of its answer.
const TIMEOUT: Duration = Duration::from_secs(120);
/// The longest answer, in bytes.
const MOST: usize = 256 << 20;
/// How much of an answer is kept, for its status.
const HEAD: usize = 4 << 10;

/// Headers that frame a request, so that whoever sends it sets them.
const OURS: [&str; 3] = ["Connection", "Content-Length", "Transfer-Encoding"];

/// What is wrong with a header, where something is.
pub(super) fn check_header(name: &str, value: &str) -> Result<(), String> {
    let letter = |c: char| c.is_ascii_graphic() && c != ':';
    if name.is_empty() || !name.chars().all(letter) || value.contains(['\r', '\n', '\0']) {
        return Err(format!(
            "`{}: {}` is no header",
            name.escape_debug(),
            value.escape_debug()
        ));
    }
    if OURS.iter().any(|ours| name.eq_ignore_ascii_case(ours)) {
        return Err(format!(
            "the header `{name}` is set by what sends the request: leave it out"
        ));
    }
    Ok(())
}

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
            "{method} {path} HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n",
            body.len()
        );
        if !headers.keys().any(|name| name.eq_ignore_ascii_case("host")) {
            head.push_str(&format!("Host: {authority}\r\n"));
        }
        for (name, value) in headers {
            check_header(name, value)?;
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
        let mut stream = connected(self.address.to_socket_addrs()?, left)?;
        stream.set_nodelay(true)?;
        stream.set_write_timeout(Some(left()?))?;
        stream.write_all(&self.bytes)?;
        let (mut head, mut all) = (Vec::new(), 0);
        let mut chunks = Chunks::default();
        let mut piece = vec![0; 64 << 10];
        loop {
            stream.set_read_timeout(Some(left()?))?;
            let count = match stream.read(&mut piece) {
                Ok(0) => return self.whole(&head, &chunks, all).map(|()| head),
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
            if let Some((before, Body::Chunks)) = framing(&head) {
                let of_head = before.saturating_sub(all - count);
                chunks.read(&piece[of_head..count]);
            }
        }
    }

    /// Whether an answer of `all` bytes that begins with `head` is as long as it says.
    fn whole(&self, head: &[u8], chunks: &Chunks, all: usize) -> io::Result<()> {
        let framing = framing(head).filter(|_| !self.bytes.starts_with(b"HEAD "));
        let message = match framing {
            None => return Ok(()),
            Some((_, Body::Chunks)) if chunks.ended() => return Ok(()),
            Some((_, Body::Chunks)) => "its answer ended before its last chunk".to_owned(),
            Some((before, Body::Bytes(length))) => {
                let body = all - before;
                if u64::try_from(body).is_ok_and(|body| body >= length) {
                    return Ok(());
                }
                format!("its answer ended after {body} of {length} bytes")
            }
        };
        Err(io::Error::new(io::ErrorKind::UnexpectedEof, message))
    }
}

/// A connection to the first of `addresses` that takes one: a name has several, and a
/// server may listen on one of them.
fn connected(
    addresses: impl Iterator<Item = SocketAddr>,
    left: impl Fn() -> io::Result<Duration>,
) -> io::Result<TcpStream> {
    let mut last = io::Error::other("it has no address");
    for address in addresses {
        match TcpStream::connect_timeout(&address, left()?) {
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

    /// What is said of an answer that is just `text`, to a request of `method`.
    fn answered(method: &str, text: &'static str, status: u16) -> Result<(), String> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = stream.read(&mut [0; 1024]);
            let _ = stream.write_all(text.as_bytes());
        });
        let request = Request::new(method, &url, &BTreeMap::new(), "", status).unwrap();
        request.send()
    }

    #[test]
    fn an_answer_that_is_cut_off_is_no_sample() {
        let cut = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc";
        let error = answered("GET", cut, 200).unwrap_err();
        assert!(error.contains("ended after 3 of 10 bytes"), "{error}");
        assert_eq!(answered("HEAD", cut, 200), Ok(()));
        let chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        for (body, whole) in [
            ("", false),
            ("3\r\nabc\r\n", false),
            ("3\r\nabc", false),
            ("3\r\nab", false),
            ("8\r\nab\r\n0\r\n\r\n", false),
            ("3\r\nabc\r\n0\r\n", false),
            ("3\r\nabc\r\n0\r\nX: 1\r\n", false),
            ("3\r\nabc\r\n0\r\nX: 1\r\n\r\n", true),
            ("a;x=1\r\n0123456789\r\n000;y\r\n\r\n", true),
            ("A\r\n0\r\n\r\n01234\r\n0\r\n\r\n", true),
            ("3\r\nabc\r\n0\r\n\r\n", true),
            ("0\r\n\r\n", true),
        ] {
            let text: &'static str = format!("{chunks}{body}").leak();
            let answer = answered("GET", text, 200);
            let cut = answer.as_ref().is_err_and(|why| why.contains("last chunk"));
            assert_eq!(
                (answer.is_ok(), cut),
                (whole, !whole),
                "{body:?} {answer:?}"
            );
        }
    }

    #[test]
    fn headers_are_sent_once() {
        let headers = |name: &str| BTreeMap::from([(name.to_owned(), "x.test".to_owned())]);
        let request = |name| Request::new("GET", "http://127.0.0.1:1/", &headers(name), "", 200);
        for name in ["connection", "Content-Length", "transfer-encoding"] {
            let error = request(name).unwrap_err();
            assert!(error.contains("is set by what sends"), "{error}");
        }
        let text = String::from_utf8(request("HOST").unwrap().bytes).unwrap();
        assert_eq!(
            text.to_ascii_lowercase().matches("host:").count(),
            1,
            "{text}"
        );
        assert!(text.contains("HOST: x.test\r\n"), "{text}");
    }

    #[test]
    fn an_answer_that_is_whole_or_does_not_say_how_long_it_is_is_one() {
        for (text, status) in [
            ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", 200),
            ("HTTP/1.1 200 OK\r\n\r\nabc", 200),
            (
                "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n",
                304,
            ),
        ] {
            assert_eq!(answered("GET", text, status), Ok(()), "{text}");
        }
    }

    #[test]
    fn a_server_that_listens_on_the_second_address_of_a_name_is_found() {
        let closed = TcpListener::bind("127.0.0.1:0").unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let nobody = closed.local_addr().unwrap();
        let somebody = listener.local_addr().unwrap();
        drop(closed);
        let left = || Ok(Duration::from_secs(10));
        let stream = connected([nobody, somebody].into_iter(), left).unwrap();
        assert_eq!(stream.peer_addr().unwrap(), somebody);
        assert!(connected([nobody].into_iter(), left).is_err());
        assert!(connected(std::iter::empty(), left).is_err());
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
