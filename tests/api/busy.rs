//! A database that cannot keep up, or fails: 503 and when to come back, never 500.

use std::ops::Range;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Method, Request, header};
use decnet::api::App;
use decnet::db::{Answer, DbError, Repository, WriterState};
use decnet::model::{
    Attacker, AttackerFilter, Bounty, BountyFilter, Bucket, Component, Decky, Log, LogFilter,
    NewLog, Page, Paging, Statistics, User,
};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use tokio::sync::watch;
use tower::ServiceExt;

use crate::in_process::{PASSWORD, config};
use crate::log;

/// Knows its accounts and answers everything else with `error`.
#[derive(Debug)]
struct Failing {
    error: DbError,
    user: std::sync::Mutex<Option<User>>,
    changes: watch::Sender<u64>,
}

impl Failing {
    fn fail<T: Send + 'static>(&self) -> Answer<'_, T> {
        std::future::ready(Err(self.error.clone())).boxed()
    }
}

impl Repository for Failing {
    fn generation(&self) -> u64 {
        0
    }
    fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }
    fn append(&self, _: Vec<NewLog>) -> Answer<'_, Range<i64>> {
        self.fail()
    }
    fn logs(&self, _: LogFilter, _: Paging) -> Answer<'_, Page<Log>> {
        self.fail()
    }
    fn logs_after(&self, _: i64, _: LogFilter, _: u32) -> Answer<'_, Vec<Log>> {
        self.fail()
    }
    fn histogram(&self, _: LogFilter, _: u32) -> Answer<'_, Vec<Bucket>> {
        self.fail()
    }
    fn attackers(&self, _: AttackerFilter, _: Paging) -> Answer<'_, Page<Attacker>> {
        self.fail()
    }
    fn bounties(&self, _: BountyFilter, _: Paging) -> Answer<'_, Page<Bounty>> {
        self.fail()
    }
    fn statistics(&self) -> Answer<'_, Statistics> {
        self.fail()
    }
    fn deckies(&self) -> Answer<'_, Vec<Decky>> {
        self.fail()
    }
    fn deploy(&self, _: Vec<Decky>) -> Answer<'_, ()> {
        self.fail()
    }
    fn user(&self, _: String) -> Answer<'_, Option<User>> {
        std::future::ready(Ok(self.user.lock().expect("not poisoned").clone())).boxed()
    }
    fn save_user(&self, user: User) -> Answer<'_, ()> {
        *self.user.lock().expect("not poisoned") = Some(user);
        std::future::ready(Ok(())).boxed()
    }
    fn writer(&self) -> WriterState {
        WriterState::default()
    }
    fn components(&self) -> BoxFuture<'_, Vec<Component>> {
        std::future::ready(Vec::new()).boxed()
    }
    fn close(&self) -> BoxFuture<'_, ()> {
        std::future::ready(()).boxed()
    }
}

async fn failing(error: DbError) -> App {
    let repository = Failing {
        error,
        user: std::sync::Mutex::new(None),
        changes: watch::Sender::new(0),
    };
    let config = config(std::path::Path::new("never-opened"));
    App::with_repository(config, Arc::new(repository))
        .await
        .expect("accounts work")
}

async fn send(
    app: &App,
    method: Method,
    path: &str,
    token: &str,
    body: &Value,
) -> (u16, Value, bool) {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .body(Body::from(body.to_string()))
        .expect("a valid request");
    let response = app
        .router()
        .oneshot(request)
        .await
        .expect("a router never fails");
    let (parts, body) = response.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20)
        .await
        .expect("a whole body");
    let report = serde_json::from_slice(&body).unwrap_or(Value::Null);
    (
        parts.status.as_u16(),
        report,
        parts.headers.contains_key(header::RETRY_AFTER),
    )
}

async fn log_in(app: &App) -> String {
    let body = json!({"username": "admin", "password": PASSWORD});
    let (_, answer, _) = send(app, Method::POST, "/api/v1/auth/login", "", &body).await;
    answer["access_token"].as_str().expect("a token").to_owned()
}

#[tokio::test]
async fn a_full_queue_is_503_with_a_time_to_come_back() {
    let app = failing(DbError::QueueFull).await;
    let token = log_in(&app).await;
    let sent = log("ssh", "10.0.0.1");
    let (status, report, retry) = send(&app, Method::POST, "/api/v1/logs", &token, &sent).await;
    assert_eq!((status, retry), (503, true));
    assert_eq!(
        report,
        json!({"error": "the writer's queue is full", "field": "database"})
    );
}

#[tokio::test]
async fn a_statement_that_fails_is_503_on_every_route() {
    let error = DbError::Statement {
        operation: "any",
        reason: "disk I/O error".to_owned(),
    };
    let app = failing(error).await;
    let token = log_in(&app).await;
    for path in [
        "stats",
        "logs",
        "logs?search=x",
        "logs/histogram",
        "attackers",
        "bounty",
        "deckies",
    ] {
        let path = format!("/api/v1/{path}");
        let (status, report, retry) = send(&app, Method::GET, &path, &token, &Value::Null).await;
        assert_eq!(
            (status, &report["field"], retry),
            (503, &json!("database"), true),
            "{path}"
        );
    }
    let (status, report, _) = send(
        &app,
        Method::POST,
        "/api/v1/logs",
        &token,
        &log("ssh", "10.0.0.1"),
    )
    .await;
    assert_eq!((status, &report["field"]), (503, &json!("database")));
}

#[tokio::test]
async fn a_stream_over_a_failing_database_ends_after_its_comment() {
    let app = failing(DbError::ReadersBusy).await;
    let token = log_in(&app).await;
    let (status, _, _) = send(&app, Method::GET, "/api/v1/stream", &token, &Value::Null).await;
    assert_eq!(status, 200);
}
