//! The gRPC server, on a thread of its own: it answers while the test blocks.

use std::io::{self, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use tokio::sync::oneshot;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};

use super::{Span, SpanQuery, Trace};
use crate::fixtures::resolve::resolvable;
use crate::fixtures::{FixtureError, Outset};

/// How many spans the evidence of a failed test shows.
const SHOWN: usize = 100;

/// Starts a collector that keeps every span.
///
/// # Panics
///
/// When it cannot be started.
///
/// # Example
///
/// See the [module](crate::otlp).
#[must_use = "the collector stops when this is dropped"]
#[track_caller]
pub fn otlp() -> Otlp {
    match Otlp::builder().start() {
        Ok(otlp) => otlp,
        Err(error) => panic!("{error}"),
    }
}

resolvable!(otlp -> Otlp);

/// A running collector; see [`otlp()`]. When the test fails, the last hundred spans
/// are printed as trees.
#[derive(Debug)]
#[must_use = "the collector stops when this is dropped"]
pub struct Otlp {
    endpoint: String,
    state: Arc<Mutex<State>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    outset: Outset,
}

/// What a collector does with what it is sent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Behaviour {
    /// Takes every span.
    #[default]
    Takes,
    /// Never answers.
    Silent,
    /// Refuses each request as a bad one, with this message.
    Refuses(String),
    /// Takes all but this many spans of each request.
    Rejects(u32),
}

#[derive(Debug)]
struct State {
    behaviour: Behaviour,
    keeps: bool,
    spans: Vec<Span>,
    received: u64,
    requests: u64,
}

/// A collector to be configured.
#[derive(Debug)]
#[must_use = "nothing listens before `start`"]
pub struct OtlpBuilder {
    behaviour: Behaviour,
    keeps: bool,
}

impl OtlpBuilder {
    /// What it does from the start.
    pub fn behaviour(mut self, behaviour: Behaviour) -> Self {
        self.behaviour = behaviour;
        self
    }

    /// Counts spans and keeps none, for load tests: a span is still decoded, by a
    /// thread of this process, which shares the machine with what it measures.
    pub fn counting(mut self) -> Self {
        self.keeps = false;
        self
    }

    /// Starts it on a free port of 127.0.0.1.
    ///
    /// # Errors
    ///
    /// When there is no port or no thread to be had.
    pub fn start(self) -> Result<Otlp, FixtureError> {
        let failed = |source| FixtureError::Collector { source };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(failed)?;
        let state = Arc::new(Mutex::new(State {
            behaviour: self.behaviour,
            keeps: self.keeps,
            spans: Vec::new(),
            received: 0,
            requests: 0,
        }));
        let receiver = Receiver(Arc::clone(&state));
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name("otlp".to_owned())
            .spawn(move || {
                runtime.block_on(serve(listener, receiver, stopped));
                // Requests that are never answered would be waited for otherwise.
                runtime.shutdown_background();
            })
            .map_err(failed)?;
        Ok(Otlp {
            endpoint: format!("http://{}", address),
            state,
            stop: Some(stop),
            thread: Some(thread),
            outset: Outset::now(),
        })
    }
}

/// Answers until `stopped`.
async fn serve(listener: TcpListener, receiver: Receiver, stopped: oneshot::Receiver<()>) {
    let listener = match tokio::net::TcpListener::from_std(listener) {
        Ok(listener) => listener,
        Err(error) => {
            let _ = writeln!(io::stderr(), "otlp: cannot listen: {error}");
            return;
        }
    };
    let serving = Server::builder()
        .add_service(TraceServiceServer::new(receiver))
        .serve_with_incoming(TcpIncoming::from(listener));
    tokio::select! {
        ended = serving => if let Err(error) = ended {
            // Evidence for the test that misses spans.
            let _ = writeln!(io::stderr(), "otlp: {error}");
        },
        _ = stopped => {}
    }
}

impl Otlp {
    /// A collector to be configured.
    pub fn builder() -> OtlpBuilder {
        OtlpBuilder {
            behaviour: Behaviour::default(),
            keeps: true,
        }
    }

    /// `http://127.0.0.1:<port>`, for `OTEL_EXPORTER_OTLP_ENDPOINT` or what the
    /// service calls it.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Does something else from now on, for requests that come from now on.
    pub fn behave(&self, behaviour: Behaviour) {
        self.state().behaviour = behaviour;
    }

    /// How many spans were taken.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.state().received
    }

    /// How many requests came, whatever became of them.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.state().requests
    }

    /// All spans taken, in the order in which they arrived.
    #[must_use]
    pub fn spans(&self) -> Vec<Span> {
        self.state().spans.clone()
    }

    /// Starts a query; without conditions it finds every span.
    pub fn find(&self) -> SpanQuery<'_> {
        SpanQuery::new(self)
    }

    /// The trace that `span` is of, as far as it has arrived.
    #[must_use]
    pub fn trace(&self, span: &Span) -> Trace {
        Trace::new(self.kept(|other| other.trace_id == span.trace_id))
    }

    /// The spans that match.
    pub(super) fn kept(&self, matches: impl Fn(&Span) -> bool) -> Vec<Span> {
        let state = self.state();
        let spans = state.spans.iter();
        spans.filter(|span| matches(span)).cloned().collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        locked(&self.state)
    }
}

impl Drop for Otlp {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has told so itself.
            drop(thread.join());
        }
        let spans = std::mem::take(&mut self.state().spans);
        if self.outset.has_failed() && !spans.is_empty() {
            let shown = spans[spans.len().saturating_sub(SHOWN)..].to_vec();
            // Evidence of a failed test, where libtest prints the panic.
            let _ = writeln!(io::stderr(), "spans received:\n{}", Trace::new(shown));
        }
    }
}

/// The service behind the port.
struct Receiver(Arc<Mutex<State>>);

#[tonic::async_trait]
impl TraceService for Receiver {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let senders = request.into_inner().resource_spans;
        let behaviour = {
            let mut state = locked(&self.0);
            state.requests += 1;
            state.behaviour.clone()
        };
        let rejected = match behaviour {
            Behaviour::Takes => 0,
            Behaviour::Silent => std::future::pending().await,
            Behaviour::Refuses(message) => return Err(Status::invalid_argument(message)),
            Behaviour::Rejects(count) => count as usize,
        };
        let mut state = locked(&self.0);
        let scopes = senders.iter().flat_map(|sender| &sender.scope_spans);
        let sent: usize = scopes.map(|scope| scope.spans.len()).sum();
        let taken = sent.saturating_sub(rejected);
        state.received += taken as u64;
        if state.keeps {
            let spans = senders.into_iter().flat_map(Span::all_of);
            state.spans.extend(spans.take(taken));
        }
        let partial_success = (taken < sent).then(|| ExportTracePartialSuccess {
            rejected_spans: i64::try_from(sent - taken).unwrap_or(i64::MAX),
            error_message: "rejected by the test".to_owned(),
        });
        Ok(Response::new(ExportTraceServiceResponse {
            partial_success,
        }))
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
