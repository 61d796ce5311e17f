//! Deployments: many deckies on one host.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use decnet::api::App;
use decnet::config::Config;
use decnet::decoy::EventSink;
use decnet::deployment::{Deployment, DeploymentError, Plan, Ports};
use serde_json::{Value, json};
use shakedown::fixtures::scratch;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::sync::mpsc::unbounded_channel;
use tower::ServiceExt as _;

use crate::stage::generous;

fn plan(deckies: u8, first: &str) -> Plan {
    Plan {
        deckies,
        first: first.parse().unwrap(),
        ports: Ports::Any,
        limits: generous(),
    }
}

#[tokio::test]
async fn deckies_differ_in_address_name_banner_and_services() {
    let (sink, mut events) = unbounded_channel();
    let sink: Arc<dyn EventSink> = Arc::new(sink);
    let deployment = Deployment::start(&plan(5, "127.0.0.2"), &sink).unwrap();
    let deckies = deployment.deckies();
    let addresses: BTreeSet<_> = deckies.iter().map(|decky| decky.ip.as_str()).collect();
    assert_eq!(addresses.len(), 5, "{deckies:?}");
    assert_eq!(addresses.first(), Some(&"127.0.0.2"));
    let services: BTreeSet<_> = deckies.iter().map(|decky| &decky.services).collect();
    assert!(services.len() >= 4, "{services:?}");
    let mut banners = BTreeSet::new();
    let ssh = deployment
        .listeners()
        .filter(|(_, service, _)| service.name() == "ssh");
    for (decky, _, address) in ssh.take(2) {
        let mut banner = [0; 20];
        let mut peer = TcpStream::connect(address).await.unwrap();
        peer.read_exact(&mut banner).await.unwrap();
        banners.insert(banner);
        assert_eq!(events.recv().await.unwrap().decky, decky);
    }
    assert_eq!(banners.len(), 2);
}

#[tokio::test]
async fn a_deployment_starts_as_a_whole_or_not_at_all() {
    let (sink, _events) = unbounded_channel();
    let sink: Arc<dyn EventSink> = Arc::new(sink);
    let error = Deployment::start(&plan(3, "255.255.255.254"), &sink).unwrap_err();
    assert!(
        matches!(
            error,
            DeploymentError::Listen { .. } | DeploymentError::Addresses { .. }
        ),
        "{error}"
    );
    assert!(error.to_string().contains("255.255.255.254"), "{error}");
}

/// Sends a request to `app`: status, and body.
async fn ask(
    app: &App,
    method: &str,
    path: &str,
    token: &str,
    body: &Value,
) -> (StatusCode, Value) {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("authorization", format!("Bearer {token}"))
        .body(Body::from(body.to_string()))
        .unwrap();
    let answer = app.router().oneshot(request).await.unwrap();
    let status = answer.status();
    let bytes = axum::body::to_bytes(answer.into_body(), 1 << 20).await;
    (status, serde_json::from_slice(&bytes.unwrap()).unwrap())
}

#[tokio::test]
async fn a_registration_replaces_the_one_before_and_is_checked_as_a_whole() {
    let scratch = scratch();
    let database = scratch.path().join("decnet.db").display().to_string();
    let config = Config::from_lookup(&|name| match name {
        "DECNET_DEVELOPER" => Some("true".to_owned()),
        "DECNET_BCRYPT_COST" => Some("4".to_owned()),
        "DECNET_DB_URL" => Some(database.clone()),
        _ => None,
    });
    let app = App::open(config.unwrap()).await.unwrap();
    let login = json!({"username": "admin", "password": "admin"});
    let (_, answer) = ask(&app, "POST", "/api/v1/auth/login", "", &login).await;
    let token = answer["access_token"].as_str().unwrap();
    let path = "/api/v1/deckies";
    let decky =
        |name: &str| json!({"name": name, "ip": "127.0.0.2", "hostname": "h", "services": ["ssh"]});
    let both = json!([decky("a"), decky("b")]);
    assert_eq!(
        ask(&app, "PUT", path, "", &both).await.0,
        StatusCode::UNAUTHORIZED
    );
    for deckies in [&both, &json!([decky("c")]), &json!([])] {
        assert_eq!(
            ask(&app, "PUT", path, token, deckies).await.0,
            StatusCode::OK
        );
        // What was listed before must not be answered from a cache.
        assert_eq!(
            ask(&app, "GET", path, token, &Value::Null).await.1,
            *deckies
        );
    }
    ask(&app, "PUT", path, token, &both).await;
    let mut address = decky("d");
    address["ip"] = "nowhere".into();
    for (bad, field) in [
        (json!([decky("c"), decky("c")]), "name"),
        (json!([decky("")]), "name"),
        (json!([decky("c"), address]), "ip"),
        (json!({"name": "c"}), "body"),
    ] {
        let (status, answer) = ask(&app, "PUT", path, token, &bad).await;
        assert!(status.is_client_error(), "{bad}");
        assert_eq!(answer["field"], field, "{bad}");
        assert_eq!(ask(&app, "GET", path, token, &Value::Null).await.1, both);
    }
    app.close().await;
}
