//! decnet's decoys, collector and deployments, in process: what peers can do to
//! them, and what they report.
#![expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

#[path = "../service/conftest.rs"]
mod conftest;

mod collector;
mod commands;
mod deployment;
mod ftp;
mod hostile;
mod http;
mod limits;
mod rdp;
mod smb;
mod ssh;
mod stage;
mod telnet;
