//! Rules that need no Rust: forbidden paths, forbidden calls, required attributes.

use serde::Deserialize;

use super::Exception;
use super::exceptions::filled;
use super::tiers::tiers;
use crate::inspect::finding::Severity;

/// Paths that only some modules may name.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub struct ForbidPath {
    /// The rule's name.
    #[serde(deserialize_with = "filled")]
    pub id: String,
    /// What must not be named: paths of the workspace or of other crates, `::*` for all below.
    pub paths: Vec<String>,
    /// Modules that may name it.
    #[serde(default)]
    pub outside: Vec<String>,
    /// Modules that must not; all if empty.
    #[serde(default)]
    pub inside: Vec<String>,
    /// Why.
    #[serde(deserialize_with = "filled")]
    pub reason: String,
    /// What to name instead.
    #[serde(default)]
    pub instead: Option<String>,
    /// How bad it is; `error` if absent.
    #[serde(default)]
    pub severity: Option<Severity>,
    /// Items it does not hold for.
    #[serde(default)]
    pub exceptions: Vec<Exception>,
}

/// Calls that code of some tiers must not make.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub struct ForbidCall {
    /// The rule's name.
    #[serde(deserialize_with = "filled")]
    pub id: String,
    /// What must not be called: functions of the workspace or of other crates, `::*` for all below.
    pub calls: Vec<String>,
    /// Tiers it holds in: `fast`, `stress`, ...; everywhere, sources included, if empty.
    #[serde(default, deserialize_with = "tiers")]
    pub tiers: Vec<String>,
    /// Whether calls through other functions count.
    #[serde(default)]
    pub reachable: bool,
    /// Who looks for the calls; clippy can only everywhere, and directly.
    #[serde(default)]
    pub by: Finder,
    /// Why.
    #[serde(deserialize_with = "filled")]
    pub reason: String,
    /// What to call instead.
    #[serde(default)]
    pub instead: Option<String>,
    /// How bad it is; `error` if absent.
    #[serde(default)]
    pub severity: Option<Severity>,
    /// Items it does not hold for.
    #[serde(default)]
    pub exceptions: Vec<Exception>,
}

/// Who looks for a forbidden call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Finder {
    /// `cargo shakedown inspect`.
    #[default]
    Inspection,
    /// clippy's `disallowed_methods`, which knows types. Inspection holds `clippy.toml`
    /// to the settings instead.
    Clippy,
}

/// What an attribute is required on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ItemKind {
    /// Functions and methods.
    Function,
    /// Tests.
    Test,
    /// Structs, enums, unions and type aliases.
    Type,
    /// Statics and constants.
    Value,
}

/// An attribute that items must have.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub struct RequireAttribute {
    /// The rule's name.
    #[serde(deserialize_with = "filled")]
    pub id: String,
    /// An item, or `module::*` for everything below a module.
    #[serde(deserialize_with = "filled")]
    pub items: String,
    /// Which kind of items below it.
    pub kind: ItemKind,
    /// Whether items that are not `pub` are left alone.
    #[serde(default)]
    pub public: bool,
    /// The attribute's name, or its path.
    #[serde(deserialize_with = "filled")]
    pub attribute: String,
    /// Why.
    #[serde(deserialize_with = "filled")]
    pub reason: String,
    /// What to do.
    #[serde(default)]
    pub instead: Option<String>,
    /// How bad it is; `error` if absent.
    #[serde(default)]
    pub severity: Option<Severity>,
    /// Items it does not hold for.
    #[serde(default)]
    pub exceptions: Vec<Exception>,
}
