//! The rows of Locust's tables, whichever version wrote them.

/// What the rate column of a table means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rate {
    /// Requests divided by the run's duration, ramp included (`Requests/s`).
    WholeRun,
    /// The last ten seconds or so when the table was copied (`Current RPS`).
    Current,
}

/// A statistics table: one row per endpoint and, as a rule, one for all of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Stats {
    /// What [`StatsRow::requests_per_second`] means here.
    pub rate: Rate,
    /// The percentiles that have a column, in percent (`99.9`), in the file's order.
    pub percentiles: Vec<f64>,
    /// The rows, in the file's order.
    pub rows: Vec<StatsRow>,
}

/// One endpoint of a statistics table. Times are in milliseconds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StatsRow {
    /// `GET`, `POST`, ...; empty for the row of all endpoints.
    pub method: String,
    /// The name that requests were grouped by.
    pub name: String,
    /// Requests, failed ones included.
    pub requests: u64,
    /// Failed requests; 0 in a layout without that column.
    pub failures: u64,
    /// Median response time.
    pub median_ms: Option<f64>,
    /// Mean response time.
    pub average_ms: Option<f64>,
    /// Shortest response time.
    pub min_ms: Option<f64>,
    /// Longest response time.
    pub max_ms: Option<f64>,
    /// Mean size of a body, in bytes.
    pub content_bytes: Option<f64>,
    /// Requests per second; over which time, [`Stats::rate`] says.
    pub requests_per_second: Option<f64>,
    /// Failed requests per second.
    pub failures_per_second: Option<f64>,
    /// Response times at [`Stats::percentiles`], one for one.
    pub percentiles_ms: Vec<Option<f64>>,
}

/// A table of statistics over time.
#[derive(Clone, Debug, PartialEq)]
pub struct History {
    /// The percentiles that have a column, in percent.
    pub percentiles: Vec<f64>,
    /// The rows, in the file's order.
    pub rows: Vec<HistoryRow>,
}

/// One endpoint, or all of them, at one second of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryRow {
    /// Seconds since 1970.
    pub timestamp: u64,
    /// Users at that second; the layouts before 1.0 do not say.
    pub users: Option<u64>,
    /// The statistics: counts, median, mean and extremes since the run began;
    /// rates of the last seconds; percentiles of the last ten seconds with
    /// `--csv-full-history`, since the run began without it.
    pub stats: StatsRow,
}

/// One kind of failure at one endpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Failure {
    /// `GET`, `POST`, ...
    pub method: String,
    /// The endpoint's name.
    pub name: String,
    /// The error, as the user class reported it.
    pub error: String,
    /// How often it happened.
    pub occurrences: u64,
    /// UTC, as written by 2.44 and later.
    pub first_seen: Option<String>,
    /// UTC, as written by 2.44 and later.
    pub last_seen: Option<String>,
}

/// An exception in user code that Locust caught.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exception {
    /// How often it happened.
    pub count: u64,
    /// The exception's text.
    pub message: String,
    /// Python's traceback, with its line breaks.
    pub traceback: String,
    /// The workers it happened on; `local` in a single process.
    pub nodes: String,
}

impl StatsRow {
    /// Whether this is the row of all endpoints together.
    #[must_use]
    pub fn is_aggregated(&self) -> bool {
        self.method.is_empty() && matches!(self.name.as_str(), "Aggregated" | "Total")
    }
}

impl Stats {
    /// The row of all endpoints together.
    #[must_use]
    pub fn aggregated(&self) -> Option<&StatsRow> {
        self.rows.iter().rev().find(|row| row.is_aggregated())
    }

    /// The rows of single endpoints.
    pub fn endpoints(&self) -> impl Iterator<Item = &StatsRow> {
        self.rows.iter().filter(|row| !row.is_aggregated())
    }

    /// The response time of `row` at `percent` (`95.0`), in milliseconds; `None`
    /// where the table has no such column or the row no number in it.
    #[must_use]
    pub fn percentile_ms(&self, row: &StatsRow, percent: f64) -> Option<f64> {
        percentile(&self.percentiles, row, percent)
    }

    /// Adds the percentiles of a `_distribution.csv`, which before 0.13.3 held
    /// the percentiles of a `_requests.csv` under `METHOD name`.
    #[must_use]
    pub fn with_distribution(mut self, distribution: &Self) -> Self {
        self.percentiles.clone_from(&distribution.percentiles);
        for row in &mut self.rows {
            let joined = format!("{} {}", row.method, row.name);
            let same = |other: &&StatsRow| {
                (other.is_aggregated() && row.is_aggregated()) || other.name == joined.trim()
            };
            row.percentiles_ms = distribution.rows.iter().find(same).map_or_else(
                || vec![None; distribution.percentiles.len()],
                |found| found.percentiles_ms.clone(),
            );
        }
        self
    }
}

impl History {
    /// The rows of all endpoints together, one per second.
    pub fn aggregated(&self) -> impl Iterator<Item = &HistoryRow> {
        self.rows.iter().filter(|row| row.stats.is_aggregated())
    }

    /// The response time of `row` at `percent` (`95.0`), in milliseconds.
    #[must_use]
    pub fn percentile_ms(&self, row: &HistoryRow, percent: f64) -> Option<f64> {
        percentile(&self.percentiles, &row.stats, percent)
    }
}

fn percentile(columns: &[f64], row: &StatsRow, percent: f64) -> Option<f64> {
    let index = columns
        .iter()
        .position(|column| (column - percent).abs() < 1e-9)?;
    row.percentiles_ms.get(index).copied().flatten()
}
