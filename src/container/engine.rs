//! The engine's HTTP API, as far as it is needed where there is no async
//! runtime: before `main`, in `Drop`, at the end of a session.
//!
//! One request per connection, HTTP/1.0, so that an answer ends with its
//! connection. Requests name no version of the API: the engine's own is used.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
#[cfg(unix)]
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use super::ContainerError;

/// How long the engine may take to say that it is there.
const GREETING: Duration = Duration::from_secs(5);
/// How long it may take for anything else; removing a container on a busy
/// machine takes seconds.
const PATIENCE: Duration = Duration::from_secs(60);
/// Most bytes of an answer that are read.
const LONGEST_ANSWER: u64 = 16 << 20;

/// Whether containers can be started here; for
/// [`requires!`](crate::requires!). Asks the engine once, for at most five
/// seconds; where there is none the answer takes microseconds.
///
/// # Errors
///
/// Where the engine was looked for, what was found, and what to do.
///
/// # Example
///
/// ```standalone_crate
/// shakedown::requires!(containers, shakedown::container::engine);
/// # fn main() {}
/// ```
pub fn engine() -> Result<(), String> {
    Engine::find().greet().map_err(|error| error.to_string())
}

/// Whether there is an engine with the image `name`; for
/// [`requires!`](crate::requires!).
///
/// # Errors
///
/// As [`engine`], or that the image is not on this machine.
pub fn image(name: &str) -> Result<(), String> {
    let engine = Engine::find();
    engine
        .greet()
        .and_then(|()| engine.needs_image(name))
        .map_err(|error| error.to_string())
}

/// Where the engine is.
#[derive(Debug, Clone)]
pub(super) struct Engine {
    address: String,
}

/// What it answered.
#[derive(Debug)]
pub(super) struct Answer {
    status: u16,
    pub(super) body: Vec<u8>,
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The engine's words.
    fn message(&self) -> String {
        match self.json()["message"].as_str() {
            Some(message) => message.to_owned(),
            None => format!("it answered with status {}", self.status),
        }
    }
}

impl Engine {
    #[cfg(test)]
    pub(super) fn at(address: &str) -> Self {
        Self {
            address: address.to_owned(),
        }
    }

    /// Where testcontainers looks for it.
    pub(super) fn find() -> Self {
        let address = std::env::var("DOCKER_HOST")
            .ok()
            .filter(|address| !address.is_empty())
            .unwrap_or_else(|| format!("unix://{}", usual_socket().display()));
        Self { address }
    }

    /// Asks whether it is there.
    pub(super) fn greet(&self) -> Result<(), ContainerError> {
        let no_engine = |problem: String| ContainerError::NoEngine {
            address: self.address.clone(),
            problem,
        };
        match self.exchange("GET", "/_ping", None, GREETING) {
            Ok(answer) if answer.status == 200 => Ok(()),
            Ok(answer) => Err(no_engine(answer.message())),
            Err(error) => Err(no_engine(error.to_string())),
        }
    }

    /// The image must be there.
    pub(super) fn needs_image(&self, name: &str) -> Result<(), ContainerError> {
        let found = self.try_call(
            "GET",
            &format!("/images/{}/json", escaped(name)),
            None,
            || format!("look for the image `{name}`"),
        )?;
        match found {
            Some(_) => Ok(()),
            None => Err(ContainerError::NoImage {
                image: name.to_owned(),
            }),
        }
    }

    /// Makes a request; `action` completes "cannot".
    pub(super) fn call(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
        action: impl Fn() -> String,
    ) -> Result<Answer, ContainerError> {
        self.try_call(method, path, body, &action)?
            .ok_or_else(|| ContainerError::Refused {
                action: action(),
                message: "there is no such thing".to_owned(),
            })
    }

    /// The same; nothing where what is named does not exist.
    pub(super) fn try_call(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
        action: impl Fn() -> String,
    ) -> Result<Option<Answer>, ContainerError> {
        let answer = self
            .exchange(method, path, body, PATIENCE)
            .map_err(|source| ContainerError::Silent {
                action: action(),
                source,
            })?;
        match answer.status {
            // 304: it is already so.
            200..=299 | 304 => Ok(Some(answer)),
            404 => Ok(None),
            _ => Err(ContainerError::Refused {
                action: action(),
                message: answer.message(),
            }),
        }
    }

