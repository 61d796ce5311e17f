//! Placeholder of the `conftest` module.
