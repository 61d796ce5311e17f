//! One server for a whole test run, hosted by a [session](mod@crate::session).
//!
//! The host starts it like any other server and keeps it until the run is over,
//! however the run ends; test processes attach to it. What a killed host leaves
//! is what a killed test leaves: its [home](super::home) is swept later.

use super::{MySqlError, MySqlHandle, MySqlServer};
use crate::session::Host;

crate::session!(
    /// The run's server.
    SERVER: MySqlHandle = start
);

/// The run's server, started if nobody asked before.
pub(super) fn server() -> Result<MySqlServer, MySqlError> {
    match SERVER.try_get() {
        Ok(handle) => MySqlServer::attach(handle.clone()),
        Err(error) => Err(MySqlError::Run(error)),
    }
}

fn start(host: &mut Host) -> crate::Result<MySqlHandle> {
    let server = MySqlServer::start()?;
    let handle = server.handle().clone();
    host.keep(server);
    Ok(handle)
}
