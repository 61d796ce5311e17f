//! Lenses on a running service: off unless mounted, and then honest about what
//! they see.
//!
//! [`RequestProfiler`] is a tower layer that writes one flame graph for each
//! profiled request. [`flame`] is the flame graph itself, which every profiler
//! of `cargo shakedown profile` ends in: folded stacks in, one self-contained
//! page or a static picture out.
//!
//! This is a package of its own so that a service builds this and nothing of the
//! test library.

pub mod flame;
mod request;

pub use request::{Profiled, ProfiledFuture, RequestProfiler, SettingError};
