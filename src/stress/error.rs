//! What stops a run, or its archive, or fails its verdict.

use std::path::PathBuf;

use super::Broken;
use crate::process::{Cores, CoresError};

/// Why there is no run, no archive, or no pass.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StressError {
    /// An environment variable holds something else than it should.
    #[error("`{variable}` is `{value}`; it takes {accepted}")]
    Setting {
        /// Name of the variable.
        variable: &'static str,
        /// What it holds.
        value: String,
        /// What it may hold.
        accepted: &'static str,
    },
    /// A host that is somebody else's machine, without permission to load it.
    #[error(
        "`{host}` is to be loaded and is not this machine; \
         set `STRESS_ALLOW_REMOTE=1` if it is yours to load"
    )]
    Remote {
        /// The host named.
        host: String,
    },
    /// Cores were given for a server that somebody else started.
    #[error(
        "`STRESS_SERVER_CORES` pins the server that a test starts; \
         `STRESS_HOST` is `{host}`, which runs already"
    )]
    NotOurs {
        /// The host named.
        host: String,
    },
    /// A test that starts its own server was pointed at another.
    #[error(
        "`STRESS_HOST` is `{host}`, and this test starts the server that it measures; \
         unset it, or choose a test that takes any server"
    )]
    Elsewhere {
        /// The host named.
        host: String,
    },
    /// The commit of a server that the test builds itself was given.
    #[error("`STRESS_COMMIT` says what runs at `STRESS_HOST`, which is not set")]
    OursAlready,
    /// The generator cannot be pinned.
    #[error("cannot pin the generator to its cores")]
    Cores(#[source] CoresError),
    /// The server does not run where the knobs say that it does.
    #[error(
        "the server runs on `{found}`, but `STRESS_SERVER_CORES` is `{wanted}`; \
         start it with `Process::builder(..).cores(..)`"
    )]
    NotPinned {
        /// The cores that it may use.
        found: Cores,
        /// The cores that were asked for.
        wanted: Cores,
    },
    /// The address to load is no `http://` or `https://` address.
    #[error("`{url}` is not an address to load; it takes `http://host[:port]`")]
    Address {
        /// What was given.
        url: String,
    },
    /// A run without scenarios makes no requests.
    #[error("there is no scenario to run; give some to `Stress::scenarios`")]
    NoScenario,
    /// Goose refused the configuration or a scenario.
    #[error("the load engine refused the run")]
    Engine(#[source] Box<goose::GooseError>),
    /// The thread that an open loop needs could not be started.
    #[error("cannot start the thread that keeps the schedule")]
    Schedule {
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The users did not end although they were told to.
    #[error("the users were still running {seconds} s after the run should have ended")]
    Stuck {
        /// How long they were waited for.
        seconds: u64,
    },
    /// A line a second was to go to a file that could not be made.
    #[error("cannot write the progress of the run to `{path}`")]
    Progress {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file of the archive could not be written.
    #[error("cannot archive the run in `{path}`")]
    Archive {
        /// The file or directory.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The run broke a limit.
    #[error(transparent)]
    Broken(#[from] Box<Broken>),
}
