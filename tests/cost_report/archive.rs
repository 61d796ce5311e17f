//! Measurements on disk: each a file of its own, written whole, never over another.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use shakedown::{Failure, Result};

use super::report::{Report, SCHEMA};

/// The repository.
pub(crate) const ROOT: &str = env!("CARGO_MANIFEST_DIR");
/// Where measurements are, below the root.
const ARCHIVE: &str = "development/bench-artifacts";

/// Writes `report` into the directory of its day below `root`; where, seen from there.
/// The second of a day gets a number.
pub(crate) fn write_new(root: &Path, report: &Report) -> Result<String> {
    let day = report.started.get(..10).unwrap_or("undated");
    let directory = root.join(ARCHIVE).join(day);
    fs::create_dir_all(&directory)?;
    let mut json = serde_json::to_vec_pretty(report)?;
    json.push(b'\n');
    let mut file = tempfile::Builder::new()
        .prefix(".lens-costs-")
        .tempfile_in(&directory)?;
    file.write_all(&json)?;
    file.as_file().sync_all()?;
    for number in 1_u32.. {
        let name = match number {
            1 => "lens-costs.json".to_owned(),
            number => format!("lens-costs-{number}.json"),
        };
        match file.persist_noclobber(directory.join(&name)) {
            Ok(_) => return Ok(format!("{ARCHIVE}/{day}/{name}")),
            Err(taken) if taken.error.kind() == io::ErrorKind::AlreadyExists => file = taken.file,
            Err(refused) => return Err(refused.error.into()),
        }
    }
    unreachable!("four thousand million measurements of one day")
}

/// The measurement at `path`, seen from `root`.
pub(crate) fn read(root: &Path, path: &str) -> Result<Report> {
    let report: Report = serde_json::from_slice(&fs::read(root.join(path))?)?;
    match report.schema {
        SCHEMA => Ok(report),
        other => Err(Failure::new(format!(
            "`{path}` is of schema {other}; this code reads {SCHEMA}"
        ))),
    }
}

/// The newest measurement that git has below `root`; none without git or without one.
pub(crate) fn newest_tracked(root: &Path) -> Option<String> {
    let listed = Command::new("git")
        .args(["ls-files", "-z", ARCHIVE])
        .current_dir(root)
        .output()
        .ok()?;
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let mut all: Vec<String> = listed
        .split('\0')
        .filter(|path| {
            let name = Path::new(path).file_name().unwrap_or_default();
            let name = name.to_string_lossy();
            name.starts_with("lens-costs") && name.ends_with(".json")
        })
        .map(str::to_owned)
        .collect();
    all.sort_by_key(|path| order(path));
    all.pop()
}

/// The day, then the number.
fn order(path: &str) -> (PathBuf, u32) {
    let path = Path::new(path);
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let number = stem.rsplit('-').next().and_then(|text| text.parse().ok());
    let day = path.parent().map(Path::to_owned).unwrap_or_default();
    (day, number.unwrap_or(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tenth_of_a_day_is_newer_than_the_second_and_a_day_newer_than_both() {
        let mut paths = [
            "a/2026-11-02/lens-costs-10.json",
            "a/2026-11-03/lens-costs.json",
        ]
        .to_vec();
        paths.extend([
            "a/2026-11-02/lens-costs-2.json",
            "a/2026-11-02/lens-costs.json",
        ]);
        paths.sort_by_key(|path| order(path));
        assert_eq!(
            paths,
            [
                "a/2026-11-02/lens-costs.json",
                "a/2026-11-02/lens-costs-2.json",
                "a/2026-11-02/lens-costs-10.json",
                "a/2026-11-03/lens-costs.json",
            ]
        );
    }
}
