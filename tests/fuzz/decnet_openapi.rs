//! Thousands of requests made up from the OpenAPI document that decnet serves.
//!
//! What the document allows succeeds; what has one thing wrong is refused
//! with JSON that names a field; nothing is a server error. `FUZZ_REQUESTS`
//! sets how many (10,000), `FUZZ_SEED` which (a failure shows its own).

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use futures_util::StreamExt;

use crate::in_process::{Answer, Service};
use crate::openapi_operations::{Flaw, Operation, operations};
use crate::openapi_requests::{Dice, Schemas};

/// Sends a request; of an endless answer only the first chunk is read.
async fn send(service: &Service, request: Request<Body>) -> Answer {
    let response = service.open(request).await;
    let (parts, body) = response.into_parts();
    let mut body = body.into_data_stream();
    let endless = parts
        .headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind == "text/event-stream");
    let mut bytes = Vec::new();
    while let Some(chunk) = body.next().await {
        bytes.extend_from_slice(&chunk.expect("a whole chunk"));
        if endless {
            break;
        }
    }
    Answer {
        status: parts.status,
        headers: parts.headers,
        body: bytes,
    }
}

fn check(operation: &Operation, flaw: Flaw, answer: &Answer, shown: &str) {
    let status = answer.status;
    if flaw == Flaw::Nothing {
        assert!(
            status.is_success(),
            "{status} for a valid request {shown}: {answer:?}"
        );
        assert!(
            operation.responses.contains(&status.as_str().to_owned()),
            "{status}: {shown}"
        );
        return;
    }
    assert!(
        status.is_client_error(),
        "{status} for {flaw:?} {shown}: {answer:?}"
    );
    assert!(!answer.field().is_empty());
    let expected: &[u16] = match flaw {
        Flaw::NoToken | Flaw::BadToken => &[401],
        Flaw::WrongMethod => &[405],
        Flaw::WrongPath => &[404],
        Flaw::WrongType => &[415],
        Flaw::BrokenBody => &[400],
        Flaw::BadMember => &[400, 422],
        _ => &[422],
    };
    assert!(
        expected.contains(&status.as_u16()),
        "{status} for {flaw:?} {shown}: {answer:?}"
    );
}

/// A number from the environment.
fn setting(name: &str, default: u64) -> u64 {
    match std::env::var(name) {
        Ok(text) => text
            .parse()
            .unwrap_or_else(|_| panic!("`{name}` is `{text}`: not a number")),
        Err(_) => default,
    }
}

#[tokio::test]
async fn no_request_made_up_from_the_document_is_a_server_error() {
    let service = Service::start(|_| {}).await;
    let document = service.get("/api/v1/openapi.json").await.json();
    let operations = operations(&document);
    assert_eq!(operations.len(), 15);
    let schemas = Schemas::new(document);
    let requests = setting("FUZZ_REQUESTS", 10_000).max(operations.len() as u64 * 4);
    let seed = setting("FUZZ_SEED", 1);
    let mut dice = Dice::new(seed);
    let mut outcomes = BTreeMap::<String, [u64; 2]>::new();
    for number in 0..requests {
        // In turn, so that each operation is met however few requests there are.
        let operation = &operations[usize::try_from(number).expect("few") % operations.len()];
        let round = number / operations.len() as u64;
        let flaw = match round % 2 {
            0 => Flaw::Nothing,
            _ => *dice.choose(&operation.flaws()),
        };
        let (request, shown) = operation.request(&mut dice, &schemas, flaw, &service);
        let shown = format!("request {number} of seed {seed}: {shown}");
        let answer = send(&service, request).await;
        check(operation, flaw, &answer, &shown);
        let key = format!("{} {}", operation.method, operation.path);
        outcomes.entry(key).or_default()[usize::from(answer.status >= StatusCode::BAD_REQUEST)] +=
            1;
    }
    assert_eq!(outcomes.len(), operations.len());
    for (operation, [successes, refusals]) in &outcomes {
        assert!(
            *successes > 0 && *refusals > 0,
            "{operation}: {successes} {refusals}"
        );
    }
    service.app.close().await;
}
