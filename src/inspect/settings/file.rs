//! Reading the `[inspect]` table.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{ForbidCall, ForbidPath, Layer, RequireAttribute, Rules};
use crate::inspect::Error;

/// Where settings stand, under the workspace's root.
pub const SETTINGS_FILE: &str = ".config/shakedown.toml";

/// The `[inspect]` table.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Settings {
    /// Test binaries of the fast suite; those outside and outside the tiers are stray.
    pub fast_targets: Option<Vec<String>>,
    /// Where the baseline stands, under the workspace's root.
    pub baseline: Option<PathBuf>,
    /// Settings of the shipped rules.
    pub(crate) rules: Rules,
    /// Paths that only some modules may name.
    pub forbid_path: Vec<ForbidPath>,
    /// Calls that some tiers must not make.
    pub forbid_call: Vec<ForbidCall>,
    /// Attributes that items must have.
    pub require_attribute: Vec<RequireAttribute>,
    /// What each module may use.
    pub layer: Vec<Layer>,
}

#[derive(Debug, Default, Deserialize)]
struct File {
    #[serde(default)]
    inspect: Settings,
}

impl Settings {
    /// Reads `.config/shakedown.toml` under `root`; defaults if there is none.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or holds something unknown: the error names the line.
    pub fn of_workspace(root: &Path) -> Result<Self, Error> {
        let path = root.join(SETTINGS_FILE);
        match std::fs::read_to_string(&path) {
            Ok(text) => Self::parse(&path, &text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(source) => Err(Error::Read { path, source }),
        }
    }

    /// Reads settings from `text`; `path` is for messages.
    ///
    /// # Errors
    ///
    /// As [`Settings::of_workspace`].
    pub fn parse(path: &Path, text: &str) -> Result<Self, Error> {
        let file: File = toml::from_str(text).map_err(|error| toml_error(path, text, &error))?;
        Ok(file.inspect)
    }

    /// Whether a rule of this name is defined here, beside those that ship.
    #[must_use]
    pub fn defines(&self, rule: &str) -> bool {
        let paths = self.forbid_path.iter().map(|it| it.id.as_str());
        let calls = self.forbid_call.iter().map(|it| it.id.as_str());
        let attributes = self.require_attribute.iter().map(|it| it.id.as_str());
        paths.chain(calls).chain(attributes).any(|it| it == rule)
    }

    /// Where the baseline stands, in the workspace at `root`.
    #[must_use]
    pub fn baseline_path(&self, root: &Path) -> PathBuf {
        let default = PathBuf::from(".config/inspect-baseline.toml");
        root.join(self.baseline.as_ref().unwrap_or(&default))
    }
}

/// A TOML error, with the line it is in.
pub(crate) fn toml_error(path: &Path, text: &str, error: &toml::de::Error) -> Error {
    let offset = error.span().map_or(0, |span| span.start);
    let line = text[..offset.min(text.len())].matches('\n').count() + 1;
    Error::Toml {
        path: path.to_owned(),
        line,
        message: error.message().replace('\n', "; "),
    }
}
