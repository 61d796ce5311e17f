//! `development/bench-artifacts/<date>/phase-stats.json`: one measurement of
//! many phases, and everything that makes it comparable.
//!
//! Written by us, so versioned by us: `schema` is 1, a reader refuses a number it
//! does not know, fields are only ever added within a number. Version 0 is the
//! form of published results: figures without `schema`, in seconds. An artifact
//! is written under a temporary name and renamed, and never replaces another:
//! the second of a day is `phase-stats-2.json`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Measurement, Micro, Missing, Revision, Rig, WorkbookError, legacy};
use crate::whole_file;

/// The version of the format that this code writes.
pub const SCHEMA: u32 = 1;

/// What an artifact's file is called, but for the number of a second one.
pub const ARTIFACT_FILE: &str = "phase-stats.json";

/// One run of `cargo shakedown bench`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Artifact {
    /// [`SCHEMA`] of the writer.
    pub schema: u32,
    /// When it started, UTC, RFC 3339.
    pub started: String,
    /// When it ended.
    #[serde(default)]
    pub ended: String,
    /// Name and version of the writer.
    #[serde(default)]
    pub tool: String,
    /// Which code was measured.
    pub revision: Revision,
    /// The machine, and how busy it was.
    pub rig: Rig,
    /// How fast the machine was; absent from results others published.
    #[serde(default)]
    pub calibration: Option<Calibration>,
    /// The phases, in the order of the configuration.
    pub phases: Vec<Measurement>,
    /// Phases that could not be measured here.
    #[serde(default)]
    pub missing: Vec<Missing>,
    /// The micro-benchmarks, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub micro: Vec<Micro>,
}

/// How long the fixed work took: a machine that changed its speed shows here.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Calibration {
    /// Before the phases, in microseconds.
    pub before_us: f64,
    /// After them.
    pub after_us: f64,
}

impl Calibration {
    /// Two figures of [`calibration_us`](super::calibration_us).
    #[must_use]
    pub fn of(before_us: f64, after_us: f64) -> Self {
        Self {
            before_us,
            after_us,
        }
    }

    /// How much the machine's speed changed: 0.1 is 10 percent slower after.
    #[must_use]
    pub fn drift(&self) -> f64 {
        self.after_us / self.before_us - 1.0
    }

    /// A warning where the machine changed its speed by more than a tenth.
    #[must_use]
    pub fn warning(&self) -> Option<String> {
        let drift = self.drift();
        (drift.abs() > 0.1).then(|| {
            format!(
                "the machine's own speed changed by {:+.0}% meanwhile: these figures are not to be \
                 compared",
                100.0 * drift
            )
        })
    }
}

impl Artifact {
    /// An artifact of this version, by this program.
    #[must_use]
    pub fn new(
        started: String,
        ended: String,
        revision: Revision,
        rig: Rig,
        calibration: Calibration,
        phases: Vec<Measurement>,
        missing: Vec<Missing>,
    ) -> Self {
        Self {
            schema: SCHEMA,
            started,
            ended,
            tool: format!("shakedown {}", env!("CARGO_PKG_VERSION")),
            revision,
            rig,
            calibration: Some(calibration),
            phases,
            missing,
            micro: Vec::new(),
        }
    }

    /// The artifact with these micro-benchmarks.
    #[must_use]
    pub fn with_micro(mut self, micro: Vec<Micro>) -> Self {
        self.micro = micro;
        self
    }

    /// The day it was started on.
    #[must_use]
    pub fn date(&self) -> &str {
        self.started.get(..10).unwrap_or(&self.started)
    }

    /// The measurement of `phase`.
    #[must_use]
    pub fn phase(&self, phase: &str) -> Option<&Measurement> {
        self.phases.iter().find(|of| of.phase == phase)
    }

    /// A warning where the machine was not the same before and after.
    #[must_use]
    pub fn unsteady(&self) -> Option<String> {
        self.calibration.and_then(|of| of.warning())
    }

