//! The layer and the service.

use std::fmt;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use super::engine::Engine;
use super::settings::{SettingError, Settings};
use super::{ProfiledFuture, future};

/// A layer that writes a flame graph for each profiled request.
///
/// Off means not mounted: then it costs nothing. Mounted, a request that is not
/// chosen costs an addition to a counter that all threads share and a few
/// multiplications; a chosen one is looked at [`hertz`](Self::hertz) times a second
/// and leaves a page, named by its time, method, path, duration and status. At most
/// 64 requests are looked at at once and at most 20 pages written a second, after a
/// burst; what was left out is counted, and told on the next page and at the end.
///
/// Not for production: it interrupts the threads that serve, and writes a file a
/// request.
///
/// ```
/// use shakedown_lens::RequestProfiler;
/// use std::time::Duration;
///
/// # #[derive(Clone)] struct Service;
/// # let service = Service;
/// let profiler = RequestProfiler::new("profiles")
///     .rate(0.01)?
///     .slow_only(Duration::from_millis(200))
///     .keep(50.try_into()?);
/// // axum: `router.layer(profiler)`; tower: `ServiceBuilder::new().layer(profiler)`
/// let service = tower_layer::Layer::layer(&profiler, service);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a profiler that is not mounted as a layer sees nothing"]
pub struct RequestProfiler {
    settings: Settings,
    engine: Arc<Engine>,
}

impl RequestProfiler {
    /// Profiles every request, 997 looks a second, into `directory`, which is
    /// made when the first page is written; at most 200 pages are kept.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self::with(Settings::new(directory.into()))
    }

    fn with(settings: Settings) -> Self {
        let engine = Arc::new(Engine::new(settings.clone()));
        Self { settings, engine }
    }

    /// Looks a second, 1 to 5000.
    ///
    /// # Errors
    ///
    /// [`SettingError::Hertz`] for anything else.
    pub fn hertz(mut self, hertz: u32) -> Result<Self, SettingError> {
        if !(1..=5_000).contains(&hertz) {
            return Err(SettingError::Hertz(hertz));
        }
        self.settings.hertz = hertz;
        Ok(Self::with(self.settings))
    }

    /// The share of requests that are profiled, 0 to 1; which ones is random.
    ///
    /// # Errors
    ///
    /// [`SettingError::Rate`] for anything else.
    pub fn rate(mut self, share: f64) -> Result<Self, SettingError> {
        if !(0.0..=1.0).contains(&share) {
            return Err(SettingError::Rate(share));
        }
        self.settings.rate = share;
        Ok(Self::with(self.settings))
    }

    /// Writes pages only for requests that took `least` or longer. They are
    /// looked at all the same: nobody knows in advance.
    pub fn slow_only(mut self, least: Duration) -> Self {
        self.settings.slow = least;
        Self::with(self.settings)
    }

    /// How many pages are kept in the directory, those of earlier processes
    /// included. Beyond, the oldest is removed; a file that is not named as pages
    /// are is never touched.
    pub fn keep(mut self, most: NonZeroUsize) -> Self {
        self.settings.keep = most.get();
        Self::with(self.settings)
    }

    /// Hands warnings to `warn` instead of writing them to standard error. Each
    /// kind of trouble is told once.
    pub fn warn_with(mut self, warn: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.settings.warn = Arc::new(warn);
        Self::with(self.settings)
    }

    /// Ends the profiler's threads, after the pages of finished requests are
    /// written, a second at most. Requests from now on are not profiled. Also
    /// happens when the last clone of the layer and of its services is dropped.
    pub fn shutdown(&self) {
        self.engine.shutdown();
    }
}

impl<S> Layer<S> for RequestProfiler {
    type Service = Profiled<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Profiled {
            inner,
            engine: Arc::clone(&self.engine),
        }
    }
}

/// A service whose requests are profiled.
#[derive(Clone)]
pub struct Profiled<S> {
    inner: S,
    engine: Arc<Engine>,
}

impl<S: fmt::Debug> fmt::Debug for Profiled<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Profiled")
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}

impl<S, B, R> Service<Request<B>> for Profiled<S>
where
    S: Service<Request<B>, Response = Response<R>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ProfiledFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        match self.engine.enter(&request) {
            None => future::unprofiled(self.inner.call(request)),
            Some(entry) => {
                let inner = entry.request.polled(|| self.inner.call(request));
                future::profiled(inner, entry)
            }
        }
    }
}
