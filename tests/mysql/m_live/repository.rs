//! What only a repository in a server has to cope with.

use std::time::Duration;

use decnet::config::Config;
use decnet::db::{DbError, get_repository};
use decnet::model::{ComponentStatus, LogFilter, Paging};
use serde_json::to_value;
use shakedown::Result;

use super::contract::{fresh, mysql};
use crate::suite::model::Model;
use crate::suite::storing::traffic;

const ALL: Paging = Paging {
    limit: 1000,
    offset: 0,
};

fn config(url: &str) -> Result<Config> {
    Ok(Config::from_lookup(&|name| match name {
        "DECNET_DEVELOPER" => Some("true".to_owned()),
        "DECNET_DB_TYPE" => Some("mysql".to_owned()),
        "DECNET_DB_URL" => Some(url.to_owned()),
        _ => None,
    })?)
}

#[tokio::test]
async fn connections_that_the_server_ended_are_replaced() -> Result {
    let database = fresh()?;
    let repository = get_repository(&config(&database.url())?)?;
    let logs = traffic(20);
    repository.append(logs[..10].to_vec()).await?;
    assert_eq!(repository.statistics().await?.total_logs, 10);
    let ours = "SELECT group_concat('KILL ', id SEPARATOR '; ') FROM information_schema.processlist
                WHERE db = database() AND id <> connection_id()";
    let kill = database.execute(ours)?;
    assert!(kill.matches("KILL").count() >= 2, "{kill}");
    database.execute(&kill)?;
    assert_eq!(repository.append(logs[10..].to_vec()).await?, 11..21);
    assert_eq!(repository.statistics().await?.total_logs, 20);
    let filter = LogFilter::default();
    let found = to_value(repository.logs(filter.clone(), ALL).await?)?;
    assert_eq!(found, Model(&logs).logs(&filter, ALL));
    repository.close().await;
    Ok(())
}

#[tokio::test]
async fn a_second_writer_spoils_nothing() -> Result {
    let database = fresh()?;
    let config = config(&database.url())?;
    let (one, two) = (get_repository(&config)?, get_repository(&config)?);
    let logs = traffic(200);
    for pair in logs.chunks(4) {
        one.append(pair[..2].to_vec()).await?;
        two.append(pair[2..].to_vec()).await?;
    }
    let fresh = get_repository(&config)?;
    let filter = LogFilter::default();
    let found = to_value(fresh.logs(filter.clone(), ALL).await?)?;
    assert_eq!(found, Model(&logs).logs(&filter, ALL));
    let attackers = decnet::model::AttackerFilter::default();
    let found = crate::suite::attacking::attackers(&*fresh, &attackers, ALL).await?;
    assert_eq!(found, Model(&logs).attackers(&attackers, ALL));
    for repository in [one, two, fresh] {
        repository.close().await;
    }
    Ok(())
}

#[tokio::test]
async fn a_transaction_that_fails_stores_nothing_and_the_next_one_works() -> Result {
    let database = fresh()?;
    let repository = get_repository(&config(&database.url())?)?;
    let logs = traffic(30);
    repository.append(logs[..10].to_vec()).await?;
    database.execute(
        "CREATE TRIGGER refuse BEFORE INSERT ON bounties FOR EACH ROW
         SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no bounties today'",
    )?;
    let error = repository.append(logs[10..20].to_vec()).await.unwrap_err();
    assert!(error.to_string().contains("no bounties today"), "{error}");
    assert_eq!(repository.generation(), 1);
    database.execute("DROP TRIGGER refuse")?;
    assert_eq!(repository.append(logs[20..].to_vec()).await?, 11..21);
    let stored = [&logs[..10], &logs[20..]].concat();
    let filter = decnet::model::AttackerFilter::default();
    let found = crate::suite::attacking::attackers(&*repository, &filter, ALL).await?;
    assert_eq!(found, Model(&stored).attackers(&filter, ALL));
    repository.close().await;
    Ok(())
}

#[tokio::test]
async fn a_server_that_is_gone_is_unhealthy_and_an_error_not_a_hang() -> Result {
    let world = mysql()?;
    let (database, repository) = {
        let database = fresh()?;
        let repository = get_repository(&config(&database.url())?)?;
        (database, repository)
    };
    drop(world);
    database.execute("RENAME TABLE totals TO elsewhere")?;
    let waited = tokio::time::timeout(Duration::from_secs(20), async {
        let appended = repository.append(traffic(1)).await;
        (appended, repository.components().await)
    });
    let (appended, components) = waited.await?;
    assert!(
        matches!(appended, Err(DbError::Statement { .. })),
        "{appended:?}"
    );
    let database_state = &components[0];
    assert_eq!(
        database_state.status,
        ComponentStatus::Unhealthy,
        "{components:?}"
    );
    assert!(database_state.detail.contains("totals"), "{components:?}");
    repository.close().await;
    Ok(())
}

#[test]
fn what_cannot_be_opened_is_named_without_the_password() -> Result {
    let database = fresh()?;
    let socket = database.socket().display().to_string();
    let absent = format!("mysql://root:@localhost/absent?socket={socket}");
    let denied = format!(
        "mysql://nobody:hunter2@localhost/{}?socket={socket}",
        database.name()
    );
    let silent = "mysql://nobody:hunter2@localhost/decnet?socket=/nowhere/socket".to_owned();
    for (url, expected) in [
        (absent, "Unknown database"),
        (denied, "Access denied"),
        (silent, "/nowhere/socket"),
    ] {
        let text = get_repository(&config(&url)?).unwrap_err().to_string();
        assert!(text.contains("`DECNET_DB_URL`"), "{text}");
        assert!(text.contains(expected), "{text}");
        assert!(!text.contains("hunter2"), "{text}");
    }
    Ok(())
}
