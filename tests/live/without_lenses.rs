//! decnet built without features: it serves, has nothing of the lenses, and refuses to
//! be asked for them.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use shakedown::{Failure, Result};

use crate::server::DecnetServer;
use crate::tracing::threads;

const VARIABLE: &str = "STRESS_DECNET_PLAIN";

/// Whether there is such a build; it takes a minute, so nobody else makes it.
pub(crate) fn is_built() -> std::result::Result<(), String> {
    match std::env::var_os(VARIABLE).map(PathBuf::from) {
        Some(program) if program.is_file() => Ok(()),
        Some(program) => Err(format!("`{VARIABLE}`: no file `{}`", program.display())),
        None => Err(format!(
            "`{VARIABLE}` names no decnet built without features; `make plain` builds it and runs these"
        )),
    }
}

fn program() -> Result<PathBuf> {
    let program = std::env::var_os(VARIABLE);
    program
        .map(PathBuf::from)
        .ok_or_else(|| Failure::new(format!("`{VARIABLE}` is not set")))
}

#[tokio::test]
async fn it_serves_without_an_exporter() -> Result {
    let mut server = DecnetServer::builder().binary(&program()?).start()?;
    assert!(!server.token().await?.is_empty());
    let names = threads(server.pid());
    assert!(names.contains(&"decnet-writer".to_owned()), "{names:?}");
    assert!(!names.iter().any(|name| name == "decnet-otlp"), "{names:?}");
    let status = server.process().terminate(Duration::from_secs(5))?;
    let log = server.process().log_tail(20);
    assert!(status.success() && !log.contains("spans"), "{log}");
    Ok(())
}

#[test]
fn it_refuses_each_lens_with_what_builds_it_in() -> Result {
    for (variable, feature) in [
        ("DECNET_DEVELOPER_TRACING", "tracing-otel"),
        ("DECNET_PROFILE_REQUESTS", "profile-requests"),
    ] {
        let refused = Command::new(program()?)
            .args(["api", "--port", "0"])
            .env(variable, "true")
            .output()?;
        let said = String::from_utf8_lossy(&refused.stderr);
        assert_eq!(refused.status.code(), Some(2), "{said}");
        let expected = format!(
            "error: `{variable}` is `true`: not in this build\n\
             help: cargo build -p decnet --features {feature}\n"
        );
        assert_eq!(said, expected);
    }
    Ok(())
}
