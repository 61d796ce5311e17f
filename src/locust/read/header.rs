//! What each column of a table holds, by the names Locust has given it.

use super::tokens::{Record, malformed};
use super::{Cause, Malformed};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Column {
    Method,
    Name,
    Timestamp,
    Users,
    Requests,
    Failures,
    Median,
    Average,
    Min,
    Max,
    Size,
    Rate,
    FailureRate,
    /// In percent: 99.9 for `99.9%`.
    Percentile(f64),
    Error,
    Occurrences,
    FirstSeen,
    LastSeen,
    Count,
    Message,
    Traceback,
    Nodes,
    /// A column nobody knows; left aside.
    Other,
}

/// Which of the tables it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Stats,
    History,
    Failures,
    Exceptions,
}

/// The first record of a table, understood.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) kind: Kind,
    pub(super) columns: Vec<Column>,
    pub(super) names: Vec<String>,
    /// `Current RPS`, as on the web page, and not the rate of the whole run.
    pub(super) rate_is_current: bool,
}

impl Header {
    pub(super) fn new(text: &str, record: &Record<'_>) -> Result<Self, Malformed> {
        let names: Vec<String> = record
            .cells
            .iter()
            .map(|cell| cell.text.trim().to_owned())
            .collect();
        let columns: Vec<Column> = names.iter().map(|name| column(name)).collect();
        for (index, column) in columns.iter().enumerate() {
            if *column != Column::Other && columns[..index].contains(column) {
                let cause = Cause::DuplicateColumn {
                    name: Cause::excerpt(&names[index]),
                };
                return Err(malformed(text, record.cells[index].offset, cause));
            }
        }
        let Some(kind) = kind(&columns) else {
            let found = Cause::excerpt(&names.join(","));
            let cause = Cause::UnknownHeader { found };
            return Err(malformed(text, record.offset, cause));
        };
        let rate_is_current = names
            .iter()
            .any(|name| name.eq_ignore_ascii_case("current rps"));
        Ok(Self {
            kind,
            columns,
            names,
            rate_is_current,
        })
    }

    /// The percentiles that have a column, in the header's order.
    pub(super) fn percentiles(&self) -> Vec<f64> {
        self.columns
            .iter()
            .filter_map(|column| match column {
                Column::Percentile(percent) => Some(*percent),
                _ => None,
            })
            .collect()
    }

    /// The column that takes what is left when a line is read from both ends.
    pub(super) fn free_column(&self) -> Option<usize> {
        let of = |wanted: Column| self.columns.iter().position(|column| *column == wanted);
        of(Column::Error)
            .or_else(|| of(Column::Traceback))
            .or_else(|| of(Column::Name))
    }
}

fn kind(columns: &[Column]) -> Option<Kind> {
    let has = |wanted: Column| columns.contains(&wanted);
    let percentiles = columns
        .iter()
        .any(|column| matches!(column, Column::Percentile(_)));
    if has(Column::Traceback) && has(Column::Count) {
        Some(Kind::Exceptions)
    } else if has(Column::Error) && has(Column::Occurrences) {
        Some(Kind::Failures)
    } else if has(Column::Timestamp) && has(Column::Name) && has(Column::Requests) {
        Some(Kind::History)
    } else if has(Column::Name)
        && has(Column::Requests)
        && (has(Column::Median) || has(Column::Average) || percentiles)
    {
        Some(Kind::Stats)
    } else {
        None
    }
}

fn column(name: &str) -> Column {
    let name = name.to_ascii_lowercase();
    // The history's totals since the start carry this word.
    let plain = name.strip_prefix("total ").unwrap_or(&name);
    match plain {
        "type" | "method" => Column::Method,
        "name" => Column::Name,
        "timestamp" => Column::Timestamp,
        "user count" | "users" => Column::Users,
        "request count" | "requests" | "# requests" | "# reqs" => Column::Requests,
        "failure count" | "failures" | "fails" | "# failures" | "# fails" => Column::Failures,
        "median response time" | "median (ms)" | "median" => Column::Median,
        "average response time" | "average (ms)" | "average" => Column::Average,
        "min response time" | "min (ms)" | "min" => Column::Min,
        "max response time" | "max (ms)" | "max" => Column::Max,
        "average content size"
        | "average size (bytes)"
        | "content size"
        | "content size (bytes)" => Column::Size,
        "requests/s" | "current rps" | "rps" | "reqs/s" | "reqs/sec" | "# reqs/sec" => Column::Rate,
        "failures/s" | "requests failed/s" | "current failures/s" => Column::FailureRate,
        "error" => Column::Error,
        "occurrences" | "# occurrences" => Column::Occurrences,
        "first seen" => Column::FirstSeen,
        "last seen" => Column::LastSeen,
        "count" | "# occurences" => Column::Count,
        "message" => Column::Message,
        "traceback" => Column::Traceback,
        "nodes" => Column::Nodes,
        other => percentile(other).map_or(Column::Other, Column::Percentile),
    }
}

/// `50%`, `99.999`, `95%ile (ms)`.
fn percentile(name: &str) -> Option<f64> {
    let number = name.strip_suffix("(ms)").unwrap_or(name).trim_end();
    let number = number.strip_suffix("ile").unwrap_or(number);
    let number = number.strip_suffix('%').unwrap_or(number).trim_end();
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let written = match number.split_once('.') {
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None => digits(number),
    };
    let percent: f64 = written.then(|| number.parse().ok())??;
    (percent <= 100.0).then_some(percent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_recognised_however_they_are_written() {
        for (name, expected) in [
            ("50%", Some(50.0)),
            ("99.999", Some(99.999)),
            ("95%ile (ms)", Some(95.0)),
            ("100%", Some(100.0)),
            ("0.5%", Some(0.5)),
            ("101%", None),
            ("%", None),
            ("1e2", None),
            ("9.", None),
            ("-1", None),
            ("", None),
            ("inf", None),
        ] {
            assert_eq!(percentile(name), expected, "{name}");
        }
    }

    #[test]
    fn old_and_new_names_mean_the_same() {
        assert_eq!(column("# requests"), column("Request Count"));
        assert_eq!(column("# Fails"), column("Total Failure Count"));
        assert_eq!(column("Requests Failed/s"), column("Failures/s"));
        assert_eq!(column("Median (ms)"), column("Total Median Response Time"));
        assert_eq!(column("Something new"), Column::Other);
    }
}
