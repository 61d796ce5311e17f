//! Placeholder of the `db` module.
