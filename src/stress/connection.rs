//! One keep-alive HTTP/1.1 connection of one user.
//!
//! hyper splits a connection into a half that sends requests and a driver that
//! moves bytes, which most programs spawn. Here the driver is polled by whoever
//! waits for an answer, in the same task: two tasks would wake each other twice
//! for every request, a tenth of what the generator spends on one. Between two
//! requests nobody drives; a server that closes meanwhile is noticed when the
//! next request is about to be sent.

use std::error::Error;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest, handshake};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// A connection that is open, as far as is known.
pub(super) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    driver: Driver,
}

/// What moves the bytes; none once the connection has ended.
struct Driver(Option<http1::Connection<TokioIo<TcpStream>, Full<Bytes>>>);

/// Status and body of an answer, the body in the pieces it came in.
pub(super) type Answer = (u16, Vec<Bytes>);

impl Driver {
    fn poll(&mut self, context: &mut Context<'_>) {
        if let Some(connection) = &mut self.0
            && Pin::new(connection).poll(context).is_ready()
        {
            // Whatever ended it, the half that sends says it too.
            self.0 = None;
        }
    }

    /// Waits for `future`, and moves bytes meanwhile.
    async fn drive<F: Future>(&mut self, future: F) -> F::Output {
        let mut future = pin!(future);
        poll_fn(|context| {
            // What is to be sent is handed over by the future, what has arrived by the driver.
            if let Poll::Ready(output) = future.as_mut().poll(context) {
                return Poll::Ready(output);
            }
            self.poll(context);
            future.as_mut().poll(context)
        })
        .await
    }
}

impl Connection {
    /// Connects to `authority`, `host:port`.
    pub(super) async fn open(authority: &str) -> Result<Self, String> {
        let stream = TcpStream::connect(authority).await.map_err(explain)?;
        stream.set_nodelay(true).map_err(explain)?;
        let (sender, driver) = handshake(TokioIo::new(stream)).await.map_err(explain)?;
        Ok(Self {
            sender,
            driver: Driver(Some(driver)),
        })
    }

    /// Waits until the connection can take a request; false when the server
    /// closed it meanwhile, which a keep-alive connection has to expect.
    pub(super) async fn is_open(&mut self) -> bool {
        let Self { sender, driver } = self;
        // A close that has arrived is read first.
        poll_fn(|context| {
            driver.poll(context);
            Poll::Ready(())
        })
        .await;
        driver.drive(sender.ready()).await.is_ok()
    }

    /// Sends a request. The inner `Err` returns it unsent, because the server
    /// closed the connection before anything was written.
    pub(super) async fn send(
        &mut self,
        request: Request<Full<Bytes>>,
    ) -> Result<Result<Response<Incoming>, Box<Request<Full<Bytes>>>>, String> {
        let Self { sender, driver } = self;
        match driver.drive(sender.try_send_request(request)).await {
            Ok(response) => Ok(Ok(response)),
            Err(mut refused) => match refused.take_message() {
                Some(unsent) => Ok(Err(Box::new(unsent))),
                None => Err(explain(refused.into_error())),
            },
        }
    }

    /// Reads a whole body, or only its first piece.
    pub(super) async fn read(
        &mut self,
        response: Response<Incoming>,
        whole: bool,
    ) -> Result<Answer, String> {
        self.driver.drive(read(response, whole)).await
    }
}

/// Reads a whole body, or only its first piece. Pieces are not put together: most
/// scenarios never look at them.
async fn read(response: Response<Incoming>, whole: bool) -> Result<Answer, String> {
    let status = response.status().as_u16();
    let mut body = response.into_body();
    let mut pieces = Vec::new();
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame.map_err(explain)?.into_data()
            && !data.is_empty()
        {
            pieces.push(data);
            if !whole {
                break;
            }
        }
    }
    Ok((status, pieces))
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
