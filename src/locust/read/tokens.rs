//! Cuts text into records and cells, and remembers where each cell began.
//!
//! The rules are those of RFC 4180, with three ends of a record (CRLF, LF, CR)
//! and empty lines skipped. A quote that does not open a cell is an ordinary
//! character. In tab-separated text no quote is special: the web page does not
//! quote.

use std::borrow::Cow;

use super::{Cause, Malformed};

/// One cell, unquoted.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Cell<'a> {
    pub(super) text: Cow<'a, str>,
    /// Byte at which the cell begins, its opening quote included.
    pub(super) offset: usize,
}

/// The cells of one record.
#[derive(Debug)]
pub(super) struct Record<'a> {
    pub(super) cells: Vec<Cell<'a>>,
    pub(super) offset: usize,
}

/// Reads records one after another.
#[derive(Debug)]
pub(super) struct Tokens<'a> {
    text: &'a str,
    at: usize,
    delimiter: u8,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(text: &'a str, delimiter: u8) -> Self {
        Self {
            text,
            at: 0,
            delimiter,
        }
    }

    /// The next record, `None` at the end of the text.
    pub(super) fn record(&mut self) -> Option<Result<Record<'a>, Malformed>> {
        self.skip_line_ends();
        if self.at == self.text.len() {
            return None;
        }
        let offset = self.at;
        let mut cells = Vec::new();
        loop {
            match self.cell() {
                Ok(cell) => cells.push(cell),
                Err(error) => return Some(Err(error)),
            }
            if self.byte() != Some(self.delimiter) {
                return Some(Ok(Record { cells, offset }));
            }
            self.at += 1;
        }
    }

    /// The line that holds `offset`, cut at every delimiter, quotes left in.
    /// Reading goes on behind it.
    pub(super) fn raw_line(&mut self, offset: usize) -> Record<'a> {
        let rest = &self.text[offset..];
        let length = rest.find(['\r', '\n']).unwrap_or(rest.len());
        self.at = offset + length;
        let mut start = offset;
        let cells = rest[..length]
            .split(char::from(self.delimiter))
            .map(|text| {
                let cell = Cell {
                    text: Cow::Borrowed(text),
                    offset: start,
                };
                start += text.len() + 1;
                cell
            })
            .collect();
        Record { cells, offset }
    }

    pub(super) fn position(&self) -> usize {
        self.at
    }

    pub(super) fn skip_line_ends(&mut self) {
        while matches!(self.byte(), Some(b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn cell(&mut self) -> Result<Cell<'a>, Malformed> {
        let offset = self.at;
        if self.delimiter != b'\t' && self.byte() == Some(b'"') {
            return self.quoted(offset);
        }
        while let Some(byte) = self.byte() {
            if byte == self.delimiter || byte == b'\r' || byte == b'\n' {
                break;
            }
            self.at += 1;
        }
        Ok(Cell {
            text: Cow::Borrowed(&self.text[offset..self.at]),
            offset,
        })
    }

    fn quoted(&mut self, offset: usize) -> Result<Cell<'a>, Malformed> {
        let mut text = Cow::Borrowed("");
        let mut start = offset + 1;
        loop {
            let Some(length) = self.text[start..].find('"') else {
                self.at = self.text.len();
                return Err(malformed(self.text, offset, Cause::UnterminatedQuote));
            };
            let end = start + length;
            let piece = &self.text[start..end];
            if text.is_empty() {
                text = Cow::Borrowed(piece);
            } else {
                text.to_mut().push_str(piece);
            }
            self.at = end + 1;
            match self.byte() {
                Some(b'"') => {
                    text.to_mut().push('"');
                    start = self.at + 1;
                }
                None | Some(b'\r' | b'\n') => return Ok(Cell { text, offset }),
                Some(byte) if byte == self.delimiter => return Ok(Cell { text, offset }),
                Some(_) => return Err(malformed(self.text, self.at, Cause::TextAfterQuote)),
            }
        }
    }
}

/// The error at byte `offset` of `text`.
pub(super) fn malformed(text: &str, offset: usize, cause: Cause) -> Malformed {
    let before = &text.as_bytes()[..offset.min(text.len())];
    let mut line = 1;
    let mut start = 0;
    for (index, &byte) in before.iter().enumerate() {
        let ends = match byte {
            b'\n' => true,
            // The CR of a CRLF does not end a line of its own.
            b'\r' => text.as_bytes().get(index + 1) != Some(&b'\n'),
            _ => false,
        };
        if ends {
            line += 1;
            start = index + 1;
        }
    }
    Malformed {
        line,
        column: String::from_utf8_lossy(&before[start..]).chars().count() + 1,
        cause,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(text: &str, delimiter: u8) -> Vec<Vec<String>> {
        let mut tokens = Tokens::new(text, delimiter);
        std::iter::from_fn(|| tokens.record())
            .map(|record| {
                let record = record.unwrap();
                record.cells.iter().map(|c| c.text.to_string()).collect()
            })
            .collect()
    }

    #[test]
    fn records_end_with_any_line_end_and_empty_lines_are_skipped() {
        let expected = [["a", "b"], ["c", ""], ["", "d"]];
        assert_eq!(cells("a,b\r\nc,\r\n,d\r\n", b','), expected);
        assert_eq!(cells("a,b\nc,\n\n,d", b','), expected);
        assert_eq!(cells("\r\na,b\rc,\r,d", b','), expected);
        assert_eq!(cells("a\tb\nc\t\n\td\n", b'\t'), expected);
    }

    #[test]
    fn quotes_are_undone_and_line_breaks_inside_them_kept() {
        assert_eq!(
            cells("\"a \"\"b\"\", c\",\"x\ny\"\r\n\"\",\"\"\"\"\n", b','),
            [["a \"b\", c", "x\ny"], ["", "\""]]
        );
    }

    #[test]
    fn a_quote_inside_an_unquoted_cell_is_a_character() {
        assert_eq!(cells("a \"b\",c\n", b','), [["a \"b\"", "c"]]);
        assert_eq!(cells("\"a\"\t\"b\n", b'\t'), [["\"a\"", "\"b"]]);
    }

    #[test]
    fn errors_point_at_the_quote() {
        let mut tokens = Tokens::new("é,\"x\" y\n", b',');
        let error = tokens.record().unwrap().unwrap_err();
        assert_eq!((error.line, error.column), (1, 6));
        assert_eq!(error.cause, Cause::TextAfterQuote);
        let mut tokens = Tokens::new("a\r\nb,\"x\r\ny", b',');
        tokens.record().unwrap().unwrap();
        let error = tokens.record().unwrap().unwrap_err();
        assert_eq!((error.line, error.column), (2, 3));
        assert_eq!(error.cause, Cause::UnterminatedQuote);
    }
}
