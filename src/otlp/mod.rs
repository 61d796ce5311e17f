//! A collector of OpenTelemetry traces in the test: OTLP over gRPC on a port of
//! 127.0.0.1, for services that export spans.
//!
//! [`otlp()`] starts a real gRPC server, so that the service under test exports as
//! it would to any collector, from this process or another one. What arrives is
//! asked for as a [`Span`] at a time, by name, kind, attributes and place in the
//! tree, or as a whole [`Trace`]:
//!
//! ```
//! use shakedown::fixtures::otlp;
//! use shakedown::otlp::Kind;
//! use std::time::Duration;
//! # use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
//! # use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
//! # use opentelemetry_proto::tonic::trace::v1 as wire;
//! # fn span(id: u8, parent: &[u8], name: &str, kind: i32) -> wire::Span {
//! #     wire::Span { trace_id: vec![7; 16], span_id: vec![id; 8], parent_span_id: parent.to_vec(),
//! #         name: name.into(), kind, start_time_unix_nano: id.into(), ..Default::default() }
//! # }
//! # fn work(endpoint: &str) {
//! #     let spans = vec![span(1, &[], "GET /users/{id}", 2), span(2, &[1; 8], "SELECT users", 3)];
//! #     let scope = wire::ScopeSpans { spans, ..Default::default() };
//! #     let resource = wire::ResourceSpans { scope_spans: vec![scope], ..Default::default() };
//! #     let request = ExportTraceServiceRequest { resource_spans: vec![resource] };
//! #     let endpoint = endpoint.to_owned();
//! #     tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! #         let mut client = TraceServiceClient::connect(endpoint).await.unwrap();
//! #         client.export(request).await.unwrap();
//! #     });
//! # }
//!
//! let otlp = otlp();
//! work(otlp.endpoint()); // starts the service, and asks it for something
//!
//! let limit = Duration::from_secs(5);
//! let request = otlp.find().name("GET /users/{id}").kind(Kind::Server).assert_seen_within(limit);
//! otlp.find().name("SELECT users").child_of(&request).assert_seen();
//! assert_eq!(otlp.trace(&request).outline(), "GET /users/{id}\n  SELECT users");
//! ```
//!
//! A failed assertion shows the trees that did arrive. To see what a service does
//! with a collector that does not answer, or refuses, see [`Behaviour`].

mod query;
mod receiver;
mod span;
mod tree;

pub use query::SpanQuery;
pub use receiver::{Behaviour, Otlp, OtlpBuilder, otlp};
pub use span::{Kind, Link, Span};
pub use tree::Trace;
