//! The server: started, shared, attached to, and gone.

use std::path::Path;

use shakedown::Result;
use shakedown::db::mysql::{Database, MySqlHandle, MySqlServer};

#[test]
fn a_server_opens_no_port_and_goes_with_its_last_holder() -> Result {
    let server = MySqlServer::start()?;
    let socket = server.handle().socket();
    let process = Path::new("/proc").join(server.pid().unwrap().to_string());
    let database = Database::create(&server)?;
    let port = database.execute("SELECT @@skip_networking, database()")?;
    assert_eq!(port, format!("1\t{}\n", database.name()));
    drop(server);
    assert!(process.exists(), "a database keeps its server");
    assert!(socket.exists());
    Ok(())
}

#[test]
fn one_server_is_shared_by_all_tests_of_a_process() -> Result {
    let (one, two) = (MySqlServer::shared()?, MySqlServer::shared()?);
    assert_eq!(one.handle(), two.handle());
    let other = MySqlServer::start()?;
    assert_ne!(one.handle(), other.handle());
    Ok(())
}

#[test]
fn a_handle_that_went_through_json_is_enough_to_attach() -> Result {
    let server = MySqlServer::start()?;
    let text = serde_json::to_string(server.handle())?;
    let handle: MySqlHandle = serde_json::from_str(&text)?;
    let attached = MySqlServer::attach(handle)?;
    assert_eq!(attached.pid(), None);
    let database = Database::create(&attached)?;
    assert_eq!(database.execute("SELECT 1 + 1")?, "2\n");
    Ok(())
}

#[test]
fn a_refused_statement_is_told_in_the_servers_words() -> Result {
    let database = Database::create(&MySqlServer::shared()?)?;
    let error = database
        .execute("SELECT 1; SELEKT 2; SELECT 3")
        .unwrap_err();
    let text = error.to_string();
    let start = format!(
        "cannot run statements in the database `{}`: ERROR 1064",
        database.name()
    );
    assert!(text.starts_with(&start), "{text}");
    assert!(text.contains("SELEKT"), "{text}");
    Ok(())
}

#[test]
fn a_server_that_is_gone_is_an_error() -> Result {
    let server = MySqlServer::start()?;
    let gone = MySqlServer::attach(server.handle().clone())?;
    drop(server);
    let text = Database::create(&gone).unwrap_err().to_string();
    assert!(
        text.starts_with("cannot create the database `test_"),
        "{text}"
    );
    assert!(
        text.contains("Can't connect to local server through socket"),
        "{text}"
    );
    Ok(())
}
