//! The fast suite leaves nothing behind: it is run once more, by the real
//! nextest, in a temporary directory of its own and with a mark in its
//! environment; afterwards no file, no process with that mark and no new
//! listening port may remain.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use shakedown::fixtures::poll::Poll;
use shakedown::{Failure, Result};

/// Inherited by everything the nested run starts. No conftest scrubs it.
const MARK: &str = "LEFTOVERS_MARK";

/// Not run again: the binaries whose subject is what hung tests and killed runs
/// leave behind.
const NESTED: &str = "not binary(/^(harness|session)$/)";

#[test]
fn the_fast_suite_leaves_nothing_behind() -> Result {
    // Not below a scratch directory: paths of sockets have room for 108 bytes.
    let scratch = tempfile::Builder::new().prefix("left").tempdir()?;
    let temporary = scratch.path().to_owned();
    let mark = format!("{}={}", MARK, std::process::id());
    let ports_before = listening_ports()?;

    run_fast_suite(&temporary)?;

    Poll::new()
        .describe("every process of the nested run is gone")
        .within(Duration::from_secs(5))
        .until(|| match marked_processes(&mark).as_slice() {
            [] => Ok(()),
            left => Err(format!("left behind: {left:#?}")),
        });
    // What is on its way out when it is looked at is not left behind.
    Poll::new()
        .describe("no file and no port of the nested run is left")
        .within(Duration::from_secs(5))
        .until(|| nothing_left(&temporary, &ports_before, &mark));
    Ok(())
}

fn nothing_left(temporary: &Path, ports_before: &BTreeSet<(u16, u64)>, mark: &str) -> Result {
    let files = files_below(temporary)?;
    if !files.is_empty() {
        return Err(Failure::new(format!("files left behind: {files:#?}")));
    }
    let ports: Vec<u16> = listening_ports()?
        .difference(ports_before)
        .filter(|(_, inode)| !belongs_to_another(*inode, mark))
        .map(|(port, _)| *port)
        .collect();
    match ports.as_slice() {
        [] => Ok(()),
        ports => Err(Failure::new(format!("ports left open: {ports:?}"))),
    }
}

/// Runs it. A test that fails is tried again: whether one is flaky is told by the run
/// around this one, which has all of them, too; here the subject is what they leave.
fn run_fast_suite(temporary: &Path) -> Result {
    let mut command = Command::new("cargo");
    command
        .args(["nextest", "run", "--locked", "--no-fail-fast", "-E", NESTED])
        .args(["--retries", "1", "--failure-output", "final"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("TMPDIR", temporary)
        .env(MARK, std::process::id().to_string())
        .stdin(Stdio::null());
    // Build scripts look at cargo's variables: with those of this test in its
    // environment, cargo would build half of all crates again.
    let of_this_test = ["NEXTEST", "CARGO_PKG_", "CARGO_BIN_", "CARGO_MANIFEST_"];
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text == "CARGO" || of_this_test.iter().any(|prefix| text.starts_with(prefix)) {
            command.env_remove(&name);
        }
    }
    let run = command.output()?;
    if run.status.success() {
        return Ok(());
    }
    let log = String::from_utf8_lossy(&run.stderr);
    let lines: Vec<&str> = log.lines().collect();
    let tail = lines[lines.len().saturating_sub(200)..].join("\n");
    Err(Failure::new(format!("the fast suite failed:\n{tail}")))
}

/// Processes whose environment carries `mark`, with their command lines.
fn marked_processes(mark: &str) -> Vec<String> {
    processes()
        .filter(|process| has_mark(process, mark))
        .map(|process| {
            let line = std::fs::read(process.join("cmdline")).unwrap_or_default();
            let line = String::from_utf8_lossy(&line).replace('\0', " ");
            format!("{} {line}", process.display())
        })
        .collect()
}

/// The directory in `/proc` of each process.
fn processes() -> impl Iterator<Item = PathBuf> {
    std::fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.join("environ").exists())
}

fn has_mark(process: &Path, mark: &str) -> bool {
    std::fs::read(process.join("environ")).is_ok_and(|environ| {
        environ
            .split(|byte| *byte == 0)
            .any(|e| e == mark.as_bytes())
    })
}

/// What stays by design: cached database templates, and the empty lock files that
/// `exclusive` needs to be the same for all.
const KEPT: [&str; 2] = ["templates", "exclusive"];

/// Files below `directory`, but for those that stay by design.
fn files_below(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut open = vec![directory.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(directory)? {
            let path = entry?.path();
            if path.is_dir() {
                if !KEPT.iter().any(|kept| path.ends_with(kept)) {
                    open.push(path);
                }
            } else {
                files.push(path);
            }
        }
    }
    Ok(files)
}

/// TCP ports that somebody listens on, with the socket's inode, from
/// `/proc/net/tcp` and `tcp6`: the second column is `address:port` in
/// hexadecimal, the fourth the state, 0A for LISTEN, the tenth the inode
/// (proc_pid_net(5)).
fn listening_ports() -> Result<BTreeSet<(u16, u64)>> {
    let mut ports = BTreeSet::new();
    for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
        for line in std::fs::read_to_string(table).unwrap_or_default().lines() {
            let columns: Vec<&str> = line.split_whitespace().collect();
            if let [_, local, _, "0A", _, _, _, _, _, inode, ..] = columns[..]
                && let Some((_, port)) = local.rsplit_once(':')
            {
                ports.insert((u16::from_str_radix(port, 16)?, inode.parse()?));
            }
        }
    }
    Ok(ports)
}

/// Whether a process without `mark` holds the socket: somebody else's port.
fn belongs_to_another(inode: u64, mark: &str) -> bool {
    let socket = format!("socket:[{inode}]");
    processes().any(|process| {
        !has_mark(&process, mark)
            && std::fs::read_dir(process.join("fd"))
                .into_iter()
                .flatten()
                .flatten()
                .any(|fd| std::fs::read_link(fd.path()).is_ok_and(|to| to == Path::new(&socket)))
    })
}
