//! A finished run.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use jiff::Timestamp;

use super::archive::{self, Archived};
use super::flame::FlameFiles;
use super::report::Table;
use super::verdict::{self, Verdict};
use super::{Limits, Record, StressError};
use crate::locust::{self, Entry, ExceptionRow, FailureRow, HistoryRow};

/// Names the directory that runs are archived in, whatever a test says.
const ARCHIVE: &str = "STRESS_ARCHIVE";

/// What a run measured. Archive it, then ask for its verdict, so that the
/// verdict can say where the files are.
#[derive(Debug)]
#[must_use = "a run without `verdict` passes whatever happened"]
pub struct Run {
    pub(super) record: Record,
    pub(super) started: Timestamp,
    pub(super) entries: Vec<Entry>,
    pub(super) history: Vec<HistoryRow>,
    /// From the first user to the last answer, in seconds.
    pub(super) seconds: f64,
    pub(super) flame: Option<FlameFiles>,
    pub(super) archived: OnceLock<PathBuf>,
}

impl Run {
    /// Everything that was measured.
    #[must_use]
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// Requests of the whole run, the ramp included.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.record.ramp.requests + self.record.measured.requests
    }

    /// Failed requests of the whole run, the ramp included.
    #[must_use]
    pub fn failures(&self) -> u64 {
        self.record.ramp.failures + self.record.measured.failures
    }

    /// Requests a second with all users running.
    ///
    /// In a closed loop these are the requests that ended in the whole seconds in
    /// which all users ran, by those seconds: the last answers come when users ask
    /// no more. In an open loop, and in one of less than three seconds, it is all
    /// that was measured by the time until the last answer.
    #[must_use]
    pub fn rps(&self) -> f64 {
        self.record.rps()
    }

    /// A table of the measured window, 80 columns wide: times in milliseconds,
    /// one row an endpoint, `Aggregated` last.
    #[must_use]
    pub fn table(&self) -> String {
        Table(self).to_string()
    }

    /// Writes Locust's four CSV files and the JSON record into `directory`, or
    /// where `STRESS_ARCHIVE` says; it is made if it is missing. Nothing is ever overwritten: a second run
    /// of the same name gets a number.
    ///
    /// # Errors
    /// [`StressError::Archive`] names the file that could not be written.
    pub fn archive(&self, directory: impl AsRef<Path>) -> Result<Archived, StressError> {
        let elsewhere = std::env::var_os(ARCHIVE).filter(|path| !path.is_empty());
        let directory = elsewhere
            .as_ref()
            .map_or(directory.as_ref(), |path| Path::new(path));
        let archived = archive::write(self, directory)?;
        let _ = self.archived.set(archived.stats.clone());
        Ok(archived)
    }

    /// Holds the run against `limits`.
    ///
    /// Throughput and percentiles are those of the measured window, the fraction
    /// of failures is that of the whole run.
    ///
    /// # Errors
    /// [`StressError::Broken`] shows the table, every limit that broke, and where
    /// the archive is.
    pub fn verdict(&self, limits: &Limits) -> Result<Verdict, StressError> {
        verdict::reach(self, limits)
    }

    /// `_stats.csv`.
    #[must_use]
    pub fn stats_csv(&self) -> Vec<u8> {
        let mut aggregated = Entry::aggregated();
        for entry in &self.entries {
            aggregated.merge(entry);
        }
        locust::write_stats(&locust::stats_rows(
            &self.entries,
            &aggregated,
            self.seconds,
        ))
    }

    /// `_stats_history.csv`.
    #[must_use]
    pub fn history_csv(&self) -> Vec<u8> {
        locust::write_history(&self.history)
    }

    /// `_failures.csv`.
    #[must_use]
    pub fn failures_csv(&self) -> Vec<u8> {
        let at = |seconds: f64| {
            let span = jiff::SignedDuration::try_from_secs_f64(seconds).unwrap_or_default();
            self.started.saturating_add(span).unwrap_or(self.started)
        };
        let failures = self.record.failures.iter();
        let rows: Vec<FailureRow> = failures
            .map(|failure| FailureRow {
                method: failure.method.clone(),
                name: failure.name.clone(),
                error: failure.error.clone(),
                occurrences: failure.occurrences,
                first_seen: at(failure.first_s),
                last_seen: at(failure.last_s),
            })
            .collect();
        locust::write_failures(&rows)
    }

    /// `_exceptions.csv`.
    #[must_use]
    pub fn exceptions_csv(&self) -> Vec<u8> {
        let exceptions = self.record.exceptions.iter();
        let rows: Vec<ExceptionRow> = exceptions
            .map(|exception| ExceptionRow {
                count: exception.count,
                message: exception.message.clone(),
                traceback: exception.place.clone(),
                nodes: "local".to_owned(),
            })
            .collect();
        locust::write_exceptions(&rows)
    }
}
