//! The matrix in MariaDB. The fixture's server never syncs, so its pair in
//! SQLite is `synchronous` off.

use shakedown::Result;
use shakedown::stress::Knobs;

use crate::matrix::{base, measure};
use crate::target::Setup;

#[tokio::test]
async fn in_mariadb() -> Result {
    let knobs = Knobs::from_env()?;
    let setup = Setup {
        mysql: true,
        ..base(&knobs)
    };
    measure(knobs, setup).await
}
