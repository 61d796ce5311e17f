//! heaptrack: records each allocation of a program that runs at nearly its own
//! speed; `heaptrack_print` folds them.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::binary::is_rust;
use super::{ProfileError, Tool, tool, wait};
use crate::lens::flame::{Stacks, readable};

/// The stacks of a recording, weighted with what `cost` counts: `allocations`,
/// `peak` or `leaked`; and the weight of those that Rust code asked for.
pub(super) fn stacks(
    recording: &Path,
    cost: &str,
    names: &HashMap<String, String>,
) -> Result<(Stacks, u64), ProfileError> {
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

/// Folded stacks whose names are still mangled, and the weight of Rust's.
fn read(text: &str, names: &HashMap<String, String>) -> Result<(Stacks, u64), ProfileError> {
    // heaptrack ends each stack with a `;`, behind which there is no frame.
    let lines = text.lines().map(|line| match line.rsplit_once(' ') {
        Some((frames, weight)) => format!("{} {weight}\n", frames.trim_end_matches(';')),
        None => format!("{line}\n"),
    });
    let found =
        Stacks::parse(&lines.collect::<String>()).map_err(|error| ProfileError::Output {
            tool: "heaptrack",
            cause: error.to_string(),
        })?;
    let mut stacks = Stacks::new();
    let mut by_rust = 0;
    for (frames, weight) in found.iter() {
        // The innermost one called `malloc`.
        if frames.last().is_some_and(|frame| is_rust(frame)) {
            by_rust += weight;
        }
        stacks.add(frames.iter().map(|frame| name(frame, names)), weight);
    }
    Ok((stacks, by_rust))
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

/// Set by heaptrack in the program that it starts, and so in what that starts.
const MARK: &[u8] = b"DUMP_HEAPTRACK_OUTPUT=";

/// Asks the program that `heaptrack` runs to end, and not heaptrack itself: that is a
/// shell, which would end at once, without waiting for the rest of the recording and
/// without removing its pipe.
pub(super) fn interrupt_program(heaptrack: &Child) {
    let marked = |pid: &libc::pid_t| {
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        let mut variables = environment.split(|byte| *byte == 0);
        variables.any(|variable| variable.starts_with(MARK))
    };
    let mut program = members(heaptrack.id());
    program.retain(marked);
    if program.is_empty() {
        // Not started yet: there is nothing of it to keep.
        program.push(-heaptrack.id().cast_signed());
    }
    for pid in program {
        // SAFETY: plain numbers; a process that has ended meanwhile is no error.
        unsafe { libc::kill(pid, libc::SIGINT) };
    }
}

/// The processes of the group `group`.
fn members(group: u32) -> Vec<libc::pid_t> {
    let group = group.cast_signed();
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    // SAFETY: `getpgid` takes a number, and says so when there is no such process.
    pids.filter(|pid| unsafe { libc::getpgid(*pid) } == group)
        .collect()
}

/// Removes the pipe that a heaptrack leaves behind when it is killed.
pub(super) fn remove_pipe(heaptrack: u32) {
    let pipe = PathBuf::from(format!("/tmp/heaptrack_fifo{heaptrack}"));
    let is_pipe = pipe
        .symlink_metadata()
        .is_ok_and(|found| found.file_type().is_fifo());
    if is_pipe {
        // Somebody else may have removed it already.
        drop(fs::remove_file(pipe));
    }
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
            "main (d.rs);_RNvCs1234_4demo4leak (d.rs);grow<> (mod.rs); 7\n_ZN1a1b17h0123456789abcdefE;work (d.rs) 1\n",
            &HashMap::from([("work".to_owned(), "demo::work".to_owned())]),
        );
        let (stacks, by_rust) = stacks.unwrap();
        assert_eq!(
            stacks.to_string(),
            "a::b;demo::work 1\nmain (d.rs);demo::leak;grow<> (mod.rs) 7\n"
        );
        assert_eq!(by_rust, 8);
        let of_c = "main (d.rs);sqlite3Malloc (sqlite3.c);sqlite3MemMalloc (sqlite3.c); 9\n";
        assert_eq!(read(of_c, &HashMap::new()).unwrap().1, 0);
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
