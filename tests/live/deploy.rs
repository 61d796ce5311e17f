//! `decnet deploy`: several deckies in one process, registered while they run.

use std::time::Duration;

use shakedown::fixtures::poll;
use shakedown::process::{Process, Ready};
use shakedown::{Failure, Result};
use tokio::net::TcpStream;

use crate::server;
use crate::trap::Watch;

#[tokio::test]
async fn deckies_are_registered_report_and_stop_on_ctrl_c() -> Result {
    let watch = Watch::start().await?;
    let mut deploy = Process::builder(server::binary()?)
        .name("deploy")
        .args(["deploy", "--mode", "unihost", "--deckies", "4"])
        .args(["--first", "127.0.0.2", "--ports", "any", "--api"])
        .arg(watch.server.url())
        .env("DECNET_API_TOKEN", &watch.token)
        .ready(Ready::line("deployed "))
        .start()?;
    assert_eq!(deploy.ready_text(), Some("4 deckies"));
    let deckies = watch.get("deckies").await?;
    let names: Vec<_> = deckies.as_array().into_iter().flatten().collect();
    assert_eq!(names.len(), 4, "{deckies}");
    assert_eq!(
        (&names[3]["name"], &names[3]["ip"]),
        (&"decky-04".into(), &"127.0.0.5".into())
    );
    let stats = watch.get("stats").await?;
    assert_eq!(stats["deployed_deckies"], 4, "{stats}");

    let address = address_of(&deploy.log_tail(100), "decky-02 plays http://")?;
    let mut answer = reqwest::get(format!("http://{address}/secret")).await?;
    let server = answer.headers()["server"].to_str()?.to_owned();
    assert!(server.starts_with("Apache/"), "{server}");
    while answer.chunk().await?.is_some() {}
    let log = watch.saw("http", "request", &[("path", "/secret")]).await;
    assert_eq!(log["decky"], "decky-02");

    deploy.signal(libc::SIGINT)?;
    let status = deploy.wait(Duration::from_secs(10))?;
    let log = deploy.log_tail(20);
    assert!(
        status.is_some_and(|status| status.success()),
        "{status:?}\n{log}"
    );
    assert!(log.contains(" 0 dropped, 0 unsent"), "{log}");
    poll::until_async(async || TcpStream::connect(&address).await.is_err()).await;
    assert_eq!(watch.get("deckies").await?, serde_json::json!([]));
    Ok(())
}

/// What follows `marker` in `log`, up to the end of the line.
fn address_of(log: &str, marker: &str) -> Result<String> {
    let rest = log.split_once(marker);
    let line = rest.and_then(|(_, rest)| rest.lines().next());
    let line = line.ok_or_else(|| Failure::new(format!("no `{marker}` in:\n{log}")))?;
    Ok(line.trim().to_owned())
}
