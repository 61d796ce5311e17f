//! A request on the lean transport: a plain HTTP/1.1 connection that each user
//! keeps, instead of Goose's general client.
//!
//! It costs about half the CPU of Goose's client, times a request from before
//! it is sent (connecting included, when there is no open connection) until the
//! whole body is read, and knows the size of the body. Goose is told of every
//! request too, so its own totals agree. It speaks neither TLS nor HTTP/2, keeps
//! no cookies and follows no redirects; where a scenario needs one of these, use
//! Goose's `user.get(..)`, which is recorded as well, to the headers.

use std::sync::atomic::Ordering;
use std::sync::{OnceLock, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use goose::goose::{GooseUser, TransactionError};
use http_body_util::Full;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderName, HeaderValue};
use hyper::{Method, Request, Uri};

use super::connection::{Answer, Connection};
use super::host::Host;
use super::recorder::Observation;
use super::traced::traceparent;
use super::watch::{Seat, User};

/// The header of a W3C trace context.
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// A request about to be sent.
///
/// # Example
/// ```
/// use goose::prelude::*;
/// use shakedown::stress::{Call, roll};
///
/// async fn page(user: &mut GooseUser) -> TransactionResult {
///     let offset = roll(0..1_000);
///     Call::get(format!("/api/v1/logs?offset={offset}"))
///         .name("/api/v1/logs?offset=[n]")
///         .send(user)
///         .await?;
///     Ok(())
/// }
/// # let _ = transaction!(page);
/// ```
#[derive(Clone, Debug)]
#[must_use = "a call that is not sent makes no request"]
pub struct Call {
    method: Method,
    path: String,
    name: Option<String>,
    headers: Vec<(HeaderName, HeaderValue)>,
    /// The first header that is none; told when the call is sent.
    mistake: Option<String>,
    body: Bytes,
    expected: Option<u16>,
    whole: bool,
}

