//! decnet against MariaDB, both in containers.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use shakedown::container::testcontainers::core::ExecCommand;
use shakedown::container::{Container, ContainerBuilder, ContainerHandle, Network, Ready};
use shakedown::session::Host;
use shakedown::{Failure, Result};

use crate::image::{Api, decnet, docker};
use crate::writers::{Acknowledged, Writers, all_are_there};

const MARIADB: &str = "shakedown/mariadb:local";
const PORT: u16 = 3306;
const ROUNDS: u64 = 3;

fn mariadb() -> ContainerBuilder {
    Container::builder(MARIADB)
        .port(PORT)
        // Of both times that it says so, the first is about its socket.
        .ready(Ready::log("port: 3306"))
}

/// One server for all tests of a run, and the network that it is in.
#[derive(Debug, Serialize, Deserialize)]
struct Server {
    container: ContainerHandle,
    network: String,
}

async fn start(host: &mut Host) -> Result<Server> {
    let network = Network::create("mariadb").await?;
    let (builder, name) = (mariadb().network(&network), network.name().to_owned());
    // Kept first, so that it goes last.
    host.keep(network);
    Ok(Server {
        container: builder.start_for(host).await?,
        network: name,
    })
}
shakedown::session!(SERVER: Server = async start);

/// decnet on the database `database` of the server called `server`.
fn decnet_on(server: &str, database: &str) -> ContainerBuilder {
    decnet().env("DECNET_DB_TYPE", "mysql").env(
        "DECNET_DB_URL",
        format!("mysql://root@{server}:{PORT}/{database}"),
    )
}

fn create_database(server: &str, name: &str) -> Result {
    let statement = format!("CREATE DATABASE {name}");
    let client = [
        "/usr/bin/mariadb",
        "--no-defaults",
        "--user=root",
        "--execute",
    ];
    let socket = "--socket=/run/mysqld/mysqld.sock";
    let mut arguments = vec!["exec", server];
    arguments.extend(client);
    arguments.extend([&statement, socket]);
    docker(&arguments).map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn acknowledged_logs_survive_a_killed_decnet() -> Result {
    let server = SERVER.get();
    create_database(server.container.name(), "killed_decnet")?;
    let network = server.network.clone();
    let container = decnet_on(server.container.name(), "killed_decnet")
        .customize(move |request| {
            use shakedown::container::testcontainers::ImageExt as _;
            request.with_network(network)
        })
        .start()
        .await?;
    let api = Api::of(&container).await?;
    let config = api.get("config").await?;
    assert_eq!(config["db_type"], "mysql", "{config}");
    let writers = Writers::start(&api, "killed-decnet", 200);
    writers.acknowledged_enough().await?;
    container.signal("KILL")?;
    let acknowledged = writers.stopped().await?;
    container.wait(Duration::from_secs(10)).await?;
    container.start_again().await?;
    all_are_there(&Api::of(&container).await?, "killed-decnet", &acknowledged).await
}

#[tokio::test]
async fn a_database_of_the_runs_server_is_reached_from_outside_too() -> Result {
    let server = SERVER.get();
    create_database(server.container.name(), "outside")?;
    let address = server.container.address(PORT)?;
    let repository = tokio::task::spawn_blocking(move || {
        let url = format!("mysql://root@{address}/outside");
        let config = decnet::config::Config::from_lookup(&|name| match name {
            "DECNET_DEVELOPER" => Some("true".to_owned()),
            "DECNET_DB_TYPE" => Some("mysql".to_owned()),
            "DECNET_DB_URL" => Some(url.clone()),
            _ => None,
        });
        decnet::db::get_repository(&config.unwrap())
    });
    let repository = repository.await??;
    assert_eq!(repository.statistics().await?.total_logs, 0);
    repository.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn acknowledged_logs_survive_a_killed_mariadb() -> Result {
    let network = Network::create("own-mariadb").await?;
    let server = mariadb().network(&network).start().await?;
    let created = [
        "mariadb",
        "--no-defaults",
        "--user=root",
        "--execute=CREATE DATABASE decnet",
    ];
    let created = created
        .into_iter()
        .chain(["--socket=/run/mysqld/mysqld.sock"]);
    let mut created = server.raw().exec(ExecCommand::new(created)).await?;
    let errors = String::from_utf8_lossy(&created.stderr_to_vec().await?).into_owned();
    assert_eq!(created.exit_code().await?, Some(0), "{errors}");
    let service = decnet_on(server.name(), "decnet")
        .network(&network)
        .start()
        .await?;
    let mut all = Acknowledged::new();
    for round in 0..ROUNDS {
        let api = Api::of(&service).await?;
        let writers = Writers::start(&api, &format!("killed-mariadb-{round}"), 100);
        writers.acknowledged_enough().await?;
        server.signal("KILL")?;
        all.extend(writers.stopped().await?);
        let code = server.wait(Duration::from_secs(10)).await?;
        assert_eq!(code, Some(137), "{}", server.log_tail(20));
        server.start_again().await?;
        // The same decnet, which was never restarted, finds its server again.
        let back = Api::of(&service).await;
        let api = back.map_err(|error| Failure::new(format!("round {round}: {error}")))?;
        all_are_there(&api, "killed-mariadb", &all).await?;
    }
    println!(
        "{ROUNDS} kills of MariaDB, {} acknowledged logs, none lost",
        all.len()
    );
    Ok(())
}
