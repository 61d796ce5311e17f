//! Async start functions: a single-threaded tokio runtime that the host keeps
//! running until the resource goes.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use super::Host;

impl Host {
    /// Runs an async start function. What it spawns goes on running afterwards.
    #[doc(hidden)]
    pub fn drive<T>(
        &mut self,
        start: impl AsyncFnOnce(&mut Self) -> crate::Result<T>,
    ) -> crate::Result<T> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let outcome = runtime.block_on(start(self));
        self.runtime = Some(runtime);
        outcome
    }

    /// Runs `wait`, which blocks until the end, and the runtime meanwhile.
    pub(super) fn serve_until<E: Send + 'static>(
        &mut self,
        wait: impl FnOnce() -> E + Send + 'static,
    ) -> E {
        match &self.runtime {
            None => wait(),
            Some(runtime) => {
                let end = End::default();
                let told = end.clone();
                std::thread::spawn(move || told.tell(wait()));
                runtime.block_on(end)
            }
        }
    }
}

/// A value that another thread will hand over.
struct End<E>(Arc<Mutex<(Option<E>, Option<Waker>)>>);

impl<E> Default for End<E> {
    fn default() -> Self {
        Self(Arc::new(Mutex::new((None, None))))
    }
}

impl<E> Clone for End<E> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<E> End<E> {
    fn tell(&self, value: E) {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.0 = Some(value);
        if let Some(waker) = inner.1.take() {
            waker.wake();
        }
    }
}

impl<E> Future for End<E> {
    type Output = E;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<E> {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(value) = inner.0.take() {
            return Poll::Ready(value);
        }
        inner.1 = Some(context.waker().clone());
        Poll::Pending
    }
}
