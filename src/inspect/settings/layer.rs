//! Layers: which modules a module may use.

use serde::Deserialize;

use super::Exception;
use super::exceptions::filled;
use crate::inspect::finding::Severity;

/// A module and the modules of its workspace that it may use.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub struct Layer {
    /// The path of the module; with everything in it.
    #[serde(deserialize_with = "filled")]
    pub module: String,
    /// Modules it may use beside itself, with everything in them; all if absent.
    #[serde(default)]
    pub may_use: Option<Vec<String>>,
    /// Modules it must not use.
    #[serde(default)]
    pub must_not_use: Vec<String>,
    /// Why.
    #[serde(deserialize_with = "filled")]
    pub reason: String,
    /// What to do instead.
    #[serde(default)]
    pub instead: Option<String>,
    /// How bad it is; `error` if absent.
    #[serde(default)]
    pub severity: Option<Severity>,
    /// Items it does not hold for.
    #[serde(default)]
    pub exceptions: Vec<Exception>,
}
