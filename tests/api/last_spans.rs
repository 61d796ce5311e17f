//! Commands that end early export the spans they made, and say what became of them.

use std::ffi::OsString;

use shakedown::Result;
use shakedown::fixtures::wiremock::matchers::{method, path};
use shakedown::fixtures::wiremock::{Mock, ResponseTemplate};
use shakedown::fixtures::{Otlp, Upstream, otlp, upstream};
use shakedown::otlp::Kind;

/// Runs `decnet` with `arguments`, tracing into `otlp`: what it says. The command has
/// a runtime of its own, so it runs beside the tasks of the test.
async fn decnet(otlp: &Otlp, arguments: &[&str]) -> Result<String> {
    let words = ["decnet"].iter().chain(arguments);
    let words: Vec<OsString> = words.map(Into::into).collect();
    let endpoint = otlp.endpoint().to_owned();
    let said = tokio::task::spawn_blocking(move || {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let lookup = |name: &str| match name {
            "DECNET_DEVELOPER_TRACING" => Some("true".to_owned()),
            "DECNET_OTEL_ENDPOINT" => Some(endpoint.clone()),
            "DECNET_API_TOKEN" => Some("a token that is refused".to_owned()),
            _ => None,
        };
        decnet::cli::run(words, &lookup, &mut out, &mut err);
        String::from_utf8_lossy(&err).into_owned()
    });
    Ok(said.await?)
}

/// An API that refuses whoever asks for deckies.
async fn refusing(verb: &str) -> Upstream {
    let api = upstream().await;
    let deckies = Mock::given(method(verb)).and(path("/api/v1/deckies"));
    let refusal = deckies.respond_with(ResponseTemplate::new(403));
    api.mount("refuses the token", refusal).await;
    api
}

/// Whether the one span of a request to `/api/v1/deckies` arrived, and was told.
#[track_caller]
fn is_exported(otlp: &Otlp, verb: &str, said: &str) {
    let request = otlp.find().name(format!("{verb} /api/v1/deckies"));
    let request = request.kind(Kind::Client).assert_seen();
    assert_eq!(request.attribute("http.response.status_code"), Some("403"));
    assert!(
        said.contains("decnet: 1 spans, 1 exported, 0 dropped\n"),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_that_the_api_refuses_exports_the_request_that_was_refused() -> Result {
    let (otlp, api) = (otlp(), refusing("PUT").await);
    let url = api.uri();
    let of = [
        "deploy",
        "--api",
        &url,
        "--mode",
        "unihost",
        "--deckies",
        "1",
    ];
    let said = decnet(&otlp, &[&of[..], &["--ports", "any"]].concat()).await?;
    assert!(said.contains("refused the deckies with 403"), "{said}");
    is_exported(&otlp, "PUT", &said);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sniffer_that_the_api_refuses_exports_the_request_that_was_refused() -> Result {
    let (otlp, api) = (otlp(), refusing("GET").await);
    let capture = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/fixtures/captures/openssl-tls12.pcap"
    );
    let url = api.uri();
    let of = ["sniff", "--pcap", capture, "--api", &url];
    let said = decnet(&otlp, &of).await?;
    assert!(said.contains("refused the token with 403"), "{said}");
    is_exported(&otlp, "GET", &said);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decoy_whose_port_is_taken_says_what_became_of_its_spans() -> Result {
    let otlp = otlp();
    let taken = std::net::TcpListener::bind("127.0.0.1:0")?;
    let port = taken.local_addr()?.port().to_string();
    let of = ["decoy", "--service", "http", "--port", &port];
    let said = decnet(&otlp, &of).await?;
    assert!(said.contains("cannot listen on"), "{said}");
    assert!(
        said.contains("decnet: 0 spans, 0 exported, 0 dropped\n"),
        "{said}"
    );
    Ok(())
}
