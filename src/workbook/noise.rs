//! How much a machine's runs of one build differ: `noise.json` beside artifacts.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{LOOKS, MOST_PAIRS, Phase, Rig, WorkbookError};
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
    /// The tightest tolerance of each phase, of a duel with the pairs of
    /// [`LOOKS`]: 0.1 is 10 percent.
    pub tightest: BTreeMap<String, f64>,
    /// The P95 of each phase then, in milliseconds: what an absolute tolerance is a
    /// share of.
    #[serde(default)]
    pub p95_ms: BTreeMap<String, f64>,
    /// Samples of each run of each phase; unknown of what an earlier shakedown wrote.
    #[serde(default)]
    pub samples: BTreeMap<String, u64>,
}

/// What is known of a machine's noise.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct KnownNoise {
    /// The latest of each phase; none where nothing was calibrated.
    pub noise: Option<Noise>,
    /// Why files could not be read: they keep none of the rest from being read.
    pub unreadable: Vec<WorkbookError>,
}

/// What was found of one phase.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Level {
    /// Its tightest tolerance.
    pub tightest: f64,
    /// Its P95 in milliseconds.
    pub p95_ms: f64,
}

impl Noise {
    /// What was found at `started` on `rig`.
    #[must_use]
    pub fn new(
        started: String,
        rig: Rig,
        levels: impl IntoIterator<Item = (String, Level)>,
    ) -> Self {
        let mut noise = Self {
            schema: 1,
            started,
            rig,
            tightest: BTreeMap::new(),
            p95_ms: BTreeMap::new(),
            samples: BTreeMap::new(),
        };
        for (phase, level) in levels {
            noise.tightest.insert(phase.clone(), level.tightest);
            noise.p95_ms.insert(phase, level.p95_ms);
        }
        noise
    }

    /// Whether `phase` was calibrated.
    #[must_use]
    pub fn knows(&self, phase: &Phase) -> bool {
        self.tightest.contains_key(&phase.name)
    }

    /// The samples of a run that `phase` was calibrated with, where they are not
    /// `samples`: the noise of other runs is another.
    #[must_use]
    pub fn other_samples(&self, phase: &Phase, samples: u64) -> Option<u64> {
        let calibrated = self.samples.get(&phase.name).copied();
        calibrated.filter(|calibrated| *calibrated != samples)
    }

    /// What is known after a `later` calibration, perhaps of other phases.
    fn and_then(mut self, later: Self) -> Self {
        for phase in later.tightest.keys() {
            self.p95_ms.remove(phase);
            self.samples.remove(phase);
        }
        self.started = later.started;
        self.tightest.extend(later.tightest);
        self.p95_ms.extend(later.p95_ms);
        self.samples.extend(later.samples);
        self
    }

    /// The share that a change of `phase` must exceed to be a regression: its
    /// relative tolerance, or its absolute one where that is more.
    fn tolerance(&self, phase: &Phase) -> f64 {
        let absolute = self
            .p95_ms
            .get(&phase.name)
            .filter(|p95| **p95 > 0.0)
            .map_or(0.0, |p95| phase.tolerance.absolute_ms / p95);
        phase.tolerance.relative.max(absolute)
    }

    /// Why a gate of `phase` with so many pairs at most would be tighter than the noise;
    /// `None` where it is not, or where the phase was not calibrated.
    #[must_use]
    pub fn refuses(&self, phase: &Phase, pairs: usize) -> Option<String> {
        let tightest = *self.tightest.get(&phase.name)?;
        let tolerance = self.tolerance(phase);
        let allowed = with_pairs(tightest, pairs);
        (tolerance < allowed).then(|| {
            let more = enough(tightest, tolerance).map_or_else(String::new, |pairs| {
                format!("take more pairs (`gate --base REV --pairs {pairs}`), ")
            });
            format!(
                "its tolerance of {:.1}% is tighter than this machine's noise allows ({:.1}% of {pairs} \
                 pairs): {more}widen its `tolerance`, or calibrate again on a quieter machine",
                100.0 * tolerance,
                100.0 * allowed,
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
                    100.0 * self.tolerance(phase),
                    100.0 * tightest
                )
            },
        )
    }
}

/// The pairs that what was found of the noise is of.
const CALIBRATED: usize = LOOKS[LOOKS.len() - 1];

