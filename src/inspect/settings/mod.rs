//! The `[inspect]` table of `.config/shakedown.toml`.
//!
//! ```toml
//! [inspect]
//! fast-targets = ["api", "service_testing"]      # test binaries of the fast suite
//!
//! [inspect.rules.sleep-in-test]
//! severity = "error"                             # error, warning, note or off
//! exceptions = [{ item = "tests::api::slow", reason = "measures a real timer" }]
//!
//! [[inspect.forbid-path]]
//! id = "repository-outside-db"
//! paths = ["my_service::db::SqliteRepository"]
//! outside = ["my_service::db"]
//! reason = "handlers see the trait"
//! instead = "ask `get_repository`"
//!
//! [[inspect.forbid-call]]
//! id = "no-network"
//! calls = ["reqwest::*"]
//! tiers = ["fast"]
//! reason = "the fast suite is hermetic"
//!
//! [[inspect.forbid-call]]
//! id = "no-sleep"
//! calls = ["std::thread::sleep"]
//! by = "clippy"                                  # clippy.toml must have it, with this reason
//! reason = "wait for a condition"
//!
//! [[inspect.require-attribute]]
//! id = "must-use-guards"
//! items = "my_service::guards::*"
//! kind = "type"
//! attribute = "must_use"
//! reason = "a guard dropped at once guards nothing"
//!
//! [[inspect.layer]]
//! module = "my_service::db"
//! may-use = ["my_service::model"]
//! reason = "storage knows nothing of HTTP"
//! ```
//!
//! # Calls that clippy finds better
//!
//! clippy's `disallowed_methods` knows types, so a call that is forbidden everywhere is
//! left to it with `by = "clippy"`. Inspection then does not look for the call; it fails
//! as long as `clippy.toml` does not forbid it for the same reason, and prints the entry to
//! paste. So both lists are one, and `cargo clippy` does the finding. What clippy cannot do
//! (tiers, calls through others, everything below a module) stays with inspection.
//!
//! Unknown keys, values of the wrong kind and empty reasons are errors that name
//! the line. Other tables of the file belong to others.

mod exceptions;
mod file;
mod layer;
mod restrictions;
mod rules;
mod tiers;

pub use exceptions::Exception;
pub(crate) use exceptions::is_or_is_in;
pub(crate) use file::toml_error;
pub use file::{SETTINGS_FILE, Settings};
pub use layer::Layer;
pub use restrictions::{Finder, ForbidCall, ForbidPath, ItemKind, RequireAttribute};
pub(crate) use rules::Rules;
