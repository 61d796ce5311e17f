//! `db::mysql` where MariaDB is not installed: its server in a container.

use std::path::Path;

use decnet::config::Config;
use decnet::db::get_repository;
use shakedown::Result;
use shakedown::db::mysql::{Database, MySqlServer, available};
use shakedown::fixtures::env_guard;

use crate::image::docker;

/// The containers that write to `directory`.
fn containers_of(directory: &Path) -> Result<Vec<String>> {
    let filter = format!("volume={}", directory.display());
    let listed = docker(&["ps", "--all", "--quiet", "--filter", &filter])?;
    Ok(listed.lines().map(str::to_owned).collect())
}

#[test]
fn a_database_of_a_server_in_a_container_is_like_any_other() -> Result {
    let environment = env_guard();
    environment.set("SHAKEDOWN_MARIADB", "image");
    assert_eq!(available(), Ok(()));
    let server = MySqlServer::start()?;
    let socket = server.handle().socket();
    let directory = socket.parent().unwrap().to_owned();
    assert_eq!(containers_of(&directory)?.len(), 1);
    {
        let database = Database::create(&server)?;
        database.execute("CREATE TABLE t (a INT); INSERT INTO t VALUES (7)")?;
        assert_eq!(database.execute("SELECT a FROM t")?, "7\n");
        let url = database.url();
        let config = Config::from_lookup(&|name| match name {
            "DECNET_DEVELOPER" => Some("true".to_owned()),
            "DECNET_DB_TYPE" => Some("mysql".to_owned()),
            "DECNET_DB_URL" => Some(url.clone()),
            _ => None,
        })?;
        let runtime = tokio::runtime::Runtime::new()?;
        let _entered = runtime.enter();
        let repository = get_repository(&config)?;
        assert_eq!(runtime.block_on(repository.statistics())?.total_logs, 0);
        runtime.block_on(repository.close());
        database.execute("DROP TABLE t")?;
    }
    // Under nextest a database, and its server, last until the test has passed.
    Ok(())
}
