//! Databases cloned from one that was migrated once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use shakedown::Result;
use shakedown::db::mysql::{Database, MySqlError, MySqlServer, Template};

const SCHEMA: &str = "
    CREATE TABLE users (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(40) UNIQUE,
        shout VARCHAR(40) AS (upper(name)) STORED);
    CREATE TABLE posts (id INT PRIMARY KEY, author INT NOT NULL, text TEXT,
        CONSTRAINT by_user FOREIGN KEY (author) REFERENCES users (id));
    INSERT INTO users (name) VALUES ('root'), ('a\\tb`c');
    INSERT INTO posts VALUES (1, 2, 'line\\nline');";

fn migrate(empty: &Database) -> Result<(), MySqlError> {
    empty.execute(SCHEMA).map(drop)
}

#[test]
fn each_clone_is_whole_and_its_own() -> Result {
    let server = MySqlServer::shared()?;
    let template = Template::new("own").key([SCHEMA]).build_with(migrate);
    let (one, two) = (template.fresh(&server)?, template.fresh(&server)?);
    assert_ne!(one.name(), two.name());
    let added = one.execute(
        "INSERT INTO users (name) VALUES ('ada');
         SELECT id, name, shout FROM users ORDER BY id; SELECT text FROM posts",
    )?;
    // The next number is the template's, the generated column is generated.
    assert_eq!(
        added,
        "1\troot\tROOT\n2\ta\\tb`c\tA\\tB`C\n3\tada\tADA\nline\\nline\n"
    );
    assert_eq!(two.execute("SELECT count(*) FROM users")?.trim(), "2");
    let orphan = two
        .execute("INSERT INTO posts VALUES (2, 99, 'x')")
        .unwrap_err();
    assert!(
        orphan.to_string().contains("foreign key constraint"),
        "{orphan}"
    );
    Ok(())
}

#[test]
fn racing_threads_build_it_once() -> Result {
    let server = MySqlServer::shared()?;
    let builds = Arc::new(AtomicU32::new(0));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let builds = Arc::clone(&builds);
                let template = Template::new("race").build_with(move |empty| {
                    builds.fetch_add(1, Ordering::SeqCst);
                    migrate(empty)
                });
                let clone = template.fresh(&server).unwrap();
                assert_eq!(clone.execute("SELECT count(*) FROM users").unwrap(), "2\n");
            });
        }
    });
    assert_eq!(builds.load(Ordering::SeqCst), 1);
    Ok(())
}

#[test]
fn a_failing_build_is_told_and_tried_again() -> Result {
    let server = MySqlServer::shared()?;
    let failing = Template::new("failing")
        .build_with(|empty| empty.execute("CREATE TABLE t (x INT); BROKEN").map(drop));
    let error = failing.fresh(&server).unwrap_err();
    let text = format!("{error:?}");
    assert!(
        text.starts_with("cannot build the database template `failing`"),
        "{text}"
    );
    assert!(
        text.contains("You have an error in your SQL syntax"),
        "{text}"
    );
    // Under the same key: what the first attempt left is gone.
    let working = Template::new("failing")
        .build_with(|empty| empty.execute("CREATE TABLE t (y INT)").map(drop));
    assert_eq!(working.fresh(&server)?.execute("SHOW TABLES")?, "t\n");
    let none = Template::new("none").fresh(&server).unwrap_err();
    assert!(none.to_string().contains("call `build_with`"), "{none}");
    Ok(())
}

#[test]
fn what_cannot_be_cloned_is_refused_by_name() -> Result {
    let server = MySqlServer::shared()?;
    for (statement, expected) in [
        ("CREATE VIEW looks AS SELECT 1", "the view `looks`"),
        ("CREATE SEQUENCE counts", "the sequence `counts`"),
        ("CREATE PROCEDURE acts() SELECT 1", "the procedure `acts`"),
        (
            "CREATE TABLE t (x INT); CREATE TRIGGER reacts BEFORE INSERT ON t FOR EACH ROW SET @x = 1",
            "the trigger `reacts`",
        ),
    ] {
        let template = Template::new("refused")
            .key([statement])
            .build_with(move |empty| empty.execute(statement).map(drop));
        let text = template.fresh(&server).unwrap_err().to_string();
        assert!(text.contains(expected), "{text}");
    }
    Ok(())
}
