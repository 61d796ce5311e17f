//! A directory of profiles: finds the files of each run and reads them.
//!
//! The files of a run share a stem; `_stats`, `_stats_history`, `_failures`,
//! `_exceptions`, `_requests` and `_distribution` at its end are not part of
//! it. What a `.csv`, `.tsv` or `.txt` file holds, its header says. A `.json` of
//! the stem is our record, if it looks like one.

use std::collections::BTreeMap;
use std::error::Error as _;
use std::fs;
use std::path::{Path, PathBuf};

use super::record::Record;
use super::{Factors, Profile, StoryConfig, StoryError};
use crate::lens::flame::Stacks;
use crate::locust::read::{History, ReadError, Stats, Table, read};

/// A file that was skipped, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadFile {
    /// Its name.
    pub file: String,
    /// Why it was skipped, with line and column where there are any.
    pub cause: String,
}

/// A switch that some names of a directory set, and what it was taken to be
/// where a name says nothing of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inferred {
    /// The factor.
    pub factor: String,
    /// What the names state.
    pub stated: String,
    /// What the others were taken to mean.
    pub inferred: String,
}

/// What a directory holds.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Archive {
    /// The runs, ordered by their factors.
    pub profiles: Vec<Profile>,
    /// What names were taken to say by saying nothing.
    pub inferred: Vec<Inferred>,
    /// The files that could not be read.
    pub bad: Vec<BadFile>,
}

const ENDINGS: [&str; 6] = [
    "_stats_history",
    "_stats",
    "_failures",
    "_exceptions",
    "_requests",
    "_distribution",
];

/// The files of one run.
#[derive(Debug, Default)]
struct Files {
    tables: Vec<PathBuf>,
    records: Vec<PathBuf>,
}

impl Archive {
    /// Reads every profile in `directory`, not those below it.
    ///
    /// # Errors
    /// The directory cannot be listed. A file that cannot be read is none: it
    /// is in [`Archive::bad`].
    pub fn read(directory: &Path, config: &StoryConfig) -> Result<Self, StoryError> {
        let runs: Vec<(String, Files)> = list(directory)?.into_iter().collect();
        let mut archive = Self::of_runs(&runs, config);
        archive.inferred = infer_switches(&mut archive.profiles);
        archive.profiles.sort_by(|a, b| {
            let started = a.started.cmp(&b.started);
            order(&a.factors, &b.factors)
                .then(started)
                .then_with(|| a.file.cmp(&b.file))
        });
        Ok(archive)
    }

    /// Reads one run, given its statistics file or any file beside it.
    ///
    /// # Errors
    /// A file of the run cannot be read, or none holds statistics.
    pub fn read_run(path: &Path, config: &StoryConfig) -> Result<Profile, StoryError> {
        if !path.exists() {
            return Err(StoryError::Missing {
                path: path.to_owned(),
            });
        }
        let directory = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let wanted = stem_of(path);
        let (stem, files) = list(directory)?
            .into_iter()
            .find(|(stem, _)| *stem == wanted)
            .unwrap_or_else(|| {
                let files = Files {
                    tables: vec![path.to_owned()],
                    records: Vec::new(),
                };
                (wanted, files)
            });
        let mut archive = Self::empty();
        archive.add(&stem, &files, config);
        if let Some(bad) = archive.bad.first() {
            return Err(StoryError::NotAProfile {
                path: directory.join(&bad.file),
                cause: bad.cause.clone(),
            });
        }
        archive
            .profiles
            .pop()
            .ok_or_else(|| StoryError::NotAProfile {
                path: path.to_owned(),
                cause: "holds no statistics".to_owned(),
            })
    }

