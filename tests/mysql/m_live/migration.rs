//! The schema of decnet in MariaDB, brought up to date.

use std::thread;

use decnet::db::{DbError, migrate_mysql, mysql_migrations};
use shakedown::Result;
use shakedown::db::mysql::{Database, MySqlServer};

fn empty() -> Result<Database> {
    Ok(Database::create(&MySqlServer::of_run()?)?)
}

fn version(database: &Database) -> Result<usize> {
    let text = database.execute("SELECT version FROM schema_version")?;
    Ok(text.trim().parse()?)
}

#[test]
fn migrating_again_changes_nothing() -> Result {
    let database = empty()?;
    migrate_mysql(&database.url())?;
    let tables = database.execute("SHOW TABLES")?;
    database.execute("UPDATE totals SET logs = 7")?;
    migrate_mysql(&database.url())?;
    assert_eq!(database.execute("SHOW TABLES")?, tables);
    assert_eq!(database.execute("SELECT logs FROM totals")?.trim(), "7");
    assert_eq!(version(&database)?, mysql_migrations().len());
    Ok(())
}

#[test]
fn a_migration_that_was_interrupted_is_finished() -> Result {
    let database = empty()?;
    migrate_mysql(&database.url())?;
    // As after the first statement of the last migration.
    database.execute("DROP TABLE users; UPDATE schema_version SET version = version - 1")?;
    migrate_mysql(&database.url())?;
    assert_eq!(database.execute("SELECT count(*) FROM users")?.trim(), "0");
    assert_eq!(version(&database)?, mysql_migrations().len());
    Ok(())
}

#[test]
fn several_at_once_migrate_once() -> Result {
    let database = empty()?;
    let url = database.url();
    thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| migrate_mysql(&url)))
            .collect();
        for thread in threads {
            thread.join().unwrap().unwrap();
        }
    });
    assert_eq!(version(&database)?, mysql_migrations().len());
    Ok(())
}

#[test]
fn a_database_of_a_newer_build_is_refused() -> Result {
    let database = empty()?;
    migrate_mysql(&database.url())?;
    database.execute("UPDATE schema_version SET version = 99")?;
    let error = migrate_mysql(&database.url()).unwrap_err();
    assert!(matches!(error, DbError::Newer { found: 99, .. }), "{error}");
    Ok(())
}
