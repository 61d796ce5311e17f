//! Questions about the spans that were received.

use std::fmt;
use std::time::Duration;

use super::{Kind, Otlp, Span, Trace};
use crate::fixtures::poll::Poll;

/// How many spans a failure shows.
const SHOWN: usize = 100;

/// A question about the spans received; see [`Otlp::find`].
#[derive(Debug, Clone)]
#[must_use = "a query asks nothing by itself: call `assert_seen`, `count` or `spans`"]
pub struct SpanQuery<'a> {
    otlp: &'a Otlp,
    conditions: Vec<Condition>,
}

#[derive(Debug, Clone)]
enum Condition {
    Name(String),
    Kind(Kind),
    Service(String),
    Attribute(String, String),
    Error,
    Root,
    Trace(String),
    ChildOf(Box<Span>),
    LinkedTo(Box<Span>),
}

impl<'a> SpanQuery<'a> {
    pub(super) fn new(otlp: &'a Otlp) -> Self {
        Self {
            otlp,
            conditions: Vec::new(),
        }
    }

    fn and(mut self, condition: Condition) -> Self {
        self.conditions.push(condition);
        self
    }

    /// Of exactly this name.
    pub fn name(self, name: impl Into<String>) -> Self {
        self.and(Condition::Name(name.into()))
    }

    /// Of this kind.
    pub fn kind(self, kind: Kind) -> Self {
        self.and(Condition::Kind(kind))
    }

    /// Sent by the service of this `service.name`.
    pub fn service(self, service: impl Into<String>) -> Self {
        self.and(Condition::Service(service.into()))
    }

    /// With this attribute, and this value as it is written: `201`, `GET`.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "a status is written `201`, not `&201`"
    )]
    pub fn attribute(self, name: impl Into<String>, value: impl ToString) -> Self {
        self.and(Condition::Attribute(name.into(), value.to_string()))
    }

    /// With the status of an error.
    pub fn is_error(self) -> Self {
        self.and(Condition::Error)
    }

    /// Without a span above it.
    pub fn is_root(self) -> Self {
        self.and(Condition::Root)
    }

    /// In the trace of this id.
    pub fn in_trace(self, trace_id: impl Into<String>) -> Self {
        self.and(Condition::Trace(trace_id.into()))
    }

    /// Directly below `parent`.
    pub fn child_of(self, parent: &Span) -> Self {
        self.and(Condition::ChildOf(Box::new(parent.clone())))
    }

    /// With a link to `other`.
    pub fn linked_to(self, other: &Span) -> Self {
        self.and(Condition::LinkedTo(Box::new(other.clone())))
    }

    /// The spans that match, in the order in which they arrived.
    #[must_use]
    pub fn spans(&self) -> Vec<Span> {
        self.otlp.kept(|span| self.matches(span))
    }

    /// How many spans match.
    #[must_use]
    pub fn count(&self) -> usize {
        self.spans().len()
    }

    /// The first span that matches.
    ///
    /// # Panics
    ///
    /// When none does, with the trees that were received instead.
    #[track_caller]
    pub fn assert_seen(&self) -> Span {
        match self.spans().into_iter().next() {
            Some(span) => span,
            None => panic!("{}", self.missing()),
        }
    }

    /// The first span that matches, waiting for it up to `limit`.
    ///
    /// It blocks; where the service under test runs in the test's own runtime, use
    /// [`seen_within`](Self::seen_within).
    ///
    /// # Panics
    ///
    /// When none comes, with the trees that were received instead.
    #[track_caller]
    pub fn assert_seen_within(&self, limit: Duration) -> Span {
        let found = Poll::new()
            .within(limit)
            .try_until(|| self.spans().into_iter().next());
        found.unwrap_or_else(|_| self.assert_seen())
    }

    /// As [`assert_seen_within`](Self::assert_seen_within), without blocking.
    ///
    /// # Errors
    ///
    /// When none comes, with the trees that were received instead.
    pub async fn seen_within(&self, limit: Duration) -> crate::Result<Span> {
        let found = Poll::new()
            .within(limit)
            .try_until_async(async || self.spans().into_iter().next());
        let found = found.await;
        found.map_err(|_| crate::Failure::new(self.missing()))
    }

    /// Makes sure that no span matches.
    ///
    /// # Panics
    ///
    /// When one does, with all that do.
    #[track_caller]
    pub fn assert_unseen(&self) {
        let found = self.spans();
        assert!(
            found.is_empty(),
            "unexpected span {self}:\n{}",
            Trace::new(found)
        );
    }

    fn missing(&self) -> String {
        let spans = self.otlp.spans();
        let (received, kept) = (self.otlp.received(), spans.len());
        let mut text = format!("no span {self}; {received} received");
        if received > 0 && kept == 0 {
            text.push_str(", counted and not kept");
        }
        let start = kept.saturating_sub(SHOWN);
        if start > 0 {
            text.push_str(&format!(", the last {SHOWN}"));
        }
        if kept > 0 {
            text.push_str(&format!(":\n{}", Trace::new(spans[start..].to_vec())));
        }
        text
    }

    fn matches(&self, span: &Span) -> bool {
        self.conditions.iter().all(|condition| match condition {
            Condition::Name(name) => span.name == *name,
            Condition::Kind(kind) => span.kind == *kind,
            Condition::Service(service) => span.service == *service,
            Condition::Attribute(name, value) => span.attribute(name) == Some(value),
            Condition::Error => span.is_error,
            Condition::Root => span.parent_id.is_none(),
            Condition::Trace(id) => span.trace_id == *id,
            Condition::ChildOf(parent) => {
                span.trace_id == parent.trace_id && span.parent_id.as_ref() == Some(&parent.span_id)
            }
            Condition::LinkedTo(other) => span.links_to(other),
        })
    }
}

impl fmt::Display for SpanQuery<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let conditions = self.conditions.iter().map(|condition| match condition {
            Condition::Name(name) => format!("called `{name}`"),
            Condition::Kind(kind) => format!("of kind {kind}"),
            Condition::Service(service) => format!("of the service `{service}`"),
            Condition::Attribute(name, value) => format!("with {name}={value}"),
            Condition::Error => "with an error".to_owned(),
            Condition::Root => "without a parent".to_owned(),
            Condition::Trace(id) => format!("in trace {id}"),
            Condition::ChildOf(parent) => format!("below {} [{}]", parent.name, parent.span_id),
            Condition::LinkedTo(other) => {
                format!("with a link to {} [{}]", other.name, other.span_id)
            }
        });
        let conditions: Vec<_> = conditions.collect();
        match conditions.is_empty() {
            true => f.write_str("at all"),
            false => f.write_str(&conditions.join(", ")),
        }
    }
}
