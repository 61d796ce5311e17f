//! MariaDB: the fixture, and decnet's repository in it. Part of the `live`
//! tier (and, in one measurement, of `bench`), in a binary of its own so that nothing else waits for MariaDB.
#![expect(
    clippy::unwrap_used,
    reason = "test code: clippy exempts the bodies of test functions, but not what they call"
)]

// Under the tier's name, so that `--profile live` asks for it by name.
shakedown::requires!(live, shakedown::db::mysql::available);

#[path = "../service/conftest.rs"]
mod conftest;
#[path = "../fixtures/rerun.rs"]
mod rerun;
#[path = "../contract/suite/mod.rs"]
mod suite;

mod m_bench;
mod m_live {
    pub(crate) mod contract;
    mod evidence;
    mod migration;
    mod repository;
    mod server;
    mod template;
    mod whole_run;
}
