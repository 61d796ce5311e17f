//! Three decnets on a private network: an API, and two decoys whose collectors
//! post to it. One is cut off and rejoins.
//!
//! The decoys are attacked through ports that are published in another network,
//! so that an attacker does not notice. What a decoy answered it has seen; what
//! it has seen must be in the API in the end, and what the API had acknowledged
//! must stay there.

use std::collections::BTreeSet;
use std::time::Duration;

use shakedown::container::{Container, Network, Ready};
use shakedown::fixtures::poll::Poll;
use shakedown::{Failure, Result};

use crate::image::{Api, DECNET, PORT, decnet};
use crate::writers::{Writers, all_are_there};

/// The port that the HTTP decoys listen on inside.
const DECOY_PORT: u16 = 8080;
/// Attacks in each phase on each decoy.
const ATTACKS: usize = 25;
/// How long events may take to be visible: the collectors' longest pause
/// between two attempts is five seconds, and a hanging connection's end ten.
const EVENTUALLY: Duration = Duration::from_secs(60);

/// The three of them.
struct Cluster {
    api: Api,
    decoys: [Decoy; 2],
    server: Container,
    network: Network,
}

/// A decoy, and the paths that were asked of it and answered.
struct Decoy {
    container: Container,
    seen: BTreeSet<String>,
}

impl Cluster {
    async fn start() -> Result<Self> {
        let network = Network::create("management").await?;
        let server = decnet().name("api").start().await?;
        network.connect(&server).await?;
        let api = Api::of(&server).await?;
        let url = format!("http://{}:{PORT}", server.name());
        let decoys = [
            Decoy::start("1", &url, &api, &network).await?,
            Decoy::start("2", &url, &api, &network).await?,
        ];
        Ok(Self {
            api,
            decoys,
            server,
            network,
        })
    }

    /// Attacks both.
    async fn attack(&mut self, phase: &str) -> Result {
        for decoy in &mut self.decoys {
            decoy.attack(phase).await?;
        }
        Ok(())
    }

    /// Waits until the API has all that the decoys have seen.
    async fn sees_all_of(&self, decoy: &Decoy) {
        Poll::new()
            .describe(format!(
                "the API has all that {} saw",
                decoy.container.name()
            ))
            .within(EVENTUALLY)
            .every(Duration::from_millis(200))
            .until_async(async || {
                let visible = self.visible().await.map_err(|error| error.to_string())?;
                let missing: Vec<_> = decoy.seen.difference(&visible).take(3).collect();
                if missing.is_empty() {
                    return Ok(());
                }
                let count = decoy.seen.difference(&visible).count();
                Err(format!(
                    "{count} of {} are missing, {missing:?} among them",
                    decoy.seen.len()
                ))
            })
            .await;
    }

    /// The paths of all requests that the API knows of.
    async fn visible(&self) -> Result<BTreeSet<String>> {
        let mut visible = BTreeSet::new();
        loop {
            let page = format!("logs?limit=1000&offset={}&search=attack-", visible.len());
            let page = self.api.get(&page).await?;
            let logs = page["data"].as_array().cloned().unwrap_or_default();
            let before = visible.len();
            visible.extend(logs.iter().filter_map(|log| {
                let path = log["fields"]["path"].as_str()?;
                Some(path.to_owned())
            }));
            // At least once: a log may be there twice.
            if logs.len() < 1000 || visible.len() == before {
                return Ok(visible);
            }
        }
    }
}

impl Decoy {
    async fn start(number: &str, url: &str, api: &Api, network: &Network) -> Result<Self> {
        let port = DECOY_PORT.to_string();
        let container = Container::builder(DECNET)
            .name(format!("decoy-{number}"))
            .args(["decoy", "--service", "http", "--host", "0.0.0.0"])
            .args(["--port", &port, "--number", number, "--api", url])
            .env("DECNET_API_TOKEN", &api.token)
            .port(DECOY_PORT)
            .ready(Ready::log("listening on http://"))
            .start()
            .await?;
        network.connect(&container).await?;
        Ok(Self {
            container,
            seen: BTreeSet::new(),
        })
    }

