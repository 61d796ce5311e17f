//! `STRESS_HOST`: a server that runs already, with credentials from outside.

use std::time::Duration;

use shakedown::Result;
use shakedown::stress::{Knobs, Limits, Progress};

use crate::decnet_server::{ADMIN_PASSWORD, DecnetServer};
use crate::scenarios::ingest;
use crate::target::Target;

#[tokio::test]
async fn a_deployment_is_loaded_with_the_credentials_of_the_environment() -> Result {
    let server = DecnetServer::start()?;
    let mut knobs = Knobs::from_lookup(|name| match name {
        "STRESS_HOST" => Some(format!("{}/", server.url())),
        "STRESS_USERS" => Some("10".to_owned()),
        _ => None,
    })?;
    knobs.duration = Duration::from_secs(2);
    let credentials = |name: &str| match name {
        "STRESS_USERNAME" => Some("admin".to_owned()),
        "STRESS_PASSWORD" => Some(ADMIN_PASSWORD.to_owned()),
        _ => None,
    };
    let host = knobs.host.clone().unwrap_or_default();
    let target = Target::deployed(&host, credentials).await?;
    let scenario = ingest(&target.token)?;
    let stress = target.stress("deployment", scenario, knobs);
    let run = stress.progress(Progress::Off).run().await?;
    run.verdict(&Limits::default())?;
    // Nobody here knows that process, but it says of itself what it did.
    assert!(run.record().server.is_none());
    assert!(run.record().writer.is_some());
    Ok(())
}

#[tokio::test]
async fn a_token_of_the_environment_is_used_as_it_is() -> Result {
    let server = DecnetServer::start()?;
    let of = |token: String| {
        move |name: &str| match name {
            "STRESS_TOKEN" => Some(token.clone()),
            // Wrong, and not to be looked at.
            "STRESS_USERNAME" | "STRESS_PASSWORD" => Some("nobody".to_owned()),
            _ => None,
        }
    };
    let right = Target::deployed(server.url(), of(server.token().await?)).await?;
    assert_eq!(right.logs().await?, 0);
    let wrong = Target::deployed(server.url(), of("not a token".to_owned())).await?;
    let error = wrong.logs().await.expect_err("it is none").to_string();
    assert!(error.contains("401"), "{error}");
    Ok(())
}

#[tokio::test]
async fn a_deployment_without_credentials_is_an_error_that_names_the_variables() {
    let refused = Target::deployed("http://127.0.0.1:1", |_| None).await;
    let error = refused.expect_err("there were none").to_string();
    for name in ["STRESS_TOKEN", "STRESS_USERNAME", "STRESS_PASSWORD"] {
        assert!(error.contains(name), "{error}");
    }
}
