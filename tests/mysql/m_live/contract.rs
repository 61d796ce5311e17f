//! What every repository of decnet promises, held against MariaDB.

use decnet::db::{migrate_mysql, mysql_migrations};
use shakedown::Result;
use shakedown::db::mysql::{Database, MySqlServer, Template};

use crate::suite::{self, World};

/// decnet's schema, to be cloned.
pub(crate) fn template() -> Template {
    Template::new("decnet")
        .key(mysql_migrations().concat())
        .build_with(|empty| migrate_mysql(&empty.url()))
}

/// A migrated database of the test's own.
pub(crate) fn fresh() -> Result<Database> {
    Ok(template().fresh(&MySqlServer::of_run()?)?)
}

pub(super) fn mysql() -> Result<World> {
    let database = fresh()?;
    World::open("mysql", &database.url(), Box::new(database))
}

suite::contract!(mysql);
