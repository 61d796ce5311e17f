//! Requests that are wrong in any way get JSON that names what to mend.

use axum::body::Body;
use axum::http::{Method, StatusCode};
use serde_json::json;

use crate::in_process::Service;

#[tokio::test]
async fn a_bad_parameter_is_422_and_named() {
    let service = Service::start(|_| {}).await;
    let search = "x".repeat(513);
    for (path, field) in [
        ("logs?limit=0", "limit"),
        ("logs?limit=1001", "limit"),
        ("logs?limit=ten", "limit"),
        ("logs?limit=", "limit"),
        ("logs?limit=-1", "limit"),
        ("logs?limit=1&limit=2", "limit"),
        ("logs?limit=99999999999999999999999", "limit"),
        ("logs?offset=2147483648", "offset"),
        ("logs?offset=1e3", "offset"),
        (&format!("logs?search={search}"), "search"),
        ("logs?search=%00", "search"),
        ("logs?search=%ff", "search"),
        ("logs?search=%ed%a0%80", "search"),
        ("logs?search=%", "search"),
        ("logs?search=a%0Ab", "search"),
        ("logs?start_time=yesterday", "start_time"),
        ("logs?end_time=12", "end_time"),
        (
            "logs?start_time=2026-01-02T00:00:00Z&end_time=2026-01-01T00:00:00Z",
            "start_time",
        ),
        ("logs?colour=red", "colour"),
        ("logs?%ff=1", "query"),
        ("logs?=1", "query"),
        ("logs/histogram?interval_minutes=0", "interval_minutes"),
        (
            "logs/histogram?interval_minutes=2147483648",
            "interval_minutes",
        ),
        ("logs/histogram?limit=1", "limit"),
        ("attackers?sort_by=name", "sort_by"),
        ("attackers?sort_by=", "sort_by"),
        (&format!("attackers?service={search}"), "service"),
        ("bounty?bounty_type=%0A", "bounty_type"),
        ("stats?x=1", "x"),
        ("deckies?x=1", "x"),
        ("config?x", "x"),
        ("health?x=", "x"),
        ("stream?maxOutput=0", "maxOutput"),
        ("stream?lastEventId=x", "lastEventId"),
        ("stream?interval_minutes=0", "interval_minutes"),
    ] {
        let answer = service.get(&format!("/api/v1/{path}")).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
        assert_eq!(answer.field(), field, "{path}");
        assert!(
            answer.json()["error"].as_str().unwrap().contains(field),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_query_where_none_is_taken_is_refused() {
    let service = Service::start(|_| {}).await;
    let answer = service.post("/api/v1/logs?limit=1", &json!([])).await;
    assert_eq!(
        (answer.status.as_u16(), answer.field().as_str()),
        (422, "query")
    );
}

#[tokio::test]
async fn values_at_the_ends_of_their_ranges_are_taken() {
    let service = Service::start(|_| {}).await;
    let search = "é".repeat(512);
    let escaped: String = search.bytes().map(|byte| format!("%{byte:02x}")).collect();
    for path in [
        "logs?limit=1&offset=2147483647",
        "logs?limit=1000&offset=0",
        &format!("logs?search={escaped}"),
        "logs?&&limit=1&",
        "logs?start_time=-009999-01-02T01:59:59Z&end_time=9999-12-30T22:00:00Z",
        "logs/histogram?interval_minutes=1",
        "logs/histogram?interval_minutes=2147483647",
        "attackers?limit=1000&sort_by=traversals",
        "bounty?limit=1000",
    ] {
        assert_eq!(
            service.get(&format!("/api/v1/{path}")).await.status,
            StatusCode::OK,
            "{path}"
        );
    }
}

#[tokio::test]
async fn an_unknown_path_is_404_and_an_unknown_method_405() {
    let service = Service::start(|_| {}).await;
    for path in [
        "/",
        "/api",
        "/api/v1",
        "/api/v1/nothing",
        "/api/v2/logs",
        "/api/v1/logs/",
    ] {
        let answer = service.get(path).await;
        assert_eq!(
            (answer.status.as_u16(), answer.field().as_str()),
            (404, "path"),
            "{path}"
        );
    }
    for (method, path, allowed) in [
        (Method::DELETE, "/api/v1/logs", "GET,HEAD,POST"),
        (Method::POST, "/api/v1/stats", "GET,HEAD"),
        (Method::GET, "/api/v1/auth/login", "POST"),
        (Method::PUT, "/healthz", "GET,HEAD"),
    ] {
        let answer = service
            .send(service.request(method.clone(), path, Body::empty()))
            .await;
        assert_eq!(
            (answer.status.as_u16(), answer.field().as_str()),
            (405, "method"),
            "{path}"
        );
        assert_eq!(answer.headers["allow"], allowed, "{method} {path}");
    }
}

#[tokio::test]
async fn a_login_that_cannot_be_read_names_what_to_mend() {
    let service = Service::start(|_| {}).await;
    let path = "/api/v1/auth/login";
    let large = format!("{{\"username\":\"{}\"}}", "x".repeat(20_000));
    for (body, status, field) in [
        ("", 400, "body"),
        ("{", 400, "body"),
        ("{\"username\":\"\\ud800\"}", 400, "body"),
        ("[]", 422, "body"),
        ("{}", 422, "username"),
        ("{\"username\":1,\"password\":\"x\"}", 422, "username"),
        ("{\"username\":\"admin\"}", 422, "password"),
        (
            "{\"username\":\"admin\",\"password\":null}",
            422,
            "password",
        ),
        (
            "{\"username\":\"admin\",\"password\":\"x\",\"otp\":1}",
            422,
            "otp",
        ),
        (&large, 413, "body"),
    ] {
        let request = service.request(Method::POST, path, Body::from(body.to_owned()));
        let answer = service.send(request).await;
        assert_eq!(
            (answer.status.as_u16(), answer.field().as_str()),
            (status, field),
            "{body}"
        );
    }
    for kind in ["text/plain", "application/x-ndjson"] {
        let mut request = service.request(Method::POST, path, Body::from("{}"));
        request
            .headers_mut()
            .insert("content-type", kind.parse().unwrap());
        let answer = service.send(request).await;
        assert_eq!(
            (answer.status.as_u16(), answer.field().as_str()),
            (415, "content-type")
        );
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_is_refused() {
    let service = Service::start(|_| {}).await;
    let broken = futures_util::stream::iter([
        Ok(b"[".to_vec()),
        Err(std::io::Error::other("the connection broke")),
    ]);
    let request = service.request(Method::POST, "/api/v1/logs", Body::from_stream(broken));
    let answer = service.send(request).await;
    assert_eq!(
        (answer.status.as_u16(), answer.field().as_str()),
        (400, "body")
    );
}
