//! Stacks of all threads, printed when a test process is ended from outside.
//!
//! nextest ends a test that runs too long with SIGTERM and, after the grace
//! period, with SIGKILL. Between the two this module writes to stderr what each
//! thread was doing. Three steps, each doing only what it may where it runs:
//!
//! 1. [`termination`]: the SIGTERM handler posts a semaphore, nothing else. A
//!    thread started before `main` waits on it.
//! 2. [`collection`]: that thread signals every other thread; their handlers
//!    walk their own stack into memory reserved for them. No lock, no
//!    allocation.
//! 3. [`rendering`]: the waiting thread turns addresses into functions, files
//!    and lines, and writes thread by thread, so that a kill in the middle
//!    leaves what was read until then.
//!
//! Then SIGTERM is raised again with its default action: nextest sees a test
//! that died of its signal, and no destructor runs. An alarm ends the process
//! even if one of the steps blocks.

#[cfg(target_os = "linux")]
mod collection;
#[cfg(target_os = "linux")]
mod rendering;
mod termination;

#[cfg(target_os = "linux")]
pub(super) use collection::{prepare, print_own};
pub(super) use termination::print_on_termination;
