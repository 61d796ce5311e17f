//! Turns the cells of one record into one row.

use super::header::{Column, Header};
use super::number::{count, number};
use super::tokens::{Record, malformed};
use super::{Cause, Exception, Failure, HistoryRow, Malformed, StatsRow};

/// A record beside the header that explains it.
#[derive(Debug)]
pub(super) struct Cells<'a> {
    text: &'a str,
    header: &'a Header,
    record: Record<'a>,
}

impl<'a> Cells<'a> {
    pub(super) fn new(
        text: &'a str,
        header: &'a Header,
        record: Record<'a>,
    ) -> Result<Self, Malformed> {
        let (expected, found) = (header.columns.len(), record.cells.len());
        if expected != found {
            let cause = Cause::CellCount { expected, found };
            return Err(malformed(text, record.offset, cause));
        }
        Ok(Self {
            text,
            header,
            record,
        })
    }

    pub(super) fn stats(&self) -> Result<StatsRow, Malformed> {
        Ok(StatsRow {
            method: absent_is_empty(self.string(Column::Method)),
            // A distribution names the aggregate `None Total`.
            name: strip_none(self.string(Column::Name)),
            requests: self.count(Column::Requests)?.unwrap_or(0),
            failures: self.count(Column::Failures)?.unwrap_or(0),
            median_ms: self.number(Column::Median)?,
            average_ms: self.number(Column::Average)?,
            min_ms: self.number(Column::Min)?,
            max_ms: self.number(Column::Max)?,
            content_bytes: self.number(Column::Size)?,
            requests_per_second: self.number(Column::Rate)?,
            failures_per_second: self.number(Column::FailureRate)?,
            percentiles_ms: self.percentiles()?,
        })
    }

    pub(super) fn history(&self) -> Result<HistoryRow, Malformed> {
        let index = self.index(Column::Timestamp);
        let timestamp = self.count(Column::Timestamp)?;
        Ok(HistoryRow {
            timestamp: timestamp.ok_or_else(|| self.not_a_count(index.unwrap_or(0)))?,
            users: self.count(Column::Users)?,
            stats: self.stats()?,
        })
    }

    pub(super) fn failure(&self) -> Result<Failure, Malformed> {
        Ok(Failure {
            method: self.string(Column::Method),
            name: self.string(Column::Name),
            error: self.string(Column::Error),
            occurrences: self.count(Column::Occurrences)?.unwrap_or(0),
            first_seen: non_empty(self.string(Column::FirstSeen)),
            last_seen: non_empty(self.string(Column::LastSeen)),
        })
    }

    pub(super) fn exception(&self) -> Result<Exception, Malformed> {
        Ok(Exception {
            count: self.count(Column::Count)?.unwrap_or(0),
            message: self.string(Column::Message),
            traceback: self.string(Column::Traceback),
            nodes: self.string(Column::Nodes),
        })
    }

    fn index(&self, wanted: Column) -> Option<usize> {
        self.header
            .columns
            .iter()
            .position(|column| *column == wanted)
    }

    fn string(&self, column: Column) -> String {
        self.index(column)
            .map(|index| self.record.cells[index].text.to_string())
            .unwrap_or_default()
    }

    fn count(&self, column: Column) -> Result<Option<u64>, Malformed> {
        let Some(index) = self.index(column) else {
            return Ok(None);
        };
        count(&self.record.cells[index].text).map_err(|()| self.not_a_count(index))
    }

    fn number(&self, column: Column) -> Result<Option<f64>, Malformed> {
        self.index(column)
            .map_or(Ok(None), |index| self.number_at(index))
    }

    fn percentiles(&self) -> Result<Vec<Option<f64>>, Malformed> {
        self.header
            .columns
            .iter()
            .enumerate()
            .filter(|(_, column)| matches!(column, Column::Percentile(_)))
            .map(|(index, _)| self.number_at(index))
            .collect()
    }

    fn number_at(&self, index: usize) -> Result<Option<f64>, Malformed> {
        let cell = &self.record.cells[index];
        number(&cell.text).map_err(|()| {
            let cause = Cause::NotANumber {
                name: self.header.names[index].clone(),
                value: Cause::excerpt(&cell.text),
            };
            malformed(self.text, cell.offset, cause)
        })
    }

    fn not_a_count(&self, index: usize) -> Malformed {
        let cell = &self.record.cells[index];
        let cause = Cause::NotACount {
            name: self.header.names[index].clone(),
            value: Cause::excerpt(&cell.text),
        };
        malformed(self.text, cell.offset, cause)
    }
}

/// Python's `None`, printed by the versions before 1.0, is no method.
fn absent_is_empty(method: String) -> String {
    if method == "None" {
        String::new()
    } else {
        method
    }
}

fn strip_none(name: String) -> String {
    match name.as_str() {
        "None Total" | "None Aggregated" => name["None ".len()..].to_owned(),
        _ => name,
    }
}

fn non_empty(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}
