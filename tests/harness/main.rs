//! tests
#[path = "../service/conftest.rs"]
mod conftest;
#[test]
fn x() {}
