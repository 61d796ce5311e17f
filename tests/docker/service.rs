//! decnet's image at work: it starts, tells how it is, answers, and stops.

use std::time::{Duration, Instant};

use shakedown::container::testcontainers::ImageExt as _;
use shakedown::container::{Container, ContainerError, Ready};
use shakedown::{Failure, Result};

use crate::image::{Api, DECNET, decnet, docker};

/// Longest time from SIGTERM to the end.
const STOPPING: Duration = Duration::from_secs(2);

#[tokio::test]
async fn it_becomes_healthy_answers_and_stops_on_sigterm() -> Result {
    let container = decnet().ready(Ready::healthy()).start().await?;
    let api = Api::of(&container).await?;
    let id = api.post("a line of a log").await;
    let lines = api.lines("line").await?;
    assert_eq!(lines["a line of a log"], [id.unwrap()]);

    let since = Instant::now();
    container.signal("TERM")?;
    let code = container.wait(Duration::from_secs(10)).await?;
    let took = since.elapsed();
    println!("stopped {took:?} after SIGTERM");
    assert_eq!(code, Some(0), "{}", container.log_tail(20));
    assert!(took < STOPPING, "{took:?}");
    Ok(())
}

#[tokio::test]
async fn it_runs_as_a_user_without_rights_on_a_root_that_it_cannot_write() -> Result {
    let container = decnet()
        .customize(|request| {
            request
                .with_readonly_rootfs(true)
                .with_cap_drop("ALL")
                .with_security_opt("no-new-privileges")
        })
        .start()
        .await?;
    let pid = docker(&["inspect", "--format", "{{.State.Pid}}", container.name()])?;
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap_or_default().trim().to_owned()
    };
    for name in ["Uid:", "Gid:"] {
        assert!(
            field(name).split_whitespace().all(|id| id == "65532"),
            "{status}"
        );
    }
    for name in ["CapEff:", "CapPrm:"] {
        assert_eq!(field(name), "0000000000000000", "{status}");
    }
    let api = Api::of(&container).await?;
    assert!(api.post("stored all the same").await.is_some());
    Ok(())
}

#[tokio::test]
async fn its_health_check_fails_when_nobody_answers() -> Result {
    let container = decnet().start().await?;
    let check = |port: &str| {
        let port = format!("DECNET_API_PORT={port}");
        docker(&[
            "exec",
            "--env",
            &port,
            container.name(),
            "/usr/bin/decnet",
            "health",
        ])
    };
    check("8000")?;
    let error = check("9").unwrap_err().to_string();
    assert!(error.contains("`127.0.0.1:9` does not answer"), "{error}");
    Ok(())
}

#[tokio::test]
async fn without_a_secret_it_does_not_start_and_says_why() -> Result {
    let builder = Container::builder(DECNET).ready(Ready::healthy());
    let Err(error) = builder.start().await else {
        return Err(Failure::new("it started"));
    };
    assert!(
        matches!(error, ContainerError::Ended { code: 2, .. }),
        "{error}"
    );
    let text = error.to_string();
    assert!(
        text.contains("ended with exit code 2 before its health check succeeded"),
        "{text}"
    );
    assert!(
        text.contains("\n| error: `DECNET_JWT_SECRET` is not set"),
        "{text}"
    );
    Ok(())
}