    /// Asks for pages that are nowhere else, and remembers those it answered.
    async fn attack(&mut self, phase: &str) -> Result {
        let address = self.container.address(DECOY_PORT)?;
        for n in 0..ATTACKS {
            let path = format!("/attack-{phase}-{}-{n}", self.container.name());
            let answer = reqwest::get(format!("http://{address}{path}")).await?;
            // The whole answer: what the decoy said is what it has seen.
            answer.bytes().await?;
            self.seen.insert(path);
        }
        Ok(())
    }

    /// Stops it; what it says of its events.
    async fn stop(&self) -> Result<String> {
        self.container.signal("TERM")?;
        let code = self.container.wait(Duration::from_secs(10)).await?;
        let log = self.container.log_tail(50);
        assert_eq!(code, Some(0), "{log}");
        let tally = log.lines().find(|line| line.contains(" events, "));
        Ok(tally
            .ok_or_else(|| Failure::new(format!("no tally in:\n{log}")))?
            .to_owned())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decoy_that_was_cut_off_delivers_all_it_saw_when_it_rejoins() -> Result {
    let mut cluster = Cluster::start().await?;
    cluster.attack("before").await?;
    for decoy in &cluster.decoys {
        cluster.sees_all_of(decoy).await;
    }
    let before = cluster.visible().await?;

    let cut = &cluster.decoys[1].container;
    cluster.network.disconnect(cut).await?;
    cluster.attack("apart").await?;
    // The other is not held up, and nothing of the one that is cut off gets through.
    cluster.sees_all_of(&cluster.decoys[0]).await;
    let apart = cluster.visible().await?;
    let name = cluster.decoys[1].container.name();
    let through = apart
        .iter()
        .filter(|path| path.starts_with(&format!("/attack-apart-{name}-")));
    assert_eq!(through.count(), 0);
    let told = |words: &str| {
        let log = cluster.decoys[1].container.log_tail(50);
        log.contains(words).then_some(()).ok_or(log)
    };
    let notice = Poll::new().describe("the decoy says so").within(EVENTUALLY);
    notice.until(|| told("cannot deliver logs, trying on"));

    cluster
        .network
        .connect(&cluster.decoys[1].container)
        .await?;
    cluster.attack("after").await?;
    for decoy in &cluster.decoys {
        cluster.sees_all_of(decoy).await;
    }
    assert!(
        cluster.visible().await?.is_superset(&before),
        "acknowledged logs are gone"
    );
    let seen: usize = cluster.decoys.iter().map(|decoy| decoy.seen.len()).sum();
    for decoy in &cluster.decoys {
        let tally = decoy.stop().await?;
        assert!(tally.ends_with("0 refused, 0 dropped, 0 unsent"), "{tally}");
    }
    println!("cut off and rejoined: {seen} attacks answered, all visible");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_that_is_cut_off_and_killed_gets_all_and_keeps_all() -> Result {
    let mut cluster = Cluster::start().await?;
    cluster.attack("before").await?;
    let writers = Writers::start(&cluster.api, "posted", 100);
    writers.acknowledged_enough().await?;

    cluster.network.disconnect(&cluster.server).await?;
    cluster.attack("apart").await?;
    cluster.server.signal("KILL")?;
    let acknowledged = writers.stopped().await?;
    cluster.server.wait(Duration::from_secs(10)).await?;
    cluster.server.start_again().await?;
    cluster.api = Api::of(&cluster.server).await?;
    all_are_there(&cluster.api, "posted", &acknowledged).await?;

    cluster.network.connect(&cluster.server).await?;
    for decoy in &cluster.decoys {
        cluster.sees_all_of(decoy).await;
        let tally = decoy.stop().await?;
        assert!(tally.ends_with("0 refused, 0 dropped, 0 unsent"), "{tally}");
    }
    Ok(())
}
