//! A service as a child process: started, waited for until it is ready, and
//! gone with everything below it when the test ends, however the test ends.
//!
//! ```
//! use shakedown::process::{Process, Ready};
//!
//! # fn test() -> shakedown::Result {
//! let server = Process::builder("sh")
//!     .args(["-c", "echo listening on http://127.0.0.1:8080; exec sleep 60"])
//!     .ready(Ready::line("listening on "))
//!     .start()?;
//! assert_eq!(server.ready_text(), Some("http://127.0.0.1:8080"));
//! # Ok(())
//! # }
//! # test().unwrap();
//! ```
//!
//! # What is promised
//!
//! On Linux, between the test and the program stands a *guardian*, a fork of
//! the test process that does nothing but wait. When the [`Process`] is
//! dropped, when the test panics, and when the test process itself is killed
//! with SIGKILL, the guardian kills the program and everything the program has
//! started: also what moved to another session or process group, or was
//! daemonised by a double fork. `guardian.rs` says how.
//!
//! On other Unix systems the program's process group is killed on drop, and
//! that is all: what left the group, or a test process killed with SIGKILL,
//! leaves processes behind.
//!
//! The program's standard input is `/dev/null`; standard output and standard
//! error go to one file, so no pipe of the test runner is inherited and no
//! thread of the test reads along. The file is kept when the test fails, and
//! its last lines stand in every error.

mod builder;
mod child;
mod cores;
mod error;
#[cfg(not(target_os = "linux"))]
mod group;
#[cfg(target_os = "linux")]
mod guard;
#[cfg(target_os = "linux")]
mod guardian;
pub(crate) mod http_probe;
mod log;
mod ready;

pub use builder::ProcessBuilder;
pub use child::Process;
pub use cores::{Cores, CoresError};
pub use error::{LastSeen, LogTail, ProcessError};
pub use ready::Ready;
