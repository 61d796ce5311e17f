//! Profilers of other programs, which need not know of it: processor time of a
//! running process or of a command, memory of a command.
//!
//! Each starts a well-known tool (`perf`, `samply`, `valgrind`, `heaptrack`),
//! reads what it wrote, and ends in the flame graphs of [`lens`](crate::lens).
//! What is written goes to an [archive](Artefacts) that only grows.
//!
//! | module | what it does |
//! |---|---|
//! | `tool`, `target` | which tools are here; whether a process may be looked at |
//! | `perf`, `perf_script` | records samples, reads them back |
//! | `cpu` | samples as flame graph, folded stacks and Firefox-profiler JSON |
//! | `callgrind` | instructions of a command, counted exactly |
//! | `heaptrack`, `dhat`, `heap` | allocations of a command |
//! | `binary` | what a program is, as far as its file says |
//! | `artefact` | names and places of what was written |

mod artefact;
mod binary;
mod callgrind;
mod cpu;
mod dhat;
mod during;
mod error;
mod firefox;
mod heap;
mod heaptrack;
mod perf;
mod perf_script;
mod samply;
mod target;
mod tool;
mod wait;

pub use crate::interrupt::Interrupt;
pub use artefact::{Artefact, Artefacts, Kind};
pub use binary::Binary;
pub use callgrind::{Callgrind, CallgrindError, callgrind, callgrind_stacks};
pub use cpu::CpuProfile;
pub use dhat::{Dhat, DhatError};
pub use during::{SERVER_VARIABLE, server_options};
pub use error::ProfileError;
pub use heap::{Allocator, HeapProfile, HeapTool};
pub use perf::{CallGraph, PerfOptions, PerfRecording, may_sample};
pub use perf_script::{PerfFrame, PerfSample, perf_script};
pub use samply::samply_attach;
pub use target::Target;
pub use tool::Tool;
pub use wait::Watched;
