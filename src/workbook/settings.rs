//! `.config/shakedown.toml`: its phases, fixtures and `[workbook]`, read and checked.

use std::collections::BTreeMap;
#[cfg(feature = "cli")]
use std::collections::BTreeSet;
#[cfg(feature = "cli")]
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::IgnoredAny;
use toml::Spanned;

use super::phase::Table;
use super::{Fixture, Page, Phase, RunKind, WorkbookError};

/// Where settings stand, under the workspace's root.
pub const SETTINGS_FILE: &str = ".config/shakedown.toml";

/// The tables of the file, whoever reads them.
const TABLES: [&str; 5] = ["inspect", "story", "phase", "fixture", "workbook"];

/// Phases, in the order of the file, and what belongs to them.
///
/// ```toml
/// [phase.POLICY_EVAL]           # the function of `shakedown::phase!(POLICY_EVAL = ..)`
/// target = "50 ms"              # of the 95th percentile; us, ms, s or min
/// gate = "hard"                 # fails above 3 x target; "soft" warns and writes a ticket
/// samples = 1000
/// quick-samples = 100           # under nextest and against a base; a tenth if absent
/// warmup = 10                   # samples before each run, which do not count
/// tolerance = 0.1               # against a base: relative ..
/// absolute-tolerance = "1 ms"   # .. and absolute, both must be exceeded
/// what = "28 rules over 1,026 events"    # for the page
/// why = "rules run on what just came in" # for the page
///
/// [phase.QUOTA_WAIT]
/// target = "5.1 s"
/// at-least = "5 s"              # a wait that must wait: no sample may be shorter; no stress run
/// fail-above = "60 s"           # instead of 3 x target
/// gate = "hard"
/// samples = 80
/// steps = ["check", "wait"]     # of `Stopwatch::step`; their times add up to the total
///
/// [phase.ALIVE]                 # a request, and the whole answer
/// target = "5 ms"
/// gate = "soft"
/// samples = 200
/// run = { http = "GET /healthz", fixture = "api", status = 200 } # or an address; `headers`, `body`
///
/// [phase.CHECK]                 # a program from its start to its end
/// target = "1 s"
/// gate = "soft"
/// samples = 20
/// run = { command = ["target/release/app", "check"] }
///
/// [phase.INGEST]                # a test of the stress tier; each request is a sample
/// target = "150 ms"
/// gate = "hard"
/// samples = 5000
/// run = { stress = "baseline::holds_the_mix", users = 100, duration = "5 s" }
///
/// [fixture.api]                 # started before its phase, ended after it
/// command = ["target/release/app", "--port", "0"]
/// ready = "listening on "       # what the address follows in its log
/// env = { APP_MODE = "bench" }
///
/// [workbook]                    # what the page says beside the numbers, and
/// title = "Performance workbook"
/// archive = "development/bench-artifacts"
/// weeks = 12                    # of trend
/// cargo-profile = "release"     # how functions are built
/// build = ["cargo", "build", "--release"] # makes what phases run, here and in a base
/// ```
///
/// Without `run`, a phase is the function that [`phase!`](crate::phase) registers
/// under its name. Unknown tables and keys, missing units and impossible values are
/// errors that name the line. The tables `inspect` and `story` belong to others.
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
    /// Variables that everything gets which is built or run for a phase.
    pub(crate) environment: BTreeMap<String, PathBuf>,
}

#[derive(Debug, Deserialize)]
struct File {
    #[serde(default)]
    phase: BTreeMap<Spanned<String>, Table>,
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
        let refused = |error: toml::de::Error| {
            let offset = error.span().map_or(0, |span| span.start);
            failed(offset, error.message().replace('\n', "; "))
        };
        let tables: BTreeMap<Spanned<String>, IgnoredAny> =
            toml::from_str(text).map_err(refused)?;
        for table in tables.keys() {
            if !TABLES.contains(&table.get_ref().as_str()) {
                let message = unknown_table(table.get_ref());
                return Err(failed(table.span().start, message));
            }
        }
        let file: File = toml::from_str(text).map_err(refused)?;
        let mut named: Vec<(usize, Phase)> = Vec::new();
        for (key, table) in file.phase {
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
            } = table.run()
                && !file.fixture.contains_key(fixture)
            {
                return Err(failed(
                    at,
                    format!("phase `{name}` needs `[fixture.{fixture}]`, which is not there"),
                ));
            }
            let phase = table.phase(name).map_err(|(at, says)| failed(at, says))?;
            named.push((at, phase));
        }
        named.sort_by_key(|(at, _)| *at);
        Ok(Self {
            path: path.to_owned(),
            phases: named.into_iter().map(|(_, phase)| phase).collect(),
            fixtures: file.fixture,
            page: file.workbook,
            environment: BTreeMap::new(),
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

    /// The workspace that the file belongs to: the directory it is in, or the one
    /// above where that is `.config`.
    #[must_use]
    pub fn root(&self) -> &Path {
        let directory = self.path.parent();
        let root = match directory {
            Some(config) if config.ends_with(".config") => config.parent(),
            other => other,
        };
        match root {
            Some(root) if !root.as_os_str().is_empty() => root,
            _ => Path::new("."),
        }
    }

    /// The file's place below the workspace.
    #[cfg(feature = "cli")]
    pub(crate) fn file(&self) -> &Path {
        self.path.strip_prefix(self.root()).unwrap_or(&self.path)
    }

    /// Where artifacts are archived.
    #[must_use]
    pub fn archive(&self) -> PathBuf {
        self.root().join(&self.page.archive)
    }
}

/// The names of the phases in a file of settings, which may be of another version of
/// this library; `None` where it cannot be read or is no TOML. A file that is not
/// there has none.
#[cfg(feature = "cli")]
pub(crate) fn phase_names(path: &Path) -> Option<BTreeSet<String>> {
    #[derive(Deserialize)]
    struct Names {
        #[serde(default)]
        phase: BTreeMap<String, IgnoredAny>,
    }
    match std::fs::read_to_string(path) {
        Ok(text) => {
            let names: Names = toml::from_str(&text).ok()?;
            Some(names.phase.into_keys().collect())
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Some(BTreeSet::new()),
        Err(_) => None,
    }
}

/// What is said of a table that nobody reads.
fn unknown_table(name: &str) -> String {
    let near = |known: &&&str| {
        let name = name.to_ascii_lowercase();
        name.starts_with(**known) || known.starts_with(&name)
    };
    let meant = TABLES
        .iter()
        .find(near)
        .map_or_else(String::new, |known| format!(", perhaps `{known}`"));
    format!(
        "nobody reads `{name}`{meant}: the tables are {}",
        TABLES.join(", ")
    )
}
