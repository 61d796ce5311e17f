//! decnet in the test's own process: no socket, a fresh database, cheap hashes.

use std::path::Path;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use decnet::api::App;
use decnet::config::{Config, Database, Synchronous};
use serde_json::Value;
use tempfile::TempDir;
use tower::ServiceExt;

/// The password of the only account, `admin`.
pub(crate) const PASSWORD: &str = "correct horse";

/// A running decnet, and a token for it. The database goes with it.
pub(crate) struct Service {
    pub(crate) app: App,
    router: Router,
    token: String,
    _directory: TempDir,
}

/// What decnet answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// Developer mode on a database in `directory`, as cheap as it gets.
pub(crate) fn config(directory: &Path) -> Config {
    let mut config = Config::from_lookup(&|name| match name {
        "DECNET_DEVELOPER" => Some("true".to_owned()),
        "DECNET_ADMIN_PASSWORD" => Some(PASSWORD.to_owned()),
        "DECNET_BCRYPT_COST" => Some("4".to_owned()),
        _ => None,
    })
    .expect("the configuration is valid");
    config.database = Database::Sqlite {
        path: directory.join("decnet.db"),
    };
    config.synchronous = Synchronous::Off;
    config.stream_interval = std::time::Duration::from_millis(1);
    config
}

impl Service {
    /// Starts on a fresh database, with what `adjust` makes of the configuration.
    pub(crate) async fn start(adjust: impl FnOnce(&mut Config)) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let mut config = config(directory.path());
        adjust(&mut config);
        let app = App::open(config).await.expect("decnet starts");
        let mut service = Self {
            router: app.router(),
            app,
            token: String::new(),
            _directory: directory,
        };
        service.token = service.log_in(PASSWORD).await;
        service
    }

    /// A token for `admin`.
    pub(crate) async fn log_in(&self, password: &str) -> String {
        let body = serde_json::json!({ "username": "admin", "password": password });
        let answer = self.post("/api/v1/auth/login", &body).await;
        answer.json()["access_token"]
            .as_str()
            .expect("a token")
            .to_owned()
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path, Body::empty()))
            .await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::POST, path, Body::from(body.to_string())))
            .await
    }

    /// A request for JSON, with the token once there is one.
    pub(crate) fn request(&self, method: Method, path: &str, body: Body) -> Request<Body> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::CONTENT_TYPE, "application/json");
        if !self.token.is_empty() {
            request = request.header(header::AUTHORIZATION, format!("Bearer {}", self.token));
        }
        request.body(body).expect("a valid request")
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.open(request).await;
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX)
            .await
            .expect("a whole body");
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: body.to_vec(),
        }
    }

    /// Sends `request` and leaves the body unread.
    pub(crate) async fn open(&self, request: Request<Body>) -> axum::response::Response {
        self.router
            .clone()
            .oneshot(request)
            .await
            .expect("a router never fails")
    }
}

impl Answer {
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The `field` of an error, after checking the shape of an error.
    #[track_caller]
    pub(crate) fn field(&self) -> String {
        assert_eq!(
            self.headers[header::CONTENT_TYPE],
            "application/json",
            "{self:?}"
        );
        let report = self.json();
        let text = |name: &str| report[name].as_str().unwrap_or_default().to_owned();
        assert!(
            !text("error").is_empty() && !text("field").is_empty(),
            "{report}"
        );
        text("field")
    }
}
