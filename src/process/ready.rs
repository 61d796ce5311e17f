//! When a process counts as ready: a line it prints, an HTTP answer, an open
//! port, or several of these in order.

use std::fmt;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use super::http_probe::Target;

/// How long one attempt to connect may take.
const ATTEMPT: Duration = Duration::from_secs(2);

/// What a process must have done before [`start`](super::ProcessBuilder::start)
/// returns.
///
/// # Example
///
/// A server that binds port 0 and prints its address, ready once it answers:
///
/// ```
/// use shakedown::process::Ready;
///
/// let ready = Ready::line("listening on ").and_http(|address| format!("http://{address}/healthz"));
/// assert_eq!(ready.to_string(), "it printed a line with `listening on `, then answered a GET with 2xx");
/// ```
#[derive(Debug, Default)]
pub struct Ready {
    pub(super) steps: Vec<Step>,
}

impl Ready {
    /// Ready as soon as it is started.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Ready when a complete line of its output contains `marker`. The rest of
    /// that line is kept as [`ready_text`](super::Process::ready_text).
    #[must_use]
    pub fn line(marker: impl Into<String>) -> Self {
        Self {
            steps: vec![Step::Line(marker.into())],
        }
    }

    /// Ready when a GET of `url`, of the form `http://host:port/path`, is
    /// answered with 2xx.
    #[must_use]
    pub fn http(url: impl Into<String>) -> Self {
        let url = url.into();
        Self::none().and_http(move |_| url.clone())
    }

    /// Ready when a TCP connection to `address` is accepted.
    #[must_use]
    pub fn port(address: SocketAddr) -> Self {
        Self::none().and_port(address)
    }

    /// And then, when a GET of the URL is answered with 2xx. `url` is made from
    /// the [`ready_text`](super::Process::ready_text) (empty without a line to
    /// wait for).
    #[must_use]
    pub fn and_http(mut self, url: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        self.steps.push(Step::Http(Url(Box::new(url))));
        self
    }

    /// And then, when a TCP connection to `address` is accepted.
    #[must_use]
    pub fn and_port(mut self, address: SocketAddr) -> Self {
        self.steps.push(Step::Port(address));
        self
    }
}

impl fmt::Display for Ready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.steps.is_empty() {
            return f.write_str("it was started");
        }
        for (index, step) in self.steps.iter().enumerate() {
            f.write_str(if index == 0 { "it " } else { ", then " })?;
            write!(f, "{step}")?;
        }
        Ok(())
    }
}

/// One thing to wait for.
#[derive(Debug)]
pub(super) enum Step {
    Line(String),
    Http(Url),
    Port(SocketAddr),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(marker) => write!(f, "printed a line with `{marker}`"),
            Self::Http(_) => f.write_str("answered a GET with 2xx"),
            Self::Port(address) => write!(f, "accepted a connection on {address}"),
        }
    }
}

/// A URL that may depend on what the process printed.
pub(super) struct Url(Box<dyn Fn(&str) -> String + Send + Sync>);

impl Url {
    /// The URL for the given text, or the text that is none.
    pub(super) fn target(&self, ready_text: &str) -> Result<(String, Target), String> {
        let url = (self.0)(ready_text);
        match Target::parse(&url) {
            Some(target) => Ok((url, target)),
            None => Err(url),
        }
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Url(..)")
    }
}

/// One attempt to be answered with 2xx.
pub(super) fn answers(target: &Target, left: Duration) -> Result<(), String> {
    target.probe(attempt(left))
}

/// One attempt to connect.
pub(super) fn accepts(address: SocketAddr, left: Duration) -> Result<(), String> {
    TcpStream::connect_timeout(&address, attempt(left))
        .map(drop)
        .map_err(|error| error.to_string())
}

/// The time one attempt may take when `left` is left; never zero, which std
/// rejects.
fn attempt(left: Duration) -> Duration {
    left.clamp(Duration::from_millis(1), ATTEMPT)
}
