//! What every repository of decnet promises, held against SQLite. The binary
//! `mysql` holds the same suite against MariaDB.
#![expect(
    clippy::unwrap_used,
    reason = "test code: clippy exempts the bodies of test functions, but not what they call"
)]

#[path = "../service/conftest.rs"]
mod conftest;
mod suite;

use shakedown::fixtures::scratch;

use suite::World;

fn sqlite() -> shakedown::Result<World> {
    let scratch = scratch();
    let path = scratch.join("decnet.db");
    let url = path.to_string_lossy().into_owned();
    World::open("sqlite", &url, Box::new(scratch))
}

suite::contract!(sqlite);
