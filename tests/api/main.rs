//! decnet's API, in process.

#[path = "../service/conftest.rs"]
mod conftest;
