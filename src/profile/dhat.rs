//! Reads the JSON of DHAT, valgrind's heap profiler, format version 2: program
//! points (`pps`), each with its counts and the indices of its frames in the
//! frame table (`ftbl`), innermost first.

use serde::Deserialize;

use super::binary::is_rust;
use crate::lens::flame::{Stacks, readable};

/// Why a file of DHAT was not read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DhatError {
    /// It is no such JSON.
    #[error("{0}")]
    Json(#[from] serde_json::Error),
    /// It is of a version that is not known.
    #[error("`dhatFileVersion` is {0}, expected 2")]
    Version(u64),
    /// It is of another mode, without blocks.
    #[error("`mode` is `{0}`, expected `heap`")]
    Mode(String),
    /// A frame is not in the table.
    #[error("frame {0} is not in `ftbl`")]
    Frame(usize),
}

/// What was allocated, by stack.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Dhat {
    /// Bytes, all in all.
    pub bytes: Stacks,
    /// Allocations, all in all.
    pub blocks: Stacks,
    /// Bytes when most were in use.
    pub peak: Stacks,
    /// Bytes still in use at the end.
    pub leaked: Stacks,
    /// Those of the allocations that Rust code asked for, rather than C's.
    pub by_rust: u64,
}

#[derive(Deserialize)]
struct File {
    #[serde(rename = "dhatFileVersion")]
    version: u64,
    mode: String,
    pps: Vec<Point>,
    ftbl: Vec<String>,
}

#[derive(Deserialize)]
struct Point {
    tb: u64,
    tbk: u64,
    #[serde(default)]
    gb: u64,
    #[serde(default)]
    eb: u64,
    fs: Vec<usize>,
}

/// What valgrind puts in the place of the C library's functions.
const MALLOCS: [&str; 5] = [
    "malloc (",
    "calloc (",
    "realloc (",
    "memalign (",
    "posix_memalign (",
];

impl Dhat {
    /// Reads a file's content.
    ///
    /// # Errors
    ///
    /// See [`DhatError`].
    pub fn parse(json: &[u8]) -> Result<Self, DhatError> {
        let file: File = serde_json::from_slice(json)?;
        if file.version != 2 {
            return Err(DhatError::Version(file.version));
        }
        if file.mode != "heap" && file.mode != "rust-heap" {
            return Err(DhatError::Mode(file.mode));
        }
        let names: Vec<String> = file.ftbl.iter().map(|frame| name(frame)).collect();
        let mut found = Self::default();
        for point in &file.pps {
            // Innermost first; valgrind's own `malloc` stands before who called it.
            let calls = point.fs.iter().filter_map(|frame| file.ftbl.get(*frame));
            let mut calls = calls.map(|frame| place(frame));
            let asked = calls.find(|frame| !MALLOCS.iter().any(|of| frame.starts_with(of)));
            if asked.is_some_and(is_rust) {
                found.by_rust += point.tbk;
            }
            let mut frames = Vec::new();
            for frame in point.fs.iter().rev() {
                frames.push(names.get(*frame).ok_or(DhatError::Frame(*frame))?.as_str());
            }
            for (stacks, weight) in [
                (&mut found.bytes, point.tb),
                (&mut found.blocks, point.tbk),
                (&mut found.peak, point.gb),
                (&mut found.leaked, point.eb),
            ] {
                stacks.add(frames.iter().copied(), weight);
            }
        }
        Ok(found)
    }
}

/// `function (file:line)` of `0xADDRESS: function (file:line)`.
fn place(frame: &str) -> &str {
    match frame.split_once(": ") {
        Some((address, rest)) if address.starts_with("0x") => rest,
        _ => frame,
    }
}

/// The function of `0xADDRESS: function (file:line)`.
fn name(frame: &str) -> String {
    let rest = place(frame);
    let function = rest
        .rsplit_once(" (")
        .map_or(rest, |(function, _)| function);
    match function {
        "???" => "[unknown]".to_owned(),
        function => readable(function),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"{"dhatFileVersion":2,"mode":"heap","verb":"Allocated","bklt":true,"bkacc":true,
        "tu":"instrs","Mtu":"Minstr","tuth":500,"cmd":"./demo","pid":7,"te":9,"tg":5,
        "pps":[{"tb":300,"tbk":3,"tl":1,"mb":200,"mbk":2,"gb":200,"gbk":2,"eb":100,"ebk":1,"rb":0,"wb":0,"fs":[1,2,3]},
               {"tb":50,"tbk":1,"tl":1,"mb":50,"mbk":1,"gb":0,"gbk":0,"eb":0,"ebk":0,"rb":0,"wb":0,"fs":[1,3]}],
        "ftbl":["[root]","0x48427B4: malloc (in /usr/libexec/vg.so)",
                "0x10A1B7: demo::planted_leak (demo.rs:3)","0x10A200: demo::main::h0123456789abcdef (demo.rs:9)"]}"#;

    #[test]
    fn points_are_stacks_with_four_weights() {
        let found = Dhat::parse(FILE.as_bytes()).unwrap();
        assert_eq!(
            found.leaked.to_string(),
            "demo::main;demo::planted_leak;malloc 100\n"
        );
        assert_eq!((found.bytes.total(), found.blocks.total()), (350, 4));
        assert_eq!(found.peak.total(), 200);
        assert_eq!(found.by_rust, 4, "the frame above `malloc` is Rust's");
    }

    #[test]
    fn what_is_not_known_is_refused_by_name() {
        let of = |from: &str, to: &str| Dhat::parse(FILE.replace(from, to).as_bytes()).unwrap_err();
        assert_eq!(
            of("Version\":2", "Version\":3").to_string(),
            "`dhatFileVersion` is 3, expected 2"
        );
        assert_eq!(
            of("\"heap\"", "\"copy\"").to_string(),
            "`mode` is `copy`, expected `heap`"
        );
        assert_eq!(of("[1,3]", "[1,9]").to_string(), "frame 9 is not in `ftbl`");
        assert!(Dhat::parse(b"{}").is_err());
    }
}