    /// Reads runs on all cores, and puts them together in their order.
    fn of_runs(runs: &[(String, Files)], config: &StoryConfig) -> Self {
        /// Fewer are read before a thread has started.
        const FEWEST: usize = 16;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let share = runs.len().div_ceil(cores).max(FEWEST);
        let read = |runs: &[(String, Files)]| {
            let mut part = Self::empty();
            for (stem, files) in runs {
                part.add(stem, files, config);
            }
            part
        };
        let parts: Vec<Self> = std::thread::scope(|scope| {
            let threads: Vec<_> = runs
                .chunks(share)
                .map(|share| scope.spawn(move || read(share)))
                .collect();
            let parts = threads.into_iter().map(|thread| match thread.join() {
                Ok(part) => part,
                Err(panic) => std::panic::resume_unwind(panic),
            });
            parts.collect()
        });
        let mut archive = Self::empty();
        for part in parts {
            archive.profiles.extend(part.profiles);
            archive.bad.extend(part.bad);
        }
        archive
    }

    fn empty() -> Self {
        Self {
            profiles: Vec::new(),
            inferred: Vec::new(),
            bad: Vec::new(),
        }
    }

    fn add(&mut self, stem: &str, files: &Files, config: &StoryConfig) {
        let mut run = Tables::default();
        let skipped = self.bad.len();
        for path in &files.tables {
            match read(path) {
                Ok(table) => run.add(file_name(path), table),
                Err(error) => self.skip(path, reason(&error)),
            }
        }
        let Some((file, stats)) = run.statistics() else {
            // One that could not be read has been told.
            if self.bad.len() == skipped {
                self.skip_incomplete(stem, files);
            }
            return;
        };
        let factors = config.factors_of(stem);
        let Some(mut profile) = Profile::of_stats(file.clone(), factors, &stats) else {
            let cause = "has no `Aggregated` row".to_owned();
            self.bad.push(BadFile { file, cause });
            return;
        };
        if let Some(history) = &run.history {
            profile.set_history(history);
        }
        for path in &files.records {
            let record = fs::read(path)
                .map_err(|error| format!("cannot be read: {error}"))
                .and_then(|bytes| Record::parse(&bytes));
            match record {
                Ok(Some(record)) => record.apply(&mut profile),
                Ok(None) => {}
                Err(cause) => self.skip(path, cause),
            }
        }
        for record in &files.records {
            self.add_stacks(&mut profile, record);
        }
        self.profiles.push(profile);
    }

    /// Reads the stacks beside a record that says there are some.
    fn add_stacks(&mut self, profile: &mut Profile, record: &Path) {
        let Some(flame) = &mut profile.flame else {
            return;
        };
        let stem = record.file_stem().unwrap_or_default().to_string_lossy();
        let path = record.with_file_name(format!("{stem}_flame.folded"));
        let stacks = fs::read_to_string(&path)
            .map_err(|error| format!("cannot be read: {error}"))
            .and_then(|text| Stacks::parse(&text).map_err(|error| error.to_string()));
        match stacks {
            Ok(stacks) => flame.stacks = Some(stacks),
            Err(cause) => self.skip(&path, cause),
        }
    }

    /// Tells that a run has no statistics. JSON of others is nobody's fault.
    fn skip_incomplete(&mut self, stem: &str, files: &Files) {
        let is_ours = |path: &&PathBuf| {
            let record = fs::read(path).map_err(|error| error.to_string());
            !matches!(record.and_then(|bytes| Record::parse(&bytes)), Ok(None))
        };
        let of_run = files.tables.first();
        if let Some(path) = of_run.or_else(|| files.records.iter().find(is_ours)) {
            let cause = format!("belongs to a run without statistics (`{stem}_stats.csv`)");
            self.skip(path, cause);
        }
    }

    fn skip(&mut self, path: &Path, cause: String) {
        let file = file_name(path);
        self.bad.push(BadFile { file, cause });
    }
}

/// The tables of one run.
#[derive(Default)]
struct Tables {
    stats: Option<(String, Stats)>,
    distribution: Option<Stats>,
    history: Option<History>,
}

