//! One keep-alive HTTP/1.1 connection of one user.

use std::error::Error;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// The sending half; a task of its own drives the socket, and ends with it.
pub(super) struct Connection {
    sender: SendRequest<Full<Bytes>>,
}

/// Status and body of an answer.
pub(super) type Answer = (u16, Bytes);

impl Connection {
    /// Connects to `authority`, `host:port`.
    pub(super) async fn open(authority: &str) -> Result<Self, String> {
        let stream = TcpStream::connect(authority).await.map_err(explain)?;
        stream.set_nodelay(true).map_err(explain)?;
        let (sender, driver) = handshake(TokioIo::new(stream)).await.map_err(explain)?;
        tokio::spawn(driver);
        Ok(Self { sender })
    }

    /// Waits until the connection can take a request; false when the server
    /// closed it meanwhile, which a keep-alive connection has to expect.
    pub(super) async fn is_open(&mut self) -> bool {
        self.sender.ready().await.is_ok()
    }

    /// Sends a request. The inner `Err` returns it unsent, because the server
    /// closed the connection before anything was written.
    pub(super) async fn send(
        &mut self,
        request: Request<Full<Bytes>>,
    ) -> Result<Result<Response<Incoming>, Box<Request<Full<Bytes>>>>, String> {
        match self.sender.try_send_request(request).await {
            Ok(response) => Ok(Ok(response)),
            Err(mut refused) => match refused.take_message() {
                Some(unsent) => Ok(Err(Box::new(unsent))),
                None => Err(explain(refused.into_error())),
            },
        }
    }
}

/// Reads a whole body, or only its first piece.
pub(super) async fn read(response: Response<Incoming>, whole: bool) -> Result<Answer, String> {
    let status = response.status().as_u16();
    let mut body = response.into_body();
    if whole {
        let all = body.collect().await.map_err(explain)?;
        return Ok((status, all.to_bytes()));
    }
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame.map_err(explain)?.into_data()
            && !data.is_empty()
        {
            return Ok((status, data));
        }
    }
    Ok((status, Bytes::new()))
}

/// An error with its causes in a line; the same for equal failures, so that
/// they are counted together.
fn explain(error: impl Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        if !text.ends_with(&next) {
            text.push_str(": ");
            text.push_str(&next);
        }
        cause = error.source();
    }
    text
}
