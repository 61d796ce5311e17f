//! Reads every table that Locust has written since 0.7, whatever its layout.
//!
//! | source | files |
//! |---|---|
//! | `--csv PREFIX`, up to 0.13.2 | `_requests.csv` and `_distribution.csv`, everything quoted |
//! | 0.13.3 to 1.1 | `_stats.csv`, `_stats_history.csv`, `_failures.csv`; other column names and orders, quotes inside cells not doubled |
//! | 1.2 to today | the same with today's names, `_exceptions.csv`; `First Seen` and `Last Seen` since 2.44 |
//! | the web page | the statistics table copied as tab-separated text, with `Current RPS` |
//!
//! What a file is, its header says and never its name: columns are found by
//! name, under every alias they have had, in any order; `50%`, `99.9%`,
//! `99.999`, `95%ile (ms)` are all percentiles, whichever the user configured;
//! columns nobody knows are left aside. Records end with CRLF, LF or CR, cells
//! may be quoted and hold line breaks, `N/A` and nothing are no number.
//!
//! The writers of 0.13 to 1.1 did not double the quotes inside a cell. Such a
//! line is not CSV any more; where every name in the header is quoted (only
//! those versions do that) it is read from both ends, and what remains in the
//! middle is the name or the error text.
//!
//! Reading never panics; what cannot be understood is a [`Malformed`] with
//! line, column and cause.
//!
//! ```
//! use shakedown::locust::read::{Table, parse};
//!
//! let text = "Type\tName\t# Requests\t# Fails\tMedian (ms)\tCurrent RPS\n\tAggregated\t42\t1\t7\t2.5\n";
//! let Table::Stats(stats) = parse(text.as_bytes())? else { unreachable!() };
//! let all = stats.aggregated().expect("the table has an Aggregated row");
//! assert_eq!((all.requests, all.failures, all.median_ms), (42, 1, Some(7.0)));
//! # Ok::<(), shakedown::locust::read::Malformed>(())
//! ```

mod cells;
mod error;
mod header;
mod number;
mod row;
mod table;
mod tokens;

pub use error::{Cause, Malformed, ReadError};
pub use row::{Exception, Failure, History, HistoryRow, Rate, Stats, StatsRow};
pub use table::{Table, parse, read};
