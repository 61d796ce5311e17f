//! The future of a profiled request.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::Response;
use pin_project_lite::pin_project;

use super::in_flight::{Entry, Outcome};
use super::waker;

pin_project! {
    /// The answer of a [`Profiled`](super::Profiled) service.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct ProfiledFuture<F> {
        #[pin]
        inner: F,
        entry: Option<Entry>,
    }
}

pub(super) fn unprofiled<F>(inner: F) -> ProfiledFuture<F> {
    ProfiledFuture { inner, entry: None }
}

pub(super) fn profiled<F>(inner: F, entry: Entry) -> ProfiledFuture<F> {
    ProfiledFuture {
        inner,
        entry: Some(entry),
    }
}

impl<F, R, E> Future for ProfiledFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Some(entry) = this.entry else {
            return this.inner.poll(cx);
        };
        let waker = waker::listening(cx.waker().clone(), &entry.request);
        let mut listening = Context::from_waker(&waker);
        let polled = entry.request.polled(|| this.inner.poll(&mut listening));
        if let Poll::Ready(answer) = &polled {
            entry.request.finish(match answer {
                Ok(response) => Outcome::Status(response.status().as_u16()),
                Err(_) => Outcome::Error,
            });
            // Its end needs no longer be told by dropping it.
            *this.entry = None;
        }
        polled
    }
}