/// What the noise allows of so many pairs, where it allows `tightest` of those of
/// [`LOOKS`]: the error of a mean falls with the root of their number.
#[expect(clippy::cast_precision_loss, reason = "numbers of pairs")]
fn with_pairs(tightest: f64, pairs: usize) -> f64 {
    if pairs <= CALIBRATED {
        return tightest;
    }
    let share = CALIBRATED as f64 / pairs as f64;
    (tightest.ln_1p() * share.sqrt()).exp_m1()
}

/// How many pairs make the noise allow `tolerance`, a multiple of eight; none where that
/// are too many.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "numbers of pairs, at most `MOST_PAIRS`"
)]
fn enough(tightest: f64, tolerance: f64) -> Option<usize> {
    let pairs = CALIBRATED as f64 * (tightest.ln_1p() / tolerance.ln_1p()).powi(2);
    // A little more: what is just enough is refused for a rounding.
    let pairs = (pairs * (1.0 + 1e-9)).min(u32::MAX.into()).ceil() as usize;
    Some(pairs.next_multiple_of(8)).filter(|pairs| *pairs <= MOST_PAIRS)
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
#[must_use]
pub fn latest_noise(archive: &Path, rig: &Rig) -> KnownNoise {
    let mut found: Vec<Noise> = Vec::new();
    let mut unreadable = Vec::new();
    for day in fs::read_dir(archive).into_iter().flatten().flatten() {
        for entry in fs::read_dir(day.path()).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if !(name.starts_with("noise-") && name.ends_with(".json")) {
                continue;
            }
            match read_noise(&entry.path()) {
                Ok(noise) => found.extend(noise),
                Err(error) => unreadable.push(error),
            }
        }
    }
    found.retain(|noise| noise.rig.fingerprint() == rig.fingerprint());
    found.sort_by(|a, b| a.started.cmp(&b.started));
    // A calibration of some phases says nothing of the others.
    KnownNoise {
        noise: found.into_iter().reduce(Noise::and_then),
        unreadable,
    }
}

