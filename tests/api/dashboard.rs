//! Totals, decoys, health and configuration.

use axum::http::StatusCode;
use decnet::model::Decky;
use serde_json::json;

use crate::in_process::{PASSWORD, Service};
use crate::log;

#[tokio::test]
async fn totals_start_at_nothing_and_follow_the_logs() {
    let service = Service::start(|_| {}).await;
    let stats = async || service.get("/api/v1/stats").await.json();
    let empty = json!({
        "total_logs": 0, "unique_attackers": 0, "active_deckies": 0, "deployed_deckies": 0,
    });
    assert_eq!(stats().await, empty);
    service
        .post(
            "/api/v1/logs",
            &json!([log("a", "10.0.0.1"), log("b", "10.0.0.2")]),
        )
        .await;
    let filled = json!({
        "total_logs": 2, "unique_attackers": 2, "active_deckies": 1, "deployed_deckies": 0,
    });
    assert_eq!(stats().await, filled);
}

#[tokio::test]
async fn deckies_are_those_deployed_last() {
    let service = Service::start(|_| {}).await;
    assert_eq!(service.get("/api/v1/deckies").await.json(), json!([]));
    let decky = |name: &str| Decky {
        name: name.to_owned(),
        ip: "10.0.0.9".to_owned(),
        hostname: "mail".to_owned(),
        services: vec!["smtp".to_owned(), "ssh".to_owned()],
    };
    let repository = service.app.repository();
    repository
        .deploy(vec![decky("b"), decky("a")])
        .await
        .unwrap();
    let listed = service.get("/api/v1/deckies").await.json();
    assert_eq!(
        listed[0],
        json!({
            "name": "a", "ip": "10.0.0.9", "hostname": "mail", "services": ["smtp", "ssh"],
        })
    );
    assert_eq!(listed[1]["name"], "b");
    assert_eq!(
        service.get("/api/v1/stats").await.json()["deployed_deckies"],
        2
    );
    repository.deploy(vec![decky("c")]).await.unwrap();
    assert_eq!(service.get("/api/v1/deckies").await.json()[0]["name"], "c");
}

#[tokio::test]
async fn is_healthy_until_the_database_is_closed() {
    let service = Service::start(|_| {}).await;
    let answer = service.get("/api/v1/health").await;
    assert_eq!(answer.status, StatusCode::OK);
    let body = answer.json();
    assert_eq!(body["status"], "healthy");
    for part in ["database", "writer"] {
        assert_eq!(body["components"][part]["status"], "healthy", "{body}");
        assert!(body["components"][part]["detail"].is_string(), "{body}");
    }
    service.app.close().await;
    let answer = service.get("/api/v1/health").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.json()["status"], "unhealthy");
    assert_eq!(
        service.get("/healthz").await.json(),
        json!({"status": "ok"}),
        "it still answers"
    );
    for path in ["/api/v1/logs", "/api/v1/stats"] {
        let answer = service.get(path).await;
        assert_eq!(
            (answer.status.as_u16(), answer.field().as_str()),
            (503, "database")
        );
    }
    let answer = service.post("/api/v1/logs", &log("ssh", "10.0.0.1")).await;
    assert_eq!(
        (answer.status.as_u16(), answer.field().as_str()),
        (503, "database")
    );
}

#[tokio::test]
async fn the_configuration_shows_no_secret() {
    let secret = "a secret that must not be shown!!";
    let service =
        Service::start(|config| config.jwt_secret = Some(decnet::config::Secret::new(secret)))
            .await;
    let answer = service.get("/api/v1/config").await;
    let text = answer.json().to_string();
    assert!(!text.contains(secret) && !text.contains(PASSWORD), "{text}");
    let config = answer.json();
    assert_eq!(config["developer"], true);
    assert_eq!(
        (&config["db_type"], &config["sqlite_synchronous"]),
        (&json!("sqlite"), &json!("off"))
    );
    assert_eq!(
        (&config["batch_size"], &config["batch_max_wait_ms"]),
        (&json!(100), &json!(250))
    );
}
