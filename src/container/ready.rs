//! When a container counts as ready.

use std::fmt;

/// What a container must have done before
/// [`start`](super::ContainerBuilder::start) returns.
///
/// ```
/// use shakedown::container::Ready;
///
/// assert_eq!(Ready::log("listening").to_string(), "it wrote `listening` to its log");
/// assert_eq!(Ready::http(8000, "/healthz").to_string(), "port 8000 answered GET /healthz with 2xx");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ready {
    /// As soon as it is started.
    #[default]
    Started,
    /// When its log, either stream, contains this.
    Log(String),
    /// When its health check has succeeded.
    Healthy,
    /// When a GET of a path is answered with 2xx by a published port.
    Http(u16, String),
}

impl Ready {
    /// Ready when its log contains `text`.
    #[must_use]
    pub fn log(text: impl Into<String>) -> Self {
        Self::Log(text.into())
    }

    /// Ready when the health check that its image declares has succeeded.
    #[must_use]
    pub fn healthy() -> Self {
        Self::Healthy
    }

    /// Ready when a GET of `path` is answered with 2xx by the port that is
    /// `port` inside.
    #[must_use]
    pub fn http(port: u16, path: impl Into<String>) -> Self {
        Self::Http(port, path.into())
    }
}

impl fmt::Display for Ready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Started => f.write_str("it was started"),
            Self::Log(text) => write!(f, "it wrote `{text}` to its log"),
            Self::Healthy => f.write_str("its health check succeeded"),
            Self::Http(port, path) => write!(f, "port {port} answered GET {path} with 2xx"),
        }
    }
}