    /// Reads an artifact of any version there is.
    ///
    /// # Errors
    /// The file cannot be read, is no artifact, is of a later version, or holds a figure
    /// that cannot be.
    pub fn read(path: &Path) -> Result<Self, WorkbookError> {
        let text = fs::read(path).map_err(|source| WorkbookError::Read {
            path: path.to_owned(),
            source,
        })?;
        let refused = |reason: String| WorkbookError::Artifact {
            path: path.to_owned(),
            reason,
        };
        let value: Value =
            serde_json::from_slice(&text).map_err(|error| refused(error.to_string()))?;
        if !value.is_object() {
            return Err(refused("it is no JSON object".to_owned()));
        }
        let artifact: Self = match value.get("schema").map(Value::as_u64) {
            None => legacy::artifact(value).map_err(refused)?,
            Some(Some(1)) => {
                serde_json::from_value(value).map_err(|error| refused(error.to_string()))?
            }
            Some(Some(version)) => {
                return Err(WorkbookError::Version {
                    path: path.to_owned(),
                    version,
                });
            }
            Some(None) => return Err(refused("its `schema` is no number".to_owned())),
        };
        match artifact.phases.iter().find_map(Measurement::impossible) {
            Some(reason) => Err(refused(reason)),
            None => Ok(artifact),
        }
    }

    /// Its JSON, in the newest version of the format.
    ///
    /// # Panics
    /// Never: an artifact has only string keys.
    #[must_use]
    pub fn json(&self) -> String {
        let mut newest = self.clone();
        newest.schema = SCHEMA;
        let mut json =
            serde_json::to_string_pretty(&newest).expect("an artifact has only string keys");
        json.push('\n');
        json
    }

    /// Writes it below `archive`, in a directory of its day, whole or not at all.
    ///
    /// # Errors
    /// The directory or the file cannot be written.
    pub fn write(&self, archive: &Path) -> Result<PathBuf, WorkbookError> {
        let directory = archive.join(self.date());
        whole_file::create_numbered(&directory, name, self.json()).map_err(|source| {
            WorkbookError::Write {
                path: directory.clone(),
                source,
            }
        })
    }
}

fn name(number: u32) -> String {
    if number == 1 {
        ARTIFACT_FILE.to_owned()
    } else {
        format!("phase-stats-{number}.json")
    }
}

/// What is archived: artifacts, and files named like one that are none.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Archived {
    /// Artifacts with their paths, oldest first.
    pub found: Vec<(PathBuf, Artifact)>,
    /// Why others could not be read: they keep none of the rest from being read.
    pub unreadable: Vec<WorkbookError>,
}

impl Archived {
    /// The artifacts, oldest first.
    #[must_use]
    pub fn artifacts(self) -> Vec<Artifact> {
        self.found
            .into_iter()
            .map(|(_, artifact)| artifact)
            .collect()
    }
}

/// All artifacts below `archive`. Only directories that are named like a day are
/// looked into.
///
/// # Errors
/// A directory cannot be read.
pub fn archived(archive: &Path) -> Result<Archived, WorkbookError> {
    let mut all = Archived::default();
    for day in entries(archive)? {
        let name = day.file_name().unwrap_or_default().to_string_lossy();
        let is_day = name.len() == 10 && name.bytes().all(|b| b.is_ascii_digit() || b == b'-');
        if !is_day || !day.is_dir() {
            continue;
        }
        for path in entries(&day)? {
            let file = path.file_name().unwrap_or_default().to_string_lossy();
            if file.starts_with("phase-stats") && file.ends_with(".json") {
                match Artifact::read(&path) {
                    Ok(artifact) => all.found.push((path, artifact)),
                    Err(error) => all.unreadable.push(error),
                }
            }
        }
    }
    all.found.sort_by(|(path_a, a), (path_b, b)| {
        a.started
            .cmp(&b.started)
            .then_with(|| path_a.as_os_str().len().cmp(&path_b.as_os_str().len()))
            .then_with(|| path_a.cmp(path_b))
    });
    Ok(all)
}

/// The latest artifact below `archive`.
///
/// # Errors
/// There is none that can be read.
pub fn latest(archive: &Path) -> Result<(PathBuf, Artifact), WorkbookError> {
    let mut all = archived(archive)?;
    let none = || WorkbookError::NoArtifact {
        directory: archive.to_owned(),
    };
    match all.found.pop() {
        Some(latest) => Ok(latest),
        None => Err(all.unreadable.pop().unwrap_or_else(none)),
    }
}

/// What is in a directory; nothing in one that is not there.
fn entries(directory: &Path) -> Result<Vec<PathBuf>, WorkbookError> {
    let failed = |source| WorkbookError::Read {
        path: directory.to_owned(),
        source,
    };
    match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(source) => Err(failed(source)),
        Ok(entries) => entries
            .map(|entry| entry.map(|entry| entry.path()).map_err(failed))
            .collect(),
    }
}

/// Now, UTC, RFC 3339, to the second.
#[must_use]
pub fn now() -> String {
    let now = jiff::Timestamp::now();
    let whole = jiff::Timestamp::from_second(now.as_second()).unwrap_or(now);
    whole.to_string()
}