impl Tables {
    fn add(&mut self, file: String, table: Table) {
        match table {
            Table::Stats(stats) => {
                let only_percentiles = stats.rows.iter().all(|row| row.average_ms.is_none());
                if only_percentiles && file.contains("_distribution") {
                    self.distribution = Some(stats);
                } else {
                    self.stats = Some((file, stats));
                }
            }
            Table::History(history) => self.history = Some(history),
            Table::Failures(_) | Table::Exceptions(_) => {}
        }
    }

    fn statistics(&mut self) -> Option<(String, Stats)> {
        let (file, stats) = self.stats.take()?;
        Some(match &self.distribution {
            Some(distribution) => (file, stats.with_distribution(distribution)),
            None => (file, stats),
        })
    }
}

fn list(directory: &Path) -> Result<BTreeMap<String, Files>, StoryError> {
    let failed = |source| StoryError::List {
        path: directory.to_owned(),
        source,
    };
    let mut runs: BTreeMap<String, Files> = BTreeMap::new();
    let mut paths = Vec::new();
    for entry in fs::read_dir(directory).map_err(failed)? {
        paths.push(entry.map_err(failed)?.path());
    }
    paths.sort();
    for path in paths {
        let hidden = file_name(&path).starts_with('.');
        let extension = path.extension().and_then(|extension| extension.to_str());
        if hidden || path.is_dir() {
            continue;
        }
        match extension {
            Some("csv" | "tsv" | "txt") => {
                runs.entry(stem_of(&path)).or_default().tables.push(path);
            }
            Some("json") => runs.entry(stem_of(&path)).or_default().records.push(path),
            _ => {}
        }
    }
    Ok(runs)
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

fn stem_of(path: &Path) -> String {
    let stem = path
        .file_stem()
        .map(|stem| stem.to_string_lossy().into_owned())
        .unwrap_or_default();
    ENDINGS
        .iter()
        .find_map(|ending| stem.strip_suffix(ending))
        .unwrap_or(&stem)
        .to_owned()
}

/// The cause without the path, which the list of bad files gives already.
fn reason(error: &ReadError) -> String {
    error
        .source()
        .map_or_else(|| error.to_string(), ToString::to_string)
}

/// A name says `notracing` because its neighbours' runs did trace. Where some
/// names of a directory switch something off and none switches it on, those
/// that say nothing have it on; and the other way round.
fn infer_switches(profiles: &mut [Profile]) -> Vec<Inferred> {
    const SWITCHES: [(&str, &str); 2] = [("off", "on"), ("on", "off")];
    let mut seen: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for profile in profiles.iter() {
        for (name, value) in profile.factors.shown() {
            let values = seen.entry(name.to_owned()).or_default();
            if !values.iter().any(|known| known == value) {
                values.push(value.to_owned());
            }
        }
    }
    let mut inferences = Vec::new();
    for (factor, values) in seen {
        let Some((stated, inferred)) = SWITCHES
            .iter()
            .find(|(only, _)| values.len() == 1 && values[0] == *only)
        else {
            continue;
        };
        let silent = profiles
            .iter_mut()
            .filter(|profile| !profile.recorded && profile.factors.get(&factor).is_none());
        let mut any = false;
        for profile in silent {
            profile.factors.set(&factor, *inferred);
            any = true;
        }
        if any {
            inferences.push(Inferred {
                factor,
                stated: (*stated).to_owned(),
                inferred: (*inferred).to_owned(),
            });
        }
    }
    inferences
}

/// Runs in the order of the headline table: by users, then factor by factor.
fn order(a: &Factors, b: &Factors) -> std::cmp::Ordering {
    let first = ["scenario", "users"];
    let rest = a
        .differing(b)
        .into_iter()
        .filter(|name| !first.contains(name));
    first
        .into_iter()
        .chain(rest)
        .map(|name| super::factor::order(a.get(name), b.get(name)))
        .find(|order| order.is_ne())
        .unwrap_or(std::cmp::Ordering::Equal)
}
