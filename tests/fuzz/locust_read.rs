//! Locust's tables, damaged in every way: reading one never panics.
//!
//! `SHAKEDOWN_FUZZ_CASES` sets how many inputs are tried (default one million),
//! `SHAKEDOWN_FUZZ_SEED` where the sequence starts.

use std::fmt::Write as _;
use std::path::Path;

use proptest::prelude::*;
use shakedown::locust::read::{Table, parse};

/// How long the files that are damaged may be; short ones are damaged faster.
const LONGEST: usize = 1_500;

pub(crate) fn setting(name: &str, default: u64) -> u64 {
    match std::env::var(name) {
        Ok(value) => value
            .parse()
            .unwrap_or_else(|_| panic!("`{name}` must be a whole number, not `{value}`")),
        Err(_) => default,
    }
}

/// Marsaglia's xorshift, so that a seed names one sequence for ever.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.roll() % limit.max(1) as u64).unwrap()
    }
}

/// Beginnings of real files of every version and of the web page's table.
fn corpus() -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/locust");
    let mut corpus = Vec::new();
    for version in ["0.13.2", "0.14", "1.1", "2.20.0", "2.47.0"] {
        for kind in [
            "requests",
            "distribution",
            "stats",
            "stats_history",
            "failures",
            "exceptions",
        ] {
            if let Ok(mut bytes) = std::fs::read(root.join(version).join(format!("run_{kind}.csv")))
            {
                bytes.truncate(LONGEST);
                corpus.push(bytes);
            }
        }
    }
    assert_eq!(corpus.len(), 16, "golden files are missing");
    let web = "Type\tName\t# Requests\t# Fails\tMedian (ms)\t95%ile (ms)\tCurrent RPS\r\nGET\t/a\t3\t1\t60.16\t60\t0.1\r\n\tAggregated\t3\t1\t60\t60\t0.1\r\n";
    corpus.push(web.as_bytes().to_vec());
    corpus
}

pub(crate) fn damage(bytes: &mut Vec<u8>, dice: &mut Dice) {
    const PIECES: [&[u8]; 18] = [
        b"\"",
        b"\"\"",
        b",",
        b"\t",
        b"\r",
        b"\n",
        b"\r\n",
        b"N/A",
        b"",
        b"\xff",
        b"\xef\xbb\xbf",
        "\u{1F980}é".as_bytes(),
        b"-1",
        b"1e999",
        b"99999999999999999999999",
        b"\0",
        b"100%",
        b"Name",
    ];
    for _ in 0..=dice.below(6) {
        let at = dice.below(bytes.len() + 1);
        match dice.below(5) {
            0 => bytes.truncate(at),
            1 => {
                let end = (at + dice.below(40)).min(bytes.len());
                bytes.drain(at..end);
            }
            2 => {
                let end = (at + dice.below(80)).min(bytes.len());
                let piece = bytes[at..end].to_vec();
                let to = dice.below(bytes.len() + 1);
                bytes.splice(to..to, piece);
            }
            3 if at < bytes.len() => bytes[at] = dice.roll().to_le_bytes()[0],
            _ => {
                let piece = PIECES[dice.below(PIECES.len())];
                bytes.splice(at..at, piece.iter().copied());
            }
        }
    }
}

#[test]
fn damaged_tables_of_locust_never_panic_the_reader() {
    let cases = setting("SHAKEDOWN_FUZZ_CASES", 1_000_000);
    let mut dice = Dice::new(setting("SHAKEDOWN_FUZZ_SEED", 0x5eed));
    let corpus = corpus();
    let (mut read, mut refused) = (0_u64, 0_u64);
    for _ in 0..cases {
        let mut bytes = corpus[dice.below(corpus.len())].clone();
        damage(&mut bytes, &mut dice);
        match parse(&bytes) {
            Ok(_) => read += 1,
            Err(error) => {
                assert!(error.line >= 1 && error.column >= 1);
                let lines = bytes.iter().filter(|b| matches!(b, b'\n' | b'\r')).count() + 1;
                assert!(error.line <= lines, "{error} in a file of {lines} lines");
                refused += 1;
            }
        }
    }
    assert!(
        cases < 1_000 || (read > 0 && refused > 0),
        "damage must leave some tables readable ({read}) and some not ({refused})"
    );
}

/// A table as Python's and Rust's csv writers write it: quotes where needed.
fn written(rows: &[(String, u64, f64)], ends: &str) -> Vec<u8> {
    let mut text = format!("Type,Name,Request Count,Median Response Time{ends}");
    for (name, count, median) in rows {
        let quoted = if name.contains([',', '"', '\r', '\n']) {
            format!("\"{}\"", name.replace('"', "\"\""))
        } else {
            name.clone()
        };
        write!(text, "GET,{quoted},{count},{median:?}{ends}").unwrap();
    }
    text.into_bytes()
}

proptest! {
    #[test]
    fn bytes_of_any_kind_never_panic_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        drop(parse(&bytes));
    }

    #[test]
    fn text_of_any_kind_under_a_known_header_never_panics_the_reader(
        text in "(?s).{0,200}", quoted in any::<bool>()
    ) {
        let header = "Timestamp,User Count,Type,Name,Request Count,50%\n";
        let header = if quoted {
            format!("\"{}\"\n", header.trim_end().replace(',', "\",\""))
        } else {
            header.to_owned()
        };
        drop(parse((header + &text).as_bytes()));
    }

    #[test]
    fn what_was_written_well_is_read_back_cell_by_cell(
        rows in proptest::collection::vec(("(?s).{0,20}", any::<u64>(), 0.0..1e9), 0..8),
        ends in prop_oneof![Just("\r\n"), Just("\n")],
    ) {
        let Ok(Table::Stats(stats)) = parse(&written(&rows, ends)) else {
            return Err(TestCaseError::fail("a well-written table was refused"));
        };
        let read: Vec<_> = stats
            .rows
            .into_iter()
            .map(|row| (row.name, row.requests, row.median_ms.unwrap_or(-1.0)))
            .collect();
        let expected: Vec<_> = rows
            .into_iter()
            .map(|(name, count, median)| {
                let name = match name.as_str() {
                    "None Total" | "None Aggregated" => name["None ".len()..].to_owned(),
                    _ => name,
                };
                (name, count, median)
            })
            .collect();
        prop_assert_eq!(read, expected);
    }
}
