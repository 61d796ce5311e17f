//! The archive of runs: a directory that only grows.
//!
//! A run is five files of one stem, `profile_<users>_<name>[_<factor>...]_<commit>`:
//! `_stats.csv`, `_stats_history.csv`, `_failures.csv`, `_exceptions.csv` and
//! `.json`. A factor is `key-value`, `rate-<n>` of an open loop and `<n>_workers`
//! are the last ones; `dirty` says
//! that the tree differed from the commit; `run2`, `run3`, ... that the name was
//! taken. Each file is written under a temporary name beside its place and then
//! renamed, without replacing what is there. A run whose server was sampled has
//! `_flame.folded`, `_flame.svg` and `_flame.html`, too.

use std::io;
use std::path::{Path, PathBuf};

use super::record::Record;
use super::{Run, StressError};
use crate::whole_file;

/// Where the files of a run are.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Archived {
    /// One row an endpoint.
    pub stats: PathBuf,
    /// One row an endpoint and second.
    pub history: PathBuf,
    /// One row an error text.
    pub failures: PathBuf,
    /// One row a mistake of the scenario.
    pub exceptions: PathBuf,
    /// [`Record`] as JSON.
    pub record: PathBuf,
    /// The flame graph of the server, when it was sampled.
    pub flame: Option<PathBuf>,
}

impl Archived {
    fn of(directory: &Path, stem: &str) -> Self {
        let file = |end: &str| directory.join(format!("{stem}{end}"));
        Self {
            stats: file("_stats.csv"),
            history: file("_stats_history.csv"),
            failures: file("_failures.csv"),
            exceptions: file("_exceptions.csv"),
            record: file(".json"),
            flame: None,
        }
    }

    fn paths(&self) -> [&Path; 5] {
        [
            &self.stats,
            &self.history,
            &self.failures,
            &self.exceptions,
            &self.record,
        ]
    }
}

pub(super) fn write(run: &Run, directory: &Path) -> Result<Archived, StressError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| StressError::Archive { path, source }
    };
    let contents = contents(run);
    for number in 1_u32.. {
        let stem = stem(&run.record, number);
        let mut files = Archived::of(directory, &stem);
        if files.paths().iter().any(|path| path.exists()) {
            continue;
        }
        // The first file claims the name: whoever loses the race takes the next.
        let mut claimed = true;
        for (at, (path, content)) in files.paths().into_iter().zip(&contents).enumerate() {
            match whole_file::create_new(path, content) {
                Err(taken) if at == 0 && taken.kind() == io::ErrorKind::AlreadyExists => {
                    claimed = false;
                    break;
                }
                outcome => outcome.map_err(failed(path))?,
            }
        }
        if claimed {
            if let Some(flame) = &run.flame {
                for (end, text) in [
                    ("folded", &flame.folded),
                    ("html", &flame.html),
                    ("svg", &flame.svg),
                ] {
                    let path = directory.join(format!("{stem}_flame.{end}"));
                    whole_file::create_new(&path, text).map_err(failed(&path))?;
                    files.flame = Some(path);
                }
            }
            return Ok(files);
        }
    }
    unreachable!("four thousand million runs of one name")
}

fn contents(run: &Run) -> [Vec<u8>; 5] {
    let mut json = serde_json::to_vec_pretty(&run.record)
        .expect("a record has only string keys and finite numbers");
    json.push(b'\n');
    [
        run.stats_csv(),
        run.history_csv(),
        run.failures_csv(),
        run.exceptions_csv(),
        json,
    ]
}

/// The name that the files of a run share; `number` counts runs of one name.
fn stem(record: &Record, number: u32) -> String {
    let mut parts = vec!["profile".to_owned(), record.load.users.to_string()];
    parts.extend(plain(&record.name));
    for (key, value) in &record.factors {
        parts.extend(plain(&format!("{key}-{value}")));
    }
    if let Some(rate) = record.load.rate {
        parts.extend(plain(&format!("rate-{rate}")));
    }
    if let Some(workers) = record.load.workers {
        parts.push(format!("{workers}_workers"));
    }
    if record.revision.dirty {
        parts.push("dirty".to_owned());
    }
    if number > 1 {
        parts.push(format!("run{number}"));
    }
    parts.extend(plain(&record.revision.commit));
    parts.join("_")
}

/// Lower-case letters, digits and dashes; `None` when nothing is left.
fn plain(text: &str) -> Option<String> {
    let words: Vec<String> = text
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    (!words.is_empty()).then(|| words.join("-"))
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn names_of_files_are_plain() {
        assert_eq!(plain("Tracing: off/on").as_deref(), Some("tracing-off-on"));
        assert_eq!(plain("../.."), None);
    }
}
