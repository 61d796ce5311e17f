//! Phases in `.config/shakedown.toml`.
//!
//! ```toml
//! [phase.POLICY_EVAL]
//! target = "50 ms"              # of the 95th percentile; us, ms, s or min
//! gate = "hard"                 # fails above 3 x target; "soft" warns
//! samples = 1000
//! quick-samples = 100           # under nextest; a tenth if absent
//! warmup = 10
//! tolerance = 0.1               # against a base: relative ..
//! absolute-tolerance = "1 ms"   # .. and absolute, both must be exceeded
//!
//! [phase.QUOTA_WAIT]
//! target = "5.1 s"
//! at-least = "5 s"              # a wait that must wait
//! fail-above = "60 s"           # instead of 3 x target
//! gate = "hard"
//! samples = 80
//! steps = ["check", "wait"]     # their times add up to the total
//!
//! [phase.ALIVE]
//! target = "5 ms"
//! gate = "soft"
//! samples = 200
//! run = { http = "GET /healthz", fixture = "api" }
//!
//! [fixture.api]
//! command = ["target/release/app", "--port", "0"]
//! ready = "listening on "       # what the address follows in its log
//!
//! [workbook]                    # what the page says beside the numbers, and
//! title = "Performance workbook"
//! cargo-profile = "release"     # how functions are built
//! build = ["cargo", "build", "--release"] # makes what commands and fixtures run, in a base
//! ```
//!
//! Without `run`, a phase is the function that `shakedown::phase!` registers
//! under its name. Unknown keys, missing units and impossible values are errors
//! that name the line. Other tables of the file belong to others.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;

use super::{Fixture, Page, Phase, RunKind, WorkbookError};

/// Where settings stand, under the workspace's root.
pub const SETTINGS_FILE: &str = ".config/shakedown.toml";

/// Phases, in the order of the file, and what belongs to them.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Settings {
    /// The file.
    pub path: PathBuf,
    /// The phases.
    pub phases: Vec<Phase>,
    /// Programs that HTTP phases talk to.
    pub fixtures: BTreeMap<String, Fixture>,
    /// The `[workbook]` table.
    pub page: Page,
}

#[derive(Debug, Deserialize)]
struct File {
    #[serde(default)]
    phase: BTreeMap<Spanned<String>, Phase>,
    #[serde(default)]
    fixture: BTreeMap<String, Fixture>,
    #[serde(default)]
    workbook: Page,
}

impl Settings {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// It cannot be read, or holds something unknown or impossible; the error
    /// names the line.
    pub fn read(path: &Path) -> Result<Self, WorkbookError> {
        let text = std::fs::read_to_string(path).map_err(|source| WorkbookError::Read {
            path: path.to_owned(),
            source,
        })?;
        Self::parse(path, &text)
    }

    /// Reads the file of the workspace that `directory` is in: the first
    /// `.config/shakedown.toml` there or above.
    ///
    /// # Errors
    /// There is none, or as [`read`](Self::read).
    pub fn above(directory: &Path) -> Result<Self, WorkbookError> {
        let found = directory
            .ancestors()
            .map(|ancestor| ancestor.join(SETTINGS_FILE))
            .find(|path| path.is_file());
        match found {
            Some(path) => Self::read(&path),
            None => Err(WorkbookError::NoSettings {
                directory: directory.to_owned(),
            }),
        }
    }

    /// Reads `text`; `path` is for messages.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    ///
    /// # Example
    /// ```
    /// use std::path::Path;
    /// use shakedown::workbook::Settings;
    ///
    /// let text = "[phase.START]\ntarget = \"50\"\ngate = \"hard\"\nsamples = 9\n";
    /// let error = Settings::parse(Path::new("shakedown.toml"), text).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "`shakedown.toml`, line 2: `50` has no unit: write `50 ms`, or us, s or min"
    /// );
    /// ```
    pub fn parse(path: &Path, text: &str) -> Result<Self, WorkbookError> {
        let failed = |offset: usize, message: String| WorkbookError::Settings {
            path: path.to_owned(),
            line: text[..offset.min(text.len())].matches('\n').count() + 1,
            message,
        };
        let file: File = toml::from_str(text).map_err(|error| {
            let offset = error.span().map_or(0, |span| span.start);
            failed(offset, error.message().replace('\n', "; "))
        })?;
        let mut named: Vec<(usize, Phase)> = Vec::new();
        for (key, mut phase) in file.phase {
            let at = key.span().start;
            let name = key.into_inner();
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
            if !name.bytes().all(plain) || !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
                return Err(failed(
                    at,
                    format!("`{name}` is no name for a phase: letters, digits and `_`"),
                ));
            }
            if let RunKind::Http {
                fixture: Some(fixture),
                ..
            } = &phase.run
                && !file.fixture.contains_key(fixture)
            {
                return Err(failed(
                    at,
                    format!("phase `{name}` needs `[fixture.{fixture}]`, which is not there"),
                ));
            }
            phase.name = name;
            named.push((at, phase));
        }
        named.sort_by_key(|(at, _)| *at);
        if file.workbook.weeks == 0 {
            return Err(failed(
                text.find("weeks").unwrap_or(0),
                "`weeks` is 1 or more".to_owned(),
            ));
        }
        Ok(Self {
            path: path.to_owned(),
            phases: named.into_iter().map(|(_, phase)| phase).collect(),
            fixtures: file.fixture,
            page: file.workbook,
        })
    }

    /// The phase called `name`.
    ///
    /// # Errors
    /// There is none; the error lists those there are.
    pub fn phase(&self, name: &str) -> Result<&Phase, WorkbookError> {
        let found = self.phases.iter().find(|phase| phase.name == name);
        found.ok_or_else(|| {
            let known: Vec<&str> = self
                .phases
                .iter()
                .map(|phase| phase.name.as_str())
                .collect();
            WorkbookError::NoPhase {
                name: name.to_owned(),
                path: self.path.clone(),
                known: if known.is_empty() {
                    "none".to_owned()
                } else {
                    known.join(", ")
                },
            }
        })
    }

    /// The workspace that the file belongs to.
    #[must_use]
    pub fn root(&self) -> &Path {
        let root = self.path.parent().and_then(Path::parent);
        match root {
            Some(root) if !root.as_os_str().is_empty() => root,
            _ => Path::new("."),
        }
    }

    /// Where artifacts are archived.
    #[must_use]
    pub fn archive(&self) -> PathBuf {
        self.root().join(&self.page.archive)
    }
}
