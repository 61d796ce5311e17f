//! Static inspection: what a workspace's sources promise, checked without
//! building or running them.
//!
//! A capture loop that a test starts in its own process never ends. Running the
//! test to find that out is too late; its source says so at once. This module
//! reads all files of a workspace, resolves names (aliases, globs, re-exports,
//! methods of receivers whose type can be followed), builds a call graph, and
//! asks questions of it:
//!
//! - in tests, with sentences: [`Source::function`], [`Source::static_table`],
//!   [`Source::module`], [`Source::tests`];
//! - with rules that ship ([`rules`]) and rules in `.config/shakedown.toml`
//!   ([`Settings`]), run by `cargo shakedown inspect` or by [`Inspection`].
//!
//! Calls that clippy finds better are left to it, and its configuration is held to the
//! settings: see [`Finder::Clippy`].
//!
//! # What it knows, and what not
//!
//! `cfg` is taken as a union, except that code only tests compile is told apart.
//! Macro arguments are read where they parse as expressions, statements or
//! items; else paths and calls are picked out of the tokens. A call through
//! `dyn Trait` or a generic bound leads to every implementation. A method on a
//! receiver whose type cannot be followed leads, *perhaps*, to every method of
//! that name: such paths never fail a check, and are reported as notes.
//! Not seen: conversions by `?` and `From`, `Drop` at the end of a scope,
//! `Deref` to another type's methods, code that procedural macros write, and
//! bodies of other crates.
//!
//! ```
//! # fn main() -> Result<(), shakedown::inspect::Error> {
//! use shakedown::inspect::Source;
//!
//! let source = Source::workspace()?;
//! source.module("shakedown::inspect")?.spawns_threads_only_in("shakedown::inspect::model");
//! # Ok(())
//! # }
//! ```

mod baseline;
mod clippy;
mod error;
mod finding;
mod fix;
mod model;
mod names;
mod query;
mod report;
mod restrictions;
mod rule;
mod rules;
mod run;
mod settings;
mod source;
mod syntax;

pub use baseline::Baseline;
pub use error::Error;
pub use finding::{Finding, Fix, Place, Severity};
pub use fix::fix;
pub use names::{rule_named, rules};
pub use query::{Calls, Function, ModuleQuery, StaticTable, Tests};
pub use rule::Rule;
pub use run::{Inspection, Report};
pub use settings::{
    Exception, Finder, ForbidCall, ForbidPath, ItemKind, Layer, RequireAttribute, SETTINGS_FILE,
    Settings,
};
pub use source::Source;
