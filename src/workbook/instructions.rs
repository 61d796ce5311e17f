//! Instructions of one call, counted by valgrind's callgrind.
//!
//! A count does not depend on what else the machine does, so it tells two builds
//! apart where times cannot. The program runs twice, with some calls and with
//! twice as many, and prepares as many inputs both times: the difference is the
//! calls' own, on every thread, and what starting and preparing take falls out.

use std::io::ErrorKind;
use std::path::Path;
use std::process::{Command, Stdio};

/// Why there is no count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Uncounted {
    /// There is no valgrind on the path.
    NoValgrind,
    /// It ran, and this came of it.
    Failed(String),
}

impl std::fmt::Display for Uncounted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoValgrind => f.write_str("valgrind is not here"),
            Self::Failed(reason) => write!(f, "valgrind: {reason}"),
        }
    }
}

/// The variables that tell a program what it is to do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told {
    /// How many calls to make.
    pub(crate) calls: &'static str,
    /// How many inputs to prepare.
    pub(crate) inputs: &'static str,
}

/// Instructions that `program` takes for one of `calls` calls.
pub(crate) fn per_call(
    program: &Path,
    arguments: &[&str],
    told: Told,
    calls: u64,
) -> Result<u64, Uncounted> {
    let inputs = (told.inputs, calls * 2);
    let of = |calls: u64| total(program, arguments, [(told.calls, calls), inputs]);
    let (some, more) = (of(calls)?, of(calls * 2)?);
    Ok(more.saturating_sub(some) / calls)
}

fn total(
    program: &Path,
    arguments: &[&str],
    variables: [(&str, u64); 2],
) -> Result<u64, Uncounted> {
    let failed = |reason: String| Uncounted::Failed(reason);
    let directory = tempfile::tempdir().map_err(|error| failed(error.to_string()))?;
    let report = directory.path().join("callgrind.out");
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--quiet"])
        .arg(format!("--callgrind-out-file={}", report.display()))
        .arg(program)
        .args(arguments)
        .envs(variables.map(|(name, value)| (name, value.to_string())))
        .stdin(Stdio::null())
        .output()
        .map_err(|error| match error.kind() {
            ErrorKind::NotFound => Uncounted::NoValgrind,
            _ => failed(error.to_string()),
        })?;
    if !output.status.success() {
        let log = [output.stdout, output.stderr].concat();
        let log = String::from_utf8_lossy(&log);
        let last = log.lines().rev().find(|line| !line.trim().is_empty());
        return Err(failed(format!(
            "{}: {}",
            output.status,
            last.unwrap_or("it said nothing").trim()
        )));
    }
    let text = std::fs::read(&report).map_err(|error| failed(error.to_string()))?;
    totals(&String::from_utf8_lossy(&text))
        .ok_or_else(|| failed("its report has no line `totals:`".to_owned()))
}

/// The line `totals: 1234` of callgrind's output format.
fn totals(report: &str) -> Option<u64> {
    let mut lines = report.lines().rev();
    let line = lines.find_map(|line| line.strip_prefix("totals:"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_is_the_last_line_of_a_report() {
        let report = "# callgrind format\nsummary: 7\n\nfn=(1) main\n1 7\n\ntotals: 123456\n";
        assert_eq!(totals(report), Some(123_456));
        assert_eq!(totals("summary: 7\n"), None);
        assert_eq!(totals("totals: many\n"), None);
    }

    #[test]
    fn a_program_that_fails_is_no_count() {
        let (calls, inputs) = ("CALLS", "INPUTS");
        let count = per_call(Path::new("/bin/false"), &[], Told { calls, inputs }, 1);
        match count.unwrap_err() {
            Uncounted::NoValgrind => {}
            Uncounted::Failed(reason) => assert!(reason.contains("exit status: 1"), "{reason}"),
        }
    }
}
