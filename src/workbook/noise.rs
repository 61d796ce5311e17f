//! How much a machine's runs of one build differ: `noise.json` beside artifacts.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Phase, Rig, WorkbookError};
use crate::whole_file;

/// What `cargo shakedown calibrate` found: version 1 of its file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Noise {
    /// 1.
    pub schema: u32,
    /// When it was measured.
    pub started: String,
    /// On which machine.
    pub rig: Rig,
    /// The tightest tolerance of each phase: 0.1 is 10 percent.
    pub tightest: BTreeMap<String, f64>,
}

impl Noise {
    /// What was found at `started` on `rig`.
    #[must_use]
    pub fn new(
        started: String,
        rig: Rig,
        tightest: impl IntoIterator<Item = (String, f64)>,
    ) -> Self {
        Self {
            schema: 1,
            started,
            rig,
            tightest: tightest.into_iter().collect(),
        }
    }

    /// Why a gate of `phase` would be tighter than the noise; `None` where it is
    /// not, or where the phase was not calibrated.
    #[must_use]
    pub fn refuses(&self, phase: &Phase) -> Option<String> {
        let tightest = *self.tightest.get(&phase.name)?;
        (phase.tolerance.relative < tightest).then(|| {
            format!(
                "its tolerance of {:.1}% is tighter than this machine's noise allows ({:.1}%)",
                100.0 * phase.tolerance.relative,
                100.0 * tightest
            )
        })
    }

    /// What the noise allows `phase`.
    #[must_use]
    pub fn phrase(&self, phase: &Phase) -> String {
        self.tightest.get(&phase.name).map_or_else(
            || "not calibrated".to_owned(),
            |tightest| {
                format!(
                    "tolerance {:.1}%, the noise allows {:.1}%",
                    100.0 * phase.tolerance.relative,
                    100.0 * tightest
                )
            },
        )
    }
}

/// Writes `noise` below `archive`, never over another.
///
/// # Errors
/// The file cannot be written.
///
/// # Panics
/// Never: it has only string keys.
pub fn write_noise(noise: &Noise, archive: &Path) -> Result<PathBuf, WorkbookError> {
    let day = noise.started.get(..10).unwrap_or("undated");
    let directory = archive.join(day);
    let json = serde_json::to_vec_pretty(noise).expect("it has only string keys");
    let name = |number| format!("noise-{number}.json");
    whole_file::create_numbered(&directory, name, json).map_err(|source| WorkbookError::Write {
        path: directory.clone(),
        source,
    })
}

/// The noise of a machine like `rig` below `archive`: the latest of each phase.
///
/// # Errors
/// A file cannot be read or understood.
pub fn latest_noise(archive: &Path, rig: &Rig) -> Result<Option<Noise>, WorkbookError> {
    let mut found: Vec<Noise> = Vec::new();
    for day in fs::read_dir(archive).into_iter().flatten().flatten() {
        for entry in fs::read_dir(day.path()).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if !(name.starts_with("noise-") && name.ends_with(".json")) {
                continue;
            }
            let text = fs::read(&path).map_err(|source| WorkbookError::Read {
                path: path.clone(),
                source,
            })?;
            let refused = |error: serde_json::Error| WorkbookError::Artifact {
                path: path.clone(),
                reason: error.to_string(),
            };
            let value: serde_json::Value = serde_json::from_slice(&text).map_err(refused)?;
            // Of a version that this code does not know: not for it.
            if value["schema"] == 1 {
                found.push(serde_json::from_value(value).map_err(refused)?);
            }
        }
    }
    found.retain(|noise| noise.rig.fingerprint() == rig.fingerprint());
    found.sort_by(|a, b| a.started.cmp(&b.started));
    // A calibration of some phases says nothing of the others.
    Ok(found.into_iter().reduce(|mut earlier, later| {
        earlier.started = later.started;
        earlier.tightest.extend(later.tightest);
        earlier
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_calibration_of_one_phase_keeps_what_is_known_of_the_others() {
        let archive = tempfile::tempdir().unwrap();
        let rig = Rig::default();
        let noise = |at: &str, of: &[(&str, f64)]| {
            let of = of.iter().map(|(name, share)| ((*name).to_owned(), *share));
            Noise::new(at.to_owned(), rig.clone(), of)
        };
        let first = noise("2026-01-01T10:00:00Z", &[("A", 0.1), ("B", 0.2)]);
        let second = noise("2026-01-02T10:00:00Z", &[("A", 0.3)]);
        write_noise(&first, archive.path()).unwrap();
        write_noise(&second, archive.path()).unwrap();
        let later = archive.path().join("2026-01-02/noise-9.json");
        fs::write(later, "{\"schema\": 2, \"of\": \"the future\"}").unwrap();
        let known = latest_noise(archive.path(), &rig).unwrap().unwrap();
        assert_eq!(known.tightest["A"], 0.3);
        assert_eq!(known.tightest["B"], 0.2);
    }
}