/// Reads a file of noise; none of a version that this code does not know.
fn read_noise(path: &Path) -> Result<Option<Noise>, WorkbookError> {
    let text = fs::read(path).map_err(|source| WorkbookError::Read {
        path: path.to_owned(),
        source,
    })?;
    let refused = |error: serde_json::Error| WorkbookError::Noise {
        path: path.to_owned(),
        reason: error.to_string(),
    };
    let value: serde_json::Value = serde_json::from_slice(&text).map_err(refused)?;
    if value["schema"] != 1 {
        return Ok(None);
    }
    serde_json::from_value(value).map(Some).map_err(refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_calibration_of_one_phase_keeps_what_is_known_of_the_others() {
        let archive = tempfile::tempdir().unwrap();
        let rig = Rig::default();
        let noise = |at: &str, of: &[(&str, f64)]| {
            let level = |(name, tightest): &(&str, f64)| {
                let p95_ms = 10.0;
                let tightest = *tightest;
                ((*name).to_owned(), Level { tightest, p95_ms })
            };
            Noise::new(at.to_owned(), rig.clone(), of.iter().map(level))
        };
        let first = noise("2026-01-01T10:00:00Z", &[("A", 0.1), ("B", 0.2)]);
        let second = noise("2026-01-02T10:00:00Z", &[("A", 0.3)]);
        write_noise(&first, archive.path()).unwrap();
        write_noise(&second, archive.path()).unwrap();
        let later = archive.path().join("2026-01-02/noise-9.json");
        fs::write(later, "{\"schema\": 2, \"of\": \"the future\"}").unwrap();
        let known = latest_noise(archive.path(), &rig);
        assert!(known.unreadable.is_empty(), "{:?}", known.unreadable);
        let known = known.noise.unwrap();
        assert_eq!(known.tightest["A"], 0.3);
        assert_eq!(known.tightest["B"], 0.2);
    }

    #[test]
    fn a_file_that_was_cut_off_does_not_hide_the_others() {
        let archive = tempfile::tempdir().unwrap();
        let (tightest, p95_ms) = (0.1, 10.0);
        let level = ("A".to_owned(), Level { tightest, p95_ms });
        let at = "2026-01-01T10:00:00Z".to_owned();
        let path = write_noise(&Noise::new(at, Rig::default(), [level]), archive.path()).unwrap();
        fs::write(path.with_file_name("noise-9.json"), "{ cut off").unwrap();
        let known = latest_noise(archive.path(), &Rig::default());
        assert_eq!(known.noise.unwrap().tightest["A"], 0.1);
        let error = &known.unreadable[0];
        assert!(
            error
                .to_string()
                .contains("noise-9.json` is no calibration")
        );
        assert!(error.help().unwrap().contains("cargo shakedown calibrate"));
    }

    #[test]
    fn how_many_samples_were_calibrated_is_known_of_the_latest_calibration() {
        let noise = |samples: Option<u64>| {
            let (tightest, p95_ms) = (0.1, 10.0);
            let level = ("A".to_owned(), Level { tightest, p95_ms });
            let mut noise = Noise::new(String::new(), Rig::default(), [level]);
            let samples = samples.map(|samples| ("A".to_owned(), samples));
            noise.samples.extend(samples);
            noise
        };
        let text = "[phase.A]\ntarget = \"1 s\"\ngate = \"hard\"\nsamples = 1\n";
        let settings = super::super::Settings::parse(Path::new("x.toml"), text).unwrap();
        let phase = &settings.phases[0];
        assert_eq!(noise(Some(10)).other_samples(phase, 10), None);
        assert_eq!(noise(Some(10)).other_samples(phase, 20), Some(10));
        let later = noise(Some(10)).and_then(noise(Some(20)));
        assert_eq!(later.other_samples(phase, 20), None);
        // What an earlier shakedown wrote does not say it.
        let unknown = noise(Some(10)).and_then(noise(None));
        assert_eq!(unknown.other_samples(phase, 20), None);
    }

    #[test]
    fn an_absolute_tolerance_above_the_noise_is_not_refused() {
        let level = Level {
            tightest: 0.5,
            p95_ms: 2.0,
        };
        let noise = Noise::new(String::new(), Rig::default(), [("A".to_owned(), level)]);
        let refuses = |absolute: &str| {
            let text = format!(
                "[phase.A]\ntarget = \"1 s\"\ngate = \"hard\"\nsamples = 1\n\
                 absolute-tolerance = \"{absolute}\"\n"
            );
            let settings = super::super::Settings::parse(Path::new("x.toml"), &text).unwrap();
            noise.refuses(&settings.phases[0], 32)
        };
        assert!(refuses("1 ms").is_none());
        let reason = refuses("0.9 ms").unwrap();
        assert!(reason.starts_with("its tolerance of 45.0%"), "{reason}");
    }

    #[test]
    fn more_pairs_allow_a_tighter_tolerance_and_it_is_said_how_many() {
        let refuses = |tightest: f64, pairs: usize| {
            let p95_ms = 2.0;
            let level = ("A".to_owned(), Level { tightest, p95_ms });
            let noise = Noise::new(String::new(), Rig::default(), [level]);
            let text = "[phase.A]\ntarget = \"1 s\"\ngate = \"hard\"\nsamples = 1\n";
            let settings = super::super::Settings::parse(Path::new("x.toml"), text).unwrap();
            noise.refuses(&settings.phases[0], pairs)
        };
        // 1.1 is 1.21 to the power of a half: four times as many, and a few for rounding.
        let reason = refuses(0.21, 32).unwrap();
        assert!(
            reason.contains("(21.0% of 32 pairs): take more pairs (`gate --base REV --pairs 136`)"),
            "{reason}"
        );
        // What is allowed is allowed, whatever rounding makes of it.
        assert!(refuses(0.1, 32).is_none());
        assert!(refuses(0.21, 120).unwrap().contains("(10.3% of 120 pairs)"));
        assert!(refuses(0.21, 136).is_none());
        // It would take thousands.
        let reason = refuses(2.0, 32).unwrap();
        assert!(
            reason.contains("(200.0% of 32 pairs): widen its"),
            "{reason}"
        );
    }

    #[test]
    fn a_file_of_an_earlier_shakedown_is_read() {
        let noise: Noise = serde_json::from_str(
            r#"{"schema":1,"started":"2026-01-01T10:00:00Z","rig":{"cpu_model":"","cores":2,
                "memory_bytes":0,"kernel":"","load_before":0.0,"load_after":0.0,
                "busy_share":0.0,"steal_share":0.0},"tightest":{"A":0.1}}"#,
        )
        .unwrap();
        assert!(noise.p95_ms.is_empty() && noise.samples.is_empty());
    }
}
