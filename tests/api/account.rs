//! Logging in, tokens, and changing the password.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use decnet::api::App;
use serde_json::json;

use crate::in_process::{PASSWORD, Service, config};

const LOGIN: &str = "/api/v1/auth/login";
const CHANGE: &str = "/api/v1/auth/change-password";

#[tokio::test]
async fn a_login_answers_a_bearer_token_that_opens_the_dashboard() {
    let service = Service::start(|_| {}).await;
    let answer = service
        .post(LOGIN, &json!({"username": "admin", "password": PASSWORD}))
        .await;
    assert_eq!(answer.status, StatusCode::OK);
    let body = answer.json();
    assert_eq!(body["token_type"], "bearer");
    assert_eq!(
        body["must_change_password"], false,
        "a configured password is not a known one"
    );
    assert_eq!(
        body["access_token"].as_str().unwrap().split('.').count(),
        3,
        "a JWT"
    );
    assert_eq!(service.get("/api/v1/stats").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_wrong_name_or_password_is_told_alike() {
    let service = Service::start(|_| {}).await;
    let name = service
        .post(LOGIN, &json!({"username": "root", "password": PASSWORD}))
        .await;
    let password = service
        .post(LOGIN, &json!({"username": "admin", "password": "x"}))
        .await;
    assert_eq!(
        (name.status, password.status),
        (StatusCode::UNAUTHORIZED, name.status)
    );
    assert_eq!(
        name.body, password.body,
        "which of the two is wrong stays secret"
    );
}

#[tokio::test]
async fn a_password_that_only_starts_right_is_wrong() {
    let long = "p".repeat(72);
    let service = Service::start(|_| {}).await;
    let change = json!({"old_password": PASSWORD, "new_password": long});
    assert_eq!(service.post(CHANGE, &change).await.status, StatusCode::OK);
    let longer = json!({"username": "admin", "password": format!("{long}x")});
    assert_eq!(
        service.post(LOGIN, &longer).await.status,
        StatusCode::UNAUTHORIZED
    );
    service.log_in(&long).await;
}

#[tokio::test]
async fn every_route_but_three_wants_a_token() {
    let service = Service::start(|_| {}).await;
    let routes = [
        (Method::GET, "/api/v1/stats"),
        (Method::GET, "/api/v1/logs"),
        (Method::POST, "/api/v1/logs"),
        (Method::GET, "/api/v1/logs/histogram"),
        (Method::GET, "/api/v1/attackers"),
        (Method::GET, "/api/v1/bounty"),
        (Method::GET, "/api/v1/deckies"),
        (Method::GET, "/api/v1/config"),
        (Method::GET, "/api/v1/health"),
        (Method::GET, "/api/v1/stream"),
        (Method::POST, CHANGE),
    ];
    for (method, path) in routes {
        for token in [
            None,
            Some("Bearer"),
            Some("Bearer a.b.c"),
            Some("Basic YTpi"),
            Some(""),
        ] {
            let mut request = Request::builder().method(method.clone()).uri(path);
            if let Some(token) = token {
                request = request.header("authorization", token);
            }
            let answer = service.send(request.body(Body::empty()).unwrap()).await;
            assert_eq!(
                answer.status,
                StatusCode::UNAUTHORIZED,
                "{method} {path} {token:?}"
            );
            assert_eq!(answer.field(), "authorization");
            assert_eq!(answer.headers["www-authenticate"], "Bearer");
        }
    }
    for open in ["/healthz", "/api/v1/openapi.json"] {
        let request = Request::get(open).body(Body::empty()).unwrap();
        assert_eq!(service.send(request).await.status, StatusCode::OK, "{open}");
    }
}

#[tokio::test]
async fn a_token_of_another_secret_is_refused() {
    let one = Service::start(|_| {}).await;
    let two = Service::start(|_| {}).await;
    let token = two.log_in(PASSWORD).await;
    let request = Request::get("/api/v1/stats").header("authorization", format!("Bearer {token}"));
    let answer = one.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_first_account_has_a_known_password_that_must_be_changed() {
    let service = Service::start(|_| {}).await;
    let directory = tempfile::tempdir().unwrap();
    let mut config = config(directory.path());
    config.admin_password = None;
    let app = App::open(config.clone()).await.unwrap();
    let user = app
        .repository()
        .user("admin".to_owned())
        .await
        .unwrap()
        .unwrap();
    assert!(user.must_change_password);
    assert!(
        user.password_hash.starts_with("$2b$04$"),
        "bcrypt at the configured cost"
    );
    app.close().await;

    // A second start leaves the account as it is.
    config.admin_password = Some(decnet::config::Secret::new("another one"));
    let again = App::open(config).await.unwrap();
    assert_eq!(
        again.repository().user("admin".to_owned()).await.unwrap(),
        Some(user)
    );
    again.close().await;
    drop(service);
}

#[tokio::test]
async fn changing_the_password_clears_the_reminder() {
    let service = Service::start(|_| {}).await;
    let mut user = service
        .app
        .repository()
        .user("admin".to_owned())
        .await
        .unwrap()
        .unwrap();
    user.must_change_password = true;
    service.app.repository().save_user(user).await.unwrap();
    let login = json!({"username": "admin", "password": PASSWORD});
    assert_eq!(
        service.post(LOGIN, &login).await.json()["must_change_password"],
        true
    );

    let change = json!({"old_password": PASSWORD, "new_password": "battery staple"});
    assert_eq!(service.post(CHANGE, &change).await.status, StatusCode::OK);
    assert_eq!(
        service.post(LOGIN, &login).await.status,
        StatusCode::UNAUTHORIZED
    );
    let login = json!({"username": "admin", "password": "battery staple"});
    assert_eq!(
        service.post(LOGIN, &login).await.json()["must_change_password"],
        false
    );
}

#[tokio::test]
async fn a_bad_password_change_names_the_field_and_changes_nothing() {
    let service = Service::start(|_| {}).await;
    let long = "é".repeat(37);
    for (body, status, field) in [
        (
            json!({"old_password": "x", "new_password": "long enough"}),
            401,
            "old_password",
        ),
        (
            json!({"old_password": PASSWORD, "new_password": "short"}),
            422,
            "new_password",
        ),
        (
            json!({"old_password": PASSWORD, "new_password": long}),
            422,
            "new_password",
        ),
        (json!({"old_password": PASSWORD}), 422, "new_password"),
        (
            json!({"old_password": 1, "new_password": "long enough"}),
            422,
            "old_password",
        ),
        (
            json!({"old_password": PASSWORD, "new_password": "long enough", "x": 1}),
            422,
            "x",
        ),
        (json!([]), 422, "body"),
    ] {
        let answer = service.post(CHANGE, &body).await;
        assert_eq!(
            (answer.status.as_u16(), answer.field().as_str()),
            (status, field),
            "{body}"
        );
    }
    service.log_in(PASSWORD).await;
}

#[tokio::test]
async fn passwords_of_any_characters_are_answered() {
    let service = Service::start(|_| {}).await;
    for password in ["", "\0", "a\0b", "\u{1f511}", &"x".repeat(10_000)] {
        let answer = service
            .post(LOGIN, &json!({"username": "admin", "password": password}))
            .await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{password:?}");
    }
}