impl Call {
    /// A request of `method` for `path`, which starts with `/`.
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        Self {
            method,
            path: path.into(),
            name: None,
            headers: Vec::new(),
            mistake: None,
            body: Bytes::new(),
            expected: None,
            whole: true,
        }
    }

    /// A GET request for `path`.
    pub fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path)
    }

    /// A POST request to `path`.
    pub fn post(path: impl Into<String>) -> Self {
        Self::new(Method::POST, path)
    }

    /// Groups the request under `name` instead of its path. Paths with a
    /// variable part need one.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Adds a header.
    pub fn header(self, name: impl AsRef<str>, value: impl Into<String>) -> Self {
        let name = name.as_ref();
        match HeaderName::from_bytes(name.as_bytes()) {
            Ok(known) => self.with(known, value.into()),
            Err(error) => self.mistaken(format!("`{name}` is no header: {error}")),
        }
    }

    /// Sends `Authorization: Bearer token`.
    pub fn bearer(self, token: &str) -> Self {
        self.with(AUTHORIZATION, format!("Bearer {token}"))
    }

    /// Sends a body.
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// Sends a body that is JSON already.
    pub fn json(self, body: impl Into<Bytes>) -> Self {
        let mut call = self.body(body);
        let json = HeaderValue::from_static("application/json");
        call.headers.push((CONTENT_TYPE, json));
        call
    }

    fn with(mut self, name: HeaderName, value: String) -> Self {
        match HeaderValue::try_from(value) {
            Ok(value) => {
                self.headers.push((name, value));
                self
            }
            Err(error) => self.mistaken(format!("the value of `{name}` is none: {error}")),
        }
    }

    fn mistaken(mut self, mistake: String) -> Self {
        self.mistake.get_or_insert(mistake);
        self
    }

    /// Counts the request as failed unless the status is `status`, instead of
    /// unless it is one of the 200s.
    pub fn expect_status(mut self, status: u16) -> Self {
        self.expected = Some(status);
        self
    }

    /// Ends with the first piece of the body and closes the connection, as a
    /// client does that looks at a stream once.
    pub fn first_piece(mut self) -> Self {
        self.whole = false;
        self
    }

    /// Sends the request and records it, answered or not: what the server did
    /// is in the [`Reply`].
    ///
    /// # Errors
    /// When no request could be made: the transaction does not run under
    /// [`Stress`](super::Stress), the address is not `http://`, or the path or a
    /// header is not one.
    pub async fn send(self, user: &mut GooseUser) -> Result<Reply, Box<TransactionError>> {
        let seat = Seat::current()
            .ok_or_else(|| mistake("`Call` works in the transactions of a `Stress` run only"))?;
        let host = seat.state().host(user).map_err(|error| mistake(&error))?;
        let trace = seat.next_trace();
        let request = self.request(&host, trace)?;
        let started = due(seat.state()).unwrap_or_else(|| seat.watch.now());
        let limit = seat.watch.timeout;
        let exchange = self.exchange(request, &host, &seat);
        let answer = tokio::time::timeout(limit, exchange)
            .await
            .unwrap_or_else(|_| Err(format!("timed out after {limit:?}")));
        let took = seat.watch.now().saturating_sub(started);
        let reply = self.reply(answer);
        let name = self.name.as_deref().unwrap_or(&self.path);
        seat.watch.timed_bodies.store(true, Ordering::Relaxed);
        seat.watch.recorder.record(
            seat.user,
            Observation {
                method: self.method.as_str(),
                name,
                started,
                took,
                content_bytes: reply.length(),
                error: reply.error.as_deref(),
                trace,
            },
        );
        // Goose's request log is where we look for requests of its own client;
        // this one is recorded already.
        let logger = user.logger.take();
        let told = user
            .record_custom_request_duration(
                self.method.as_str(),
                name,
                took,
                reply.is_ok(),
                reply.status,
                reply.error.as_deref(),
            )
            .await;
        user.logger = logger;
        told.map(|()| reply)
    }

    fn request(
        &self,
        host: &Host,
        trace: Option<u128>,
    ) -> Result<Request<Full<Bytes>>, Box<TransactionError>> {
        if let Some(wrong) = &self.mistake {
            return Err(mistake(wrong));
        }
        let uri = Uri::try_from(&self.path)
            .map_err(|error| mistake(&format!("`{}` is no path: {error}", self.path)))?;
        let mut request = Request::new(Full::new(self.body.clone()));
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = uri;
        let headers = request.headers_mut();
        headers.reserve(self.headers.len() + 2);
        headers.insert(HOST, host.header.clone());
        if let Some(trace) = trace {
            let value = HeaderValue::try_from(traceparent(trace));
            headers.insert(TRACEPARENT, value.expect("hexadecimal digits and dashes"));
        }
        for (name, value) in &self.headers {
            headers.append(name, value.clone());
        }
        Ok(request)
    }

    async fn exchange(
        &self,
        request: Request<Full<Bytes>>,
        host: &Host,
        seat: &Seat,
    ) -> Result<Answer, String> {
        let place = &seat.state().connection;
        let mut kept = place.lock().unwrap_or_else(PoisonError::into_inner).take();
        let open = match &mut kept {
            Some(connection) => connection.is_open().await,
            None => false,
        };
        let mut connection = match kept {
            Some(connection) if open => connection,
            _ => Connection::open(&host.authority).await?,
        };
        let response = match connection.send(request).await? {
            Ok(response) => response,
            Err(unsent) => {
                connection = Connection::open(&host.authority).await?;
                let again = connection.send(*unsent).await?;
                again.map_err(|_| "connection closed before the request was sent".to_owned())?
            }
        };
        let answer = connection.read(response, self.whole).await?;
        if self.whole {
            *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(connection);
        }
        Ok(answer)
    }

    fn reply(&self, answer: Result<Answer, String>) -> Reply {
        match answer {
            Ok((status, pieces)) => {
                let fine = match self.expected {
                    Some(expected) => status == expected,
                    None => (200..300).contains(&status),
                };
                Reply {
                    status: Some(status),
                    error: (!fine).then(|| status_line(status)),
                    pieces,
                    body: OnceLock::new(),
                }
            }
            Err(error) => Reply {
                status: None,
                error: Some(error),
                pieces: Vec::new(),
                body: OnceLock::new(),
            },
        }
    }
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Reply {
    status: Option<u16>,
    pieces: Vec<Bytes>,
    /// The pieces put together, once somebody looks.
    body: OnceLock<Bytes>,
    error: Option<String>,
}

impl Reply {
    /// The status; `None` when no answer arrived.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.status
    }

    /// The body read; empty when no answer arrived.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        self.body.get_or_init(|| match self.pieces.as_slice() {
            [] => Bytes::new(),
            [piece] => piece.clone(),
            pieces => pieces.concat().into(),
        })
    }

    /// Bytes of the body.
    fn length(&self) -> u64 {
        self.pieces.iter().map(|piece| piece.len() as u64).sum()
    }

    /// Why the request counts as failed; `None` when it does not.
    #[must_use]
    pub fn error(&self) -> Option<&str> {
        self.error.as_deref()
    }

    /// Whether the request counts as a success.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.error.is_none()
    }
}

/// When an open loop wanted this request to start, if it is the first of its
/// transaction.
fn due(user: &User) -> Option<Duration> {
    // A request of Goose's client came first, and is recorded afterwards.
    if user.requests.1.is_empty() {
        user.take_due()
    } else {
        None
    }
}

fn status_line(status: u16) -> String {
    let known = hyper::StatusCode::from_u16(status).ok();
    let reason = known.and_then(|status| status.canonical_reason());
    match reason {
        Some(reason) => format!("{status} {reason}"),
        None => status.to_string(),
    }
}

fn mistake(message: &str) -> Box<TransactionError> {
    Box::new(TransactionError::Custom(message.to_owned()))
}
