//! Locust's CSV files: what `locust --csv PREFIX --csv-full-history` leaves
//! behind, written and read back, in the layout of Locust 2.44 and later.
//!
//! | file | one row is | columns |
//! |---|---|---|
//! | `PREFIX_stats.csv` | an endpoint, `Aggregated` last | 22, [`STATS_HEADER`] |
//! | `PREFIX_stats_history.csv` | an endpoint in one second | 24, [`HISTORY_HEADER`] |
//! | `PREFIX_failures.csv` | an error text of an endpoint | 6, [`FAILURES_HEADER`] |
//! | `PREFIX_exceptions.csv` | an exception in user code | 4, [`EXCEPTIONS_HEADER`] |
//!
//! The dialect is that of Python's `csv.writer`: commas, quotes only where they
//! are needed, a quote inside a quoted cell doubled, records ended by CRLF while
//! a line break inside a cell stays what it was. Floats are what Python's
//! `repr` prints ([`python_repr`]), except the two rates of the history, which
//! have six decimals.
//!
//! Everything here computes and formats; nothing opens a file. The percentile
//! columns follow Locust's own rounding ([`round_response_time`]) and rank
//! ([`ResponseTimes::percentile`]) so that an archive of ours compares with an
//! archive of Locust's cell by cell. Exact times are not in these files: a
//! service that answers in 0.3 ms shows 0. They are in the JSON record beside.

mod entry;
mod error;
mod exceptions;
mod failures;
mod float;
mod history;
mod percentile;
pub mod read;
mod stats;
mod table;

pub use entry::Entry;
pub use error::LocustError;
pub use exceptions::{EXCEPTIONS_HEADER, ExceptionRow, read_exceptions, write_exceptions};
pub use failures::{FAILURES_HEADER, FailureRow, read_failures, write_failures};
pub use float::python_repr;
pub use history::{HISTORY_HEADER, HistoryRow, read_history, write_history};
pub use percentile::{REPORTED, ResponseTimes, round_response_time};
pub use stats::{Median, STATS_HEADER, StatsRow, read_stats, stats_rows, write_stats};

/// The time in a [`FailureRow`].
pub use jiff::Timestamp;
