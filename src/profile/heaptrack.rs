//! heaptrack: records each allocation of a program that runs at nearly its own
//! speed; `heaptrack_print` folds them.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{ProfileError, Tool, tool, wait};
use crate::lens::flame::{Stacks, readable};

/// The stacks of a recording, weighted with what `cost` counts: `allocations`,
/// `peak` or `leaked`.
pub(super) fn stacks(
    recording: &Path,
    cost: &str,
    names: &HashMap<String, String>,
) -> Result<Stacks, ProfileError> {
    let print = tool::find(Path::new("heaptrack_print")).ok_or(ProfileError::NoTool {
        tool: Tool::Heaptrack,
    })?;
    let folded = recording.with_extension(format!("{cost}.folded"));
    let mut command = Command::new(print);
    command
        .args([
            "--print-peaks",
            "0",
            "--print-allocators",
            "0",
            "--print-temporary",
            "0",
        ])
        .args([
            "--print-leaks",
            "0",
            "--flamegraph-cost-type",
            cost,
            "--print-flamegraph",
        ])
        .arg(&folded)
        .arg("--file")
        .arg(recording)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let output = command.output().map_err(|source| ProfileError::Spawn {
        command: wait::shown(&command),
        source,
    })?;
    if !output.status.success() {
        return Err(ProfileError::Failed {
            command: wait::shown(&command),
            status: output.status.to_string(),
            text: String::from_utf8_lossy(&output.stderr).into_owned(),
        });
    }
    let text = fs::read(&folded).map_err(|source| ProfileError::Read {
        path: folded.clone(),
        source,
    })?;
    read(&String::from_utf8_lossy(&text), names)
}

/// Folded stacks whose names are still mangled.
fn read(text: &str, names: &HashMap<String, String>) -> Result<Stacks, ProfileError> {
    let found = Stacks::parse(text).map_err(|error| ProfileError::Output {
        tool: "heaptrack",
        cause: error.to_string(),
    })?;
    let mut stacks = Stacks::new();
    for (frames, weight) in found.iter() {
        stacks.add(frames.iter().map(|frame| name(frame, names)), weight);
    }
    Ok(stacks)
}

/// The name of a frame, `symbol (file)` or `symbol`: demangled, or with the whole
/// name if only one function ends like it.
fn name(frame: &str, names: &HashMap<String, String>) -> String {
    let symbol = frame.rsplit_once(" (").map_or(frame, |(symbol, _)| symbol);
    let readable = readable(symbol);
    if readable != symbol {
        return readable;
    }
    let whole = names.get(symbol);
    whole.map_or_else(|| frame.to_owned(), Clone::clone)
}

/// Whether this version shows what it recorded by itself, and has a flag against
/// that; older ones have neither.
pub(super) fn opens_its_window() -> bool {
    let help = Command::new(Tool::Heaptrack.name()).arg("--help").output();
    help.is_ok_and(|help| String::from_utf8_lossy(&help.stdout).contains("--record-only"))
}

/// The file that heaptrack wrote for the name it was given; it appends how it
/// was compressed.
pub(super) fn recording(name: &Path) -> Result<PathBuf, ProfileError> {
    [".zst", ".gz", ""]
        .iter()
        .map(|ending| {
            let mut path = name.as_os_str().to_owned();
            path.push(ending);
            PathBuf::from(path)
        })
        .find(|path| path.is_file())
        .ok_or_else(|| ProfileError::Output {
            tool: "heaptrack",
            cause: "it recorded nothing".to_owned(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_both_kinds_are_demangled() {
        let stacks = read(
            "main (d.rs);_RNvCs1234_4demo4leak (d.rs);grow<> (mod.rs) 7\n_ZN1a1b17h0123456789abcdefE;work (d.rs) 1\n",
            &HashMap::from([("work".to_owned(), "demo::work".to_owned())]),
        );
        assert_eq!(
            stacks.unwrap().to_string(),
            "a::b;demo::work 1\nmain (d.rs);demo::leak;grow<> (mod.rs) 7\n"
        );
    }

    #[test]
    fn a_recording_is_found_however_it_is_compressed() {
        let directory = tempfile::tempdir().unwrap();
        let name = directory.path().join("out.1");
        assert!(recording(&name).is_err());
        fs::write(directory.path().join("out.1.gz"), "x").unwrap();
        assert_eq!(recording(&name).unwrap(), directory.path().join("out.1.gz"));
    }
}
