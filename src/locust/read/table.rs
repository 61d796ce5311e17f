//! A whole table: which one it is, and its rows.

use std::borrow::Cow;
use std::path::Path;

use super::cells::Cells;
use super::header::{Header, Kind};
use super::tokens::{Cell, Record, Tokens, malformed};
use super::{
    Cause, Exception, Failure, History, HistoryRow, Malformed, Rate, ReadError, Stats, StatsRow,
};

/// Any table of Locust's.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Table {
    /// `_stats.csv`, `_requests.csv`, `_distribution.csv`, or the web page's table.
    Stats(Stats),
    /// `_stats_history.csv`.
    History(History),
    /// `_failures.csv`.
    Failures(Vec<Failure>),
    /// `_exceptions.csv`.
    Exceptions(Vec<Exception>),
}

/// Reads the file at `path`.
///
/// # Errors
/// The file cannot be read, or is no table of Locust's; the error then holds
/// line, column and cause.
pub fn read(path: &Path) -> Result<Table, ReadError> {
    let bytes = std::fs::read(path).map_err(|source| ReadError::Io {
        path: path.to_owned(),
        source,
    })?;
    parse(&bytes).map_err(|source| ReadError::Malformed {
        path: path.to_owned(),
        source,
    })
}

/// Reads the bytes of a file.
///
/// # Errors
/// The bytes are no table of Locust's.
pub fn parse(bytes: &[u8]) -> Result<Table, Malformed> {
    let text = utf8(bytes)?;
    let first = text.trim_start_matches(['\r', '\n']);
    let first = &first[..first.find(['\r', '\n']).unwrap_or(first.len())];
    let delimiter = if first.contains('\t') { b'\t' } else { b',' };
    let mut tokens = Tokens::new(text, delimiter);
    let Some(record) = tokens.record() else {
        return Err(malformed(text, 0, Cause::Empty));
    };
    let header = Header::new(text, &record?)?;
    let reader = Reader {
        text,
        header: &header,
        // Only the versions before 1.2 quote every name, and do not double quotes.
        careless: first.starts_with('"') && first.ends_with('"'),
    };
    Ok(match header.kind {
        Kind::Stats => Table::Stats(Stats {
            rate: if header.rate_is_current {
                Rate::Current
            } else {
                Rate::WholeRun
            },
            percentiles: header.percentiles(),
            rows: reader.rows::<StatsRow>(&mut tokens, Cells::stats)?,
        }),
        Kind::History => Table::History(History {
            percentiles: header.percentiles(),
            rows: reader.rows::<HistoryRow>(&mut tokens, Cells::history)?,
        }),
        Kind::Failures => Table::Failures(reader.rows(&mut tokens, Cells::failure)?),
        Kind::Exceptions => Table::Exceptions(reader.rows(&mut tokens, Cells::exception)?),
    })
}

/// The text, without the byte order mark that a spreadsheet may have added.
fn utf8(bytes: &[u8]) -> Result<&str, Malformed> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.strip_prefix('\u{feff}').unwrap_or(text)),
        Err(error) => {
            let valid = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
            Err(malformed(&valid, valid.len(), Cause::NotUtf8))
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    header: &'a Header,
    careless: bool,
}

impl<'a> Reader<'a> {
    fn rows<T>(
        &self,
        tokens: &mut Tokens<'a>,
        row: impl Fn(&Cells<'a>) -> Result<T, Malformed>,
    ) -> Result<Vec<T>, Malformed> {
        let mut rows = Vec::new();
        loop {
            tokens.skip_line_ends();
            let offset = tokens.position();
            let Some(record) = tokens.record() else {
                return Ok(rows);
            };
            let read = record
                .and_then(|record| Cells::new(self.text, self.header, record))
                .and_then(|cells| row(&cells));
            let read = match read {
                Err(error) if self.careless => self
                    .read_from_both_ends(&tokens.raw_line(offset))
                    .and_then(|record| Cells::new(self.text, self.header, record).ok())
                    .and_then(|cells| row(&cells).ok())
                    .ok_or(error),
                read => read,
            };
            rows.push(read?);
        }
    }

    /// Gives every column but the free one its cell, counted from its own end
    /// of the line, and the free one the rest.
    fn read_from_both_ends(&self, line: &Record<'a>) -> Option<Record<'a>> {
        let free = self.header.free_column()?;
        let extra = line.cells.len().checked_sub(self.header.columns.len())?;
        let mut cells = Vec::with_capacity(self.header.columns.len());
        cells.extend_from_slice(&line.cells[..free]);
        let (first, last) = (&line.cells[free], &line.cells[free + extra]);
        cells.push(Cell {
            text: Cow::Borrowed(&self.text[first.offset..last.offset + last.text.len()]),
            offset: first.offset,
        });
        cells.extend_from_slice(&line.cells[free + extra + 1..]);
        for cell in &mut cells {
            let bare = cell
                .text
                .strip_prefix('"')
                .and_then(|text| text.strip_suffix('"'));
            if let Some(bare) = bare {
                cell.text = Cow::Owned(bare.to_owned());
            }
        }
        Some(Record {
            cells,
            offset: line.offset,
        })
    }
}
