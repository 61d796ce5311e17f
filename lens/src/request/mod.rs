//! Flame graphs of single requests.
//!
//! [`RequestProfiler`] wraps a service. While a profiled request is in flight
//! one thread looks at it, up to a thousand times a second, and finds it in one
//! of three states:
//!
//! 1. **polled**: a thread runs its future. That thread gets a signal, whose
//!    handler stores the addresses of its own stack down to the layer's frame,
//!    into memory reserved for it: no lock, no allocation.
//! 2. **waiting**: its future returned. The stack that counts is where the
//!    innermost future took the waker to be woken later; each poll is given a
//!    waker of its own, so that every future takes it anew. Shown with
//!    `[awaiting]`.
//! 3. **ready**: it was woken, and no thread is free to poll it.
//!
//! So a wait is seen as a wait, with the line that waits; requests that run at
//! the same time do not mix; and frames of the runtime are not shown. Addresses
//! are turned into names later, on another thread.
//!
//! # What it does not see
//!
//! - What a request does elsewhere: spawned tasks, `spawn_blocking`, other
//!   processes. The request is then shown awaiting their result.
//! - The body of the answer, when that is streamed after the handler returned.
//! - Of several things awaited at once, all but the first to take the waker.
//! - More than 64 requests at once: those beyond are answered as always, and
//!   counted.
//! - Requests much shorter than the time between two looks: their page has few
//!   samples or none, and says so.
//!
//! # What it asks of the program
//!
//! The signal is the first real-time signal that nobody handles. System calls
//! that it interrupts are restarted by the kernel, as far as the kernel does
//! that. Walking a stack from a signal handler needs an unwinder that takes no
//! lock (glibc 2.35 and gcc 12, or newer). Linux only; elsewhere waits alone are
//! seen.

#[cfg(target_os = "linux")]
mod capture;
#[cfg(not(target_os = "linux"))]
#[path = "capture_elsewhere.rs"]
mod capture;
mod engine;
mod future;
mod in_flight;
mod layer;
mod mark;
mod pace;
mod report;
mod sampler;
mod settings;
mod store;
mod symbol_table;
mod symbols;
mod waker;

pub use future::ProfiledFuture;
pub use layer::{Profiled, RequestProfiler};
pub use settings::SettingError;
