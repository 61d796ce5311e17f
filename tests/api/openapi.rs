//! The OpenAPI document.

use axum::http::StatusCode;

use crate::in_process::Service;

#[tokio::test]
async fn documents_every_route_of_the_contract() {
    let service = Service::start(|_| {}).await;
    let document = service.get("/api/v1/openapi.json").await.json();
    let paths = document["paths"].as_object().unwrap();
    let mut operations: Vec<String> = paths
        .iter()
        .flat_map(|(path, methods)| {
            let methods = methods.as_object().unwrap().keys();
            methods.map(move |method| format!("{method} {path}"))
        })
        .collect();
    operations.sort();
    assert_eq!(
        operations,
        [
            "get /api/v1/attackers",
            "get /api/v1/bounty",
            "get /api/v1/config",
            "get /api/v1/deckies",
            "get /api/v1/developer/metrics",
            "get /api/v1/health",
            "get /api/v1/logs",
            "get /api/v1/logs/histogram",
            "get /api/v1/stats",
            "get /api/v1/stream",
            "get /healthz",
            "post /api/v1/artifacts/merge",
            "post /api/v1/artifacts/missing",
            "post /api/v1/auth/change-password",
            "post /api/v1/auth/login",
            "post /api/v1/logs",
            "put /api/v1/artifacts/{digest}",
            "put /api/v1/deckies",
        ]
    );
}

#[tokio::test]
async fn is_served_in_developer_mode_only() {
    let service = Service::start(|config| config.developer = false).await;
    let answer = service.get("/api/v1/openapi.json").await;
    assert_eq!(
        (answer.status, answer.field().as_str()),
        (StatusCode::NOT_FOUND, "path")
    );
}
