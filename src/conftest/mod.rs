//! `conftest!`: what holds for every test of a binary, before any of them runs.
//!
//! pytest reads `conftest.py` before it collects tests. Here the macro
//! [`conftest!`](crate::conftest!) does its work before `main`, while the
//! process has one thread, in every way a test binary is started: by nextest
//! (when it lists and when it runs), by `cargo test`, by hand, by a debugger.
//!
//! | pytest | here |
//! |---|---|
//! | `os.environ[..] = ..` at the top of `conftest.py` | `env: { "KEY": "value" }` |
//! | `monkeypatch.delenv` in an autouse fixture | `scrub: ["SERVICE_*"]` |
//! | `pytest-timeout`, `faulthandler` | stacks of all threads when nextest ends a test for time |
//! | collection that hangs | ends after `list_timeout` seconds, with the stack |
//!
//! # Example
//!
//! ```standalone_crate
//! shakedown::conftest! {
//!     env: { "SERVICE_DB": "sqlite", "SERVICE_TRACING": "false" },
//!     scrub: ["SERVICE_*"],     // whatever else the shell exported is removed
//!     list_timeout: 60,         // seconds; 60 is the default
//! }
//! # assert_eq!(std::env::var("SERVICE_DB").as_deref(), Ok("sqlite"));
//! ```
//!
//! All parts are optional, in this order. Put it into one file and include that
//! from every test binary (`#[path = "../service/conftest.rs"] mod conftest;`);
//! once per binary, a second one ends the process.
//!
//! # Environment
//!
//! What the shell exports must not decide what a test sees: a variable that
//! matches a `scrub` pattern is removed, then the pins are set, so a pin always
//! wins. A pattern is a name or a prefix with one trailing `*`. `NEXTEST*`,
//! `CARGO*` and `SHAKEDOWN*` configure the run and are removed only by a
//! pattern that spells their prefix out.
//!
//! `[env]` in `.cargo/config.toml` cannot do this: it cannot unset, it also
//! reaches `cargo run`, and the bare binary never sees it.
//!
//! # Time
//!
//! nextest limits how long a test runs, not how long a binary takes to list its
//! tests; a static initialiser that hangs there hangs the run for ever. So the
//! listing ends itself after `list_timeout` seconds with SIGALRM. When nextest
//! ends a test for time it sends SIGTERM, then waits for the grace period;
//! within it the stacks of all threads are written to stderr, which nextest
//! shows with the failure and in JUnit. The grace period must be at least five
//! seconds, and function, file and line need debug information
//! (`debug = "line-tables-only"` is enough). In unoptimised builds reading it is
//! slow; `[profile.dev.package]` with `opt-level = 2` for `backtrace`,
//! `addr2line`, `gimli`, `object` and `miniz_oxide` makes it fast. Stacks are
//! printed on Linux; other Unix systems say in one line that they are not.

mod declaration;
mod environment;
mod listing;
#[cfg(unix)]
mod stacks;

#[doc(hidden)]
pub use declaration::{Conftest, install};
pub use environment::exported;
#[doc(hidden)]
pub use environment::{pattern_is_valid, pin_is_valid};
