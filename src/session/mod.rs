//! Resources shared by a whole test run, across the processes that nextest
//! starts: a database server, a container, the service under test.
//!
//! ```
//! use std::net::{SocketAddr, TcpListener};
//! use shakedown::session::Host;
//!
//! fn start_echo(_host: &mut Host) -> shakedown::Result<SocketAddr> {
//!     let listener = TcpListener::bind("127.0.0.1:0")?;
//!     let address = listener.local_addr()?;
//!     std::thread::spawn(move || {
//!         for stream in listener.incoming().flatten() {
//!             let _ = std::io::copy(&mut &stream, &mut &stream);
//!         }
//!     });
//!     Ok(address)
//! }
//!
//! shakedown::session!(pub ECHO: SocketAddr = start_echo);
//!
//! // in a #[test]
//! fn the_server_answers() {
//!     let address: &SocketAddr = ECHO.get();
//!     // ...
//! }
//! ```
//!
//! # What is promised
//!
//! The first test process that asks starts one *host* process, which runs the
//! start function; every other process of the run, of any test binary that
//! declares the resource in the same source file, attaches to it and gets the
//! same handle. What is one run:
//!
//! - one `cargo nextest run`;
//! - one `cargo test` with all its test binaries;
//! - one test binary, when it is run by itself.
//!
//! When the runner is gone, however it went (end, Ctrl-C, SIGKILL), the host
//! takes the resource down: tests that outlived the runner are killed, then
//! values given to [`Host::keep`] are dropped and finalizers run, children get
//! SIGTERM and, three seconds later, SIGKILL with all their descendants,
//! recorded clean-up commands run, and the directory is removed.
//!
//! A start that fails, panics or takes too long is one failure, shown to every
//! test that needs the resource; it is not tried again in the same run. A host
//! that dies in the middle is an error for whoever asks afterwards. Both quote
//! the host's log; so does a test that used the resource and failed.
//!
//! Where the host's processes are killed all at once, their direct children
//! die with them; the rest is found and removed when the next host of any run
//! starts.
//!
//! # Processes
//!
//! ```text
//! runner (cargo-nextest)  ◀─ watched ─  keeper ── parent of ─▶ worker ─▶ children
//!  └─ test process ── attaches, reads ─▶ state.json            (start function)
//! ```
//!
//! The keeper is a re-execution of the test binary that never reaches `main`.
//! It forks the worker, writes the state and cleans up; see `keeper.rs` and
//! `worker.rs`. Either of them can be killed alone without a trace being left.
//!
//! # Files
//!
//! ```text
//! <tmp>/shakedown-<user id>/sessions/     for this user only, checked
//!   <run>/                                nextest's run id, cargo-<pid>-<start>, self-<pid>-<start>
//!     run.json                            the runner: process id, start time, process namespace
//!     <resource>-<hash>/
//!       lock        held by the keeper while the resource starts
//!       state.json  version 1; replaced by renaming
//!       log         output of the worker and its children
//!       leases      a line for each attached process: id, when it attached, kind
//!       cleanup     a JSON array for each command that must run at the end
//!       work/       `Host::dir`
//! ```
//!
//! # Limits
//!
//! - Only Linux shares between processes. Elsewhere, and with
//!   `SHAKEDOWN_SESSION=process` (for a debugger), each process starts its own
//!   and a note on stderr says so.
//! - The start function runs before `main` of a re-executed test binary.
//!   Rust's standard library works there; static initialisers of linked C++
//!   code may not have run yet, so start such a server as a child process.
//! - It runs with the environment that the first test process was started
//!   with, less nextest's variables about that test, and in the directory of
//!   the package that declares it.

mod alive;
mod alone;
#[cfg(target_os = "linux")]
mod anchor;
#[cfg(target_os = "linux")]
mod attach;
#[cfg(target_os = "linux")]
mod burial;
#[cfg(target_os = "linux")]
mod cleanup;
mod declaration;
mod error;
mod host;
#[cfg(target_os = "linux")]
mod keeper;
#[cfg(target_os = "linux")]
mod launch;
#[cfg(target_os = "linux")]
mod lease;
#[cfg(all(target_os = "linux", any(feature = "container", feature = "mysql")))]
pub(crate) mod owner;
#[cfg(target_os = "linux")]
mod place;
#[cfg(target_os = "linux")]
mod processes;
#[cfg(target_os = "linux")]
mod quote;
#[cfg(target_os = "linux")]
mod record;
mod resource;
#[cfg(feature = "tokio")]
mod runtime;
#[cfg(target_os = "linux")]
mod sweep;
mod tail;
#[cfg(target_os = "linux")]
mod watch;
#[cfg(target_os = "linux")]
mod worker;

pub use alive::{Alive, Stage, alive};
#[doc(hidden)]
pub use declaration::{Declaration, on_keeper_stage, on_worker_stage};
pub use error::Error;
pub use host::Host;
pub use resource::Session;
pub use tail::LogTail;
