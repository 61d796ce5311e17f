//! The HTTP decoy: requests as they come, and what is answered.

use decnet::decoy::Service;

use crate::stage::{Stage, field, generous};

/// Sends `request`, reads until the close.
async fn exchange(stage: &Stage, request: &[u8]) -> String {
    let mut peer = stage.peer().await;
    peer.try_say(request).await;
    peer.hang_up().await;
    String::from_utf8_lossy(&peer.rest().await).into_owned()
}

#[tokio::test]
async fn a_request_is_answered_and_recorded() {
    let mut stage = Stage::of(Service::Http);
    let request = b"GET /?id=1 HTTP/1.1\r\nHost: srv\r\nUser-Agent: probe/1\r\nAccept: */*\r\n\r\n";
    let answer = exchange(&stage, request).await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(
        head.starts_with("HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: "),
        "{head}"
    );
    assert!(
        head.contains(&format!("\r\nContent-Length: {}\r\n", body.len())),
        "{head}"
    );
    let event = stage.event("request").await;
    assert_eq!(event.raw_line, "GET /?id=1 HTTP/1.1");
    assert_eq!(field(&event, "path"), "/?id=1");
    assert_eq!(field(&event, "user_agent"), "probe/1");
    assert_eq!(field(&event, "headers"), "Host,User-Agent,Accept");
}

#[tokio::test]
async fn several_requests_share_a_connection_until_one_closes_it() {
    let mut stage = Stage::of(Service::Http);
    let answer = exchange(
        &stage,
        b"HEAD / HTTP/1.1\r\n\r\nGET /none HTTP/1.1\r\nConnection: close\r\n\r\nGET /never HTTP/1.1\r\n\r\n",
    )
    .await;
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    assert!(
        answer.contains("\r\n\r\nHTTP/1.1 404 Not Found"),
        "HEAD has no body: {answer}"
    );
    let events = stage.after_all_closed().await;
    let paths: Vec<_> = events
        .iter()
        .filter(|event| event.event_type == "request")
        .map(|event| field(event, "path"))
        .collect();
    assert_eq!(paths, ["/", "/none"]);
}

#[tokio::test]
async fn credentials_are_recorded_from_basic_authentication_and_from_forms() {
    let mut stage = Stage::of(Service::Http);
    let answer = exchange(&stage, b"GET /admin HTTP/1.0\r\n\r\n").await;
    assert!(
        answer.contains("\r\nWWW-Authenticate: Basic realm="),
        "{answer}"
    );
    stage.event("request").await;
    // admin:hunter2
    let basic = b"GET /admin HTTP/1.0\r\nAuthorization: Basic YWRtaW46aHVudGVyMg==\r\n\r\n";
    assert!(exchange(&stage, basic).await.starts_with("HTTP/1.1 401 "));
    let event = stage.event("login_attempt").await;
    assert_eq!(
        (field(&event, "username"), field(&event, "password")),
        ("admin", "hunter2")
    );
    let form =
        b"POST /wp-login.php HTTP/1.0\r\nContent-Type: application/x-www-form-urlencoded\r\n\
        Content-Length: 22\r\n\r\nlog=admin&pwd=p%40ss+w";
    assert!(exchange(&stage, form).await.starts_with("HTTP/1.1 401 "));
    let event = stage.event("login_attempt").await;
    assert_eq!(
        (field(&event, "username"), field(&event, "password")),
        ("admin", "p@ss w")
    );
}

#[tokio::test]
async fn what_is_no_request_gets_an_error_and_a_close() {
    let mut stage = Stage::of(Service::Http);
    let long = format!(
        "GET /{} HTTP/1.1\r\n\r\n",
        "a".repeat(generous().message * 2)
    );
    let headers = format!("GET / HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(65));
    let cases: [(&[u8], &str); 7] = [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "400"),
        (b"GET / HTTP/9.9\r\n\r\n", "400"),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", "400"),
        (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "400"),
        (
            b"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
            "400",
        ),
        (headers.as_bytes(), "400"),
        (long.as_bytes(), "413"),
    ];
    for (request, status) in cases {
        let answer = exchange(&stage, request).await;
        let expected = format!("HTTP/1.1 {status} ");
        assert!(
            answer.starts_with(&expected),
            "{answer:?} for {:?}",
            &request[..9]
        );
    }
    // A body that is announced too large is not waited for.
    let large = b"POST / HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n";
    assert!(exchange(&stage, large).await.starts_with("HTTP/1.1 413 "));
    let events = stage.after_all_closed().await;
    assert_eq!(
        events
            .iter()
            .filter(|e| e.event_type == "malformed")
            .count(),
        6
    );
}

#[tokio::test]
async fn a_half_sent_request_times_out_with_an_answer() {
    let stage = Stage::limited(Service::Http, crate::stage::brief());
    let mut peer = stage.peer().await;
    peer.say("GET / HTT").await;
    let answer = String::from_utf8(peer.rest().await).unwrap();
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
}
