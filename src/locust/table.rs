//! The CSV dialect the four files share: writing records, and reading them
//! back by position once the header has been checked.

use csv::{ReaderBuilder, StringRecord, Terminator, Writer, WriterBuilder};

use super::LocustError;

/// A writer of Python's default dialect into memory.
struct Table {
    writer: Writer<Vec<u8>>,
}

impl Table {
    fn new(header: &[&str]) -> Self {
        let writer = WriterBuilder::new()
            .terminator(Terminator::CRLF)
            .from_writer(Vec::new());
        let mut table = Self { writer };
        table.row(header);
        table
    }

    fn row<I, C>(&mut self, cells: I)
    where
        I: IntoIterator<Item = C>,
        C: AsRef<[u8]>,
    {
        self.writer
            .write_record(cells)
            .expect("writing to memory succeeds, and every row has the header's length");
    }

    fn into_bytes(self) -> Vec<u8> {
        self.writer
            .into_inner()
            .expect("flushing to memory succeeds")
    }
}

/// A file of this header and these rows.
pub(super) fn write<C: AsRef<[u8]>>(
    header: &[&str],
    rows: impl Iterator<Item = impl IntoIterator<Item = C>>,
) -> Vec<u8> {
    let mut table = Table::new(header);
    rows.for_each(|cells| table.row(cells));
    table.into_bytes()
}

/// One record of a file, cells addressed by the position of their column.
pub(super) struct Cells<'a> {
    header: &'a [&'static str],
    record: &'a StringRecord,
    line: u64,
}

impl Cells<'_> {
    pub(super) fn text(&self, at: usize) -> String {
        self.record[at].to_owned()
    }

    pub(super) fn parse<T: std::str::FromStr>(
        &self,
        at: usize,
        expected: &'static str,
    ) -> Result<T, LocustError> {
        self.record[at]
            .parse()
            .map_err(|_| self.refuse(at, expected))
    }

    /// The percentile columns from `first` on: all of them, or all `N/A`.
    pub(super) fn percentiles(&self, first: usize) -> Result<Option<[u64; 11]>, LocustError> {
        if &self.record[first] == "N/A" {
            return Ok(None);
        }
        let mut values = [0; 11];
        for (offset, value) in values.iter_mut().enumerate() {
            *value = self.parse(first + offset, "whole milliseconds or `N/A`")?;
        }
        Ok(Some(values))
    }

    fn refuse(&self, at: usize, expected: &'static str) -> LocustError {
        LocustError::Cell {
            line: self.line,
            column: self.header[at],
            value: self.record[at].to_owned(),
            expected,
        }
    }
}

/// Reads every record of a file whose first line must be `header`.
pub(super) fn read<T>(
    bytes: &[u8],
    kind: &'static str,
    header: &[&'static str],
    mut row: impl FnMut(&Cells<'_>) -> Result<T, LocustError>,
) -> Result<Vec<T>, LocustError> {
    let mut reader = ReaderBuilder::new().from_reader(bytes);
    check_header(kind, header, reader.headers()?)?;
    reader
        .records()
        .map(|record| {
            let record = record?;
            row(&Cells {
                header,
                record: &record,
                line: line_of(&record, bytes),
            })
        })
        .collect()
}

/// The line a record starts on. The reader stops between CR and LF, so that to
/// it a record begins with the line break of the one before.
fn line_of(record: &StringRecord, bytes: &[u8]) -> u64 {
    record.position().map_or(0, |position| {
        let start = usize::try_from(position.byte()).unwrap_or(usize::MAX);
        position.line() + u64::from(bytes.get(start) == Some(&b'\n'))
    })
}

fn check_header(
    kind: &'static str,
    header: &[&'static str],
    found: &StringRecord,
) -> Result<(), LocustError> {
    let length = header.len().max(found.len());
    for at in 0..length {
        let (wanted, got) = (header.get(at).copied(), found.get(at));
        if wanted != got {
            return Err(LocustError::Header {
                kind,
                position: at + 1,
                expected: wanted.unwrap_or_default().to_owned(),
                found: got.unwrap_or_default().to_owned(),
            });
        }
    }
    Ok(())
}

/// Percentile cells: whole milliseconds, or `N/A` in each.
pub(super) fn percentile_cells(values: Option<&[u64; 11]>) -> Vec<String> {
    match values {
        Some(values) => values.iter().map(u64::to_string).collect(),
        None => vec!["N/A".to_owned(); 11],
    }
}
