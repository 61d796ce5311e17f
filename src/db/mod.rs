//! Databases of a test's own.
//!
//! [`sqlite::Template`] hands out a fresh, migrated SQLite database per test by
//! copying a file that was migrated once.

mod error;
pub mod sqlite;
mod sqlite_header;

pub use error::TemplateError;
