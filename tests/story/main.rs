//! The performance story, and the tables of Locust's that it is told from.

// #[path = "../service/conftest.rs"]
// mod conftest;
mod locust_tables;
