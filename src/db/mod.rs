//! Databases of a test's own.
//!
//! [`sqlite::Template`] hands out a fresh, migrated SQLite database per test by
//! copying a file that was migrated once. With the feature `mysql`,
//! [`mysql`] starts MariaDB and clones a database per test from one that was
//! migrated once.

mod error;
#[cfg(feature = "mysql")]
pub mod mysql;
pub mod sqlite;
mod sqlite_header;

pub use error::TemplateError;