    fn exchange(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
        limit: Duration,
    ) -> io::Result<Answer> {
        let mut stream = self.connect(limit)?;
        let body = body.map(Value::to_string).unwrap_or_default();
        let request = format!(
            "{method} {path} HTTP/1.0\r\nHost: docker\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes())?;
        let mut answer = Vec::new();
        stream.take(LONGEST_ANSWER).read_to_end(&mut answer)?;
        parse(&answer)
    }

    fn connect(&self, limit: Duration) -> io::Result<Box<dyn Stream>> {
        let unusable = |problem: &str| io::Error::new(io::ErrorKind::Unsupported, problem);
        if std::env::var_os("DOCKER_TLS_VERIFY").is_some_and(|value| !value.is_empty()) {
            return Err(unusable(
                "DOCKER_TLS_VERIFY is set, and TLS is not spoken here",
            ));
        }
        match self.address.split_once("://") {
            #[cfg(unix)]
            Some(("unix", path)) => {
                let stream = UnixStream::connect(path)?;
                stream.set_read_timeout(Some(limit))?;
                stream.set_write_timeout(Some(limit))?;
                Ok(Box::new(stream))
            }
            Some(("tcp" | "http", authority)) => {
                let authority = authority.trim_end_matches('/');
                let address = authority
                    .to_socket_addrs()?
                    .next()
                    .ok_or_else(|| unusable("it has no address"))?;
                let stream = TcpStream::connect_timeout(&address, limit.min(GREETING))?;
                stream.set_read_timeout(Some(limit))?;
                stream.set_write_timeout(Some(limit))?;
                Ok(Box::new(stream))
            }
            _ => Err(unusable(
                "only `unix://path` and `tcp://host:port` are spoken here",
            )),
        }
    }
}

/// A connection of either kind.
trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

/// Takes an answer apart that is over.
fn parse(answer: &[u8]) -> io::Result<Answer> {
    let broken = || {
        io::Error::new(
            io::ErrorKind::InvalidData,
            "what answers there is no engine",
        )
    };
    let end = answer
        .windows(4)
        .position(|bytes| bytes == b"\r\n\r\n")
        .ok_or_else(broken)?;
    let head = String::from_utf8_lossy(&answer[..end]);
    let status = head
        .strip_prefix("HTTP/1.")
        .and_then(|rest| rest.split(' ').nth(1)?.parse().ok())
        .ok_or_else(broken)?;
    Ok(Answer {
        status,
        body: answer[end + 4..].to_vec(),
    })
}

/// The first socket there is, or the one that should be there.
fn usual_socket() -> PathBuf {
    let usual = PathBuf::from("/var/run/docker.sock");
    let below = |variable: &str, path: &str| {
        let directory = std::env::var_os(variable).filter(|value| !value.is_empty())?;
        Some(Path::new(&directory).join(path))
    };
    let others = [
        below("XDG_RUNTIME_DIR", ".docker/run/docker.sock"),
        below("HOME", ".docker/run/docker.sock"),
        below("HOME", ".docker/desktop/docker.sock"),
    ];
    std::iter::once(usual.clone())
        .chain(others.into_iter().flatten())
        .find(|path| path.exists())
        .unwrap_or(usual)
}

/// `text` inside of a path or query. A slash stays: names of images have some.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'/' | b':' => {
                escaped.push(char::from(byte));
            }
            _ => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    #[test]
    fn an_engine_that_is_not_there_is_named_with_what_to_do() {
        let error = Engine::at("unix:///nowhere/docker.sock")
            .greet()
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "no container engine at `unix:///nowhere/docker.sock`: No such file or directory \
             (os error 2); start Docker, or set DOCKER_HOST"
        );
        let error = Engine::at("ssh://elsewhere")
            .greet()
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("only `unix://path` and `tcp://host:port`"),
            "{error}"
        );
    }

    /// The engine as far as a server that answers `answer` once is one.
    fn serving(answer: &'static str) -> (Engine, thread::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let served = thread::spawn(move || {
            let (mut peer, _) = listener.accept().unwrap();
            let mut request = [0; 1024];
            let read = peer.read(&mut request).unwrap();
            peer.write_all(answer.as_bytes()).unwrap();
            String::from_utf8_lossy(&request[..read]).into_owned()
        });
        (Engine::at(&format!("tcp://{address}")), served)
    }

    #[test]
    fn what_answers_and_is_no_engine_is_told() {
        for (answer, problem) in [
            (
                "220 mail.example.org\r\n\r\n",
                "what answers there is no engine",
            ),
            ("", "what answers there is no engine"),
            (
                "HTTP/1.0 502 Bad Gateway\r\n\r\n<html>",
                "it answered with status 502",
            ),
        ] {
            let (engine, served) = serving(answer);
            let error = engine.greet().unwrap_err().to_string();
            assert!(error.contains(problem), "{error}");
            served.join().unwrap();
        }
    }

    #[test]
    fn a_missing_image_is_an_error_and_nothing_is_pulled() {
        let (engine, served) =
            serving("HTTP/1.0 404 Not Found\r\n\r\n{\"message\": \"No such image: a/b:1\"}");
        let error = engine.needs_image("a/b:1").unwrap_err().to_string();
        assert_eq!(
            error,
            "no image `a/b:1` on this machine: build it, or get it with `docker pull a/b:1`"
        );
        let request = served.join().unwrap();
        assert!(
            request.starts_with("GET /images/a/b:1/json HTTP/1.0\r\n"),
            "{request}"
        );
    }

    #[test]
    fn a_refusal_is_told_in_the_engines_words() {
        let (engine, served) =
            serving("HTTP/1.0 409 Conflict\r\n\r\n{\"message\": \"it is paused\"}");
        let error = engine
            .call("POST", "/containers/a%20b/kill", None, || {
                "kill `a b`".to_owned()
            })
            .unwrap_err();
        assert_eq!(error.to_string(), "cannot kill `a b`: it is paused");
        served.join().unwrap();
        assert_eq!(escaped("a b/{c}"), "a%20b/%7Bc%7D");
    }
}
