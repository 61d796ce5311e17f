//! A span as tests look at it.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::time::Duration;

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, Span as WireSpan, span};

/// A span that was received.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Span {
    /// The trace it belongs to, 32 hexadecimal digits.
    pub trace_id: String,
    /// Its id, 16 hexadecimal digits.
    pub span_id: String,
    /// The id of the span above; none for a root.
    pub parent_id: Option<String>,
    /// `service.name` of whoever sent it; empty where it has none.
    pub service: String,
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: Kind,
    /// When it started, in nanoseconds since 1970.
    pub started: u64,
    /// How long it took.
    pub took: Duration,
    /// Its attributes; values as they are written, text without quotes.
    pub attributes: BTreeMap<String, String>,
    /// The spans it links to.
    pub links: Vec<Link>,
    /// Links that its sender left out.
    pub dropped_links: u32,
    /// Whether its status is that of an error.
    pub is_error: bool,
}

/// A span that another one links to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Link {
    /// Its trace.
    pub trace_id: String,
    /// Its id.
    pub span_id: String,
}

/// What kind of work a span is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// None was given.
    Unspecified,
    /// Inside of a process.
    Internal,
    /// Answers a request.
    Server,
    /// Makes a request.
    Client,
    /// Sends a message.
    Producer,
    /// Handles a message.
    Consumer,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unspecified => "unspecified",
            Self::Internal => "internal",
            Self::Server => "server",
            Self::Client => "client",
            Self::Producer => "producer",
            Self::Consumer => "consumer",
        })
    }
}

impl From<SpanKind> for Kind {
    fn from(kind: SpanKind) -> Self {
        match kind {
            SpanKind::Unspecified => Self::Unspecified,
            SpanKind::Internal => Self::Internal,
            SpanKind::Server => Self::Server,
            SpanKind::Client => Self::Client,
            SpanKind::Producer => Self::Producer,
            SpanKind::Consumer => Self::Consumer,
        }
    }
}

impl Span {
    /// The value of the attribute `name`.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }

    /// Whether it links to `other`.
    #[must_use]
    pub fn links_to(&self, other: &Span) -> bool {
        let is_other =
            |link: &Link| (&link.trace_id, &link.span_id) == (&other.trace_id, &other.span_id);
        self.links.iter().any(is_other)
    }

    /// The spans of one sender.
    pub(super) fn all_of(sender: ResourceSpans) -> impl Iterator<Item = Self> {
        let attributes = sender.resource.map(|resource| resource.attributes);
        let attributes = named(attributes.unwrap_or_default());
        let service = attributes.get("service.name").cloned().unwrap_or_default();
        let scopes = sender.scope_spans.into_iter();
        scopes
            .flat_map(|scope| scope.spans)
            .map(move |span| Self::of(span, &service))
    }

    fn of(span: WireSpan, service: &str) -> Self {
        let kind = span.kind();
        let took = span
            .end_time_unix_nano
            .saturating_sub(span.start_time_unix_nano);
        let parent = Some(span.parent_span_id).filter(|id| !id.is_empty());
        let failed = |status| status == StatusCode::Error;
        Self {
            trace_id: hex(&span.trace_id),
            span_id: hex(&span.span_id),
            parent_id: parent.map(|id| hex(&id)),
            service: service.to_owned(),
            name: span.name,
            kind: kind.into(),
            started: span.start_time_unix_nano,
            took: Duration::from_nanos(took),
            attributes: named(span.attributes),
            links: span.links.iter().map(Link::of).collect(),
            dropped_links: span.dropped_links_count,
            is_error: span.status.is_some_and(|status| failed(status.code())),
        }
    }
}

impl Link {
    fn of(link: &span::Link) -> Self {
        Self {
            trace_id: hex(&link.trace_id),
            span_id: hex(&link.span_id),
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let milliseconds = self.took.as_secs_f64() * 1_000.0;
        write!(f, "{} ({}", self.name, self.kind)?;
        if !self.service.is_empty() {
            write!(f, " of {}", self.service)?;
        }
        write!(f, ") {milliseconds:.3} ms")?;
        if self.is_error {
            f.write_str(" ERROR")?;
        }
        for (name, value) in &self.attributes {
            write!(f, " {name}={value}")?;
        }
        if !self.links.is_empty() {
            let ids: Vec<_> = self.links.iter().map(|link| &*link.span_id).collect();
            write!(f, " -> {}", ids.join(", "))?;
        }
        if self.dropped_links > 0 {
            write!(f, " (and {} links left out)", self.dropped_links)?;
        }
        write!(f, " [{}]", self.span_id)
    }
}

fn named(attributes: Vec<KeyValue>) -> BTreeMap<String, String> {
    let attributes = attributes.into_iter();
    attributes
        .map(|attribute| {
            let value = attribute.value.as_ref();
            (attribute.key, value.map(text).unwrap_or_default())
        })
        .collect()
}

fn text(value: &AnyValue) -> String {
    match &value.value {
        None => String::new(),
        Some(Value::StringValue(text)) => text.clone(),
        Some(Value::BoolValue(value)) => value.to_string(),
        Some(Value::IntValue(value)) => value.to_string(),
        Some(Value::DoubleValue(value)) => value.to_string(),
        Some(Value::BytesValue(bytes)) => hex(bytes),
        Some(Value::ArrayValue(array)) => {
            let items: Vec<_> = array.values.iter().map(text).collect();
            format!("[{}]", items.join(", "))
        }
        Some(other) => format!("{other:?}"),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
