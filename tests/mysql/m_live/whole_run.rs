//! One server for the whole run, whichever process asks.

use std::process::{Command, Stdio};

use shakedown::Result;
use shakedown::db::mysql::{Database, MySqlServer};

use crate::rerun::{PART, part};

const NAME: &str = "m_live::whole_run::one_server_serves_every_process_of_a_run";

/// The socket of the run's server and the name of a database made in it.
fn asked() -> Result<(String, Database)> {
    let server = MySqlServer::of_run()?;
    assert_eq!(server.pid(), None, "no test process starts it");
    let database = Database::create(&server)?;
    Ok((server.handle().socket().display().to_string(), database))
}

#[test]
fn one_server_serves_every_process_of_a_run() -> Result {
    if part(NAME).is_some() {
        let (socket, database) = asked()?;
        println!("\nserver {socket} {}", database.name());
        return Ok(());
    }
    let (socket, mine) = asked()?;
    // Another process of the same run: what nextest said is passed on.
    let output = Command::new(std::env::current_exe()?)
        .args(["--exact", NAME, "--nocapture"])
        .env(PART, format!("{NAME} other"))
        .stdin(Stdio::null())
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let told = text.lines().find_map(|line| line.strip_prefix("server "));
    let (theirs, other) = told.and_then(|line| line.split_once(' ')).unwrap();
    assert_eq!(theirs, socket, "{text}");
    assert_ne!(other, mine.name());
    let left = mine.execute(&format!("SHOW DATABASES LIKE '{other}'"))?;
    assert_eq!(
        left, "",
        "a database goes with its test, not with the server"
    );
    Ok(())
}
