//! `leases`: who is attached to a resource, a line each, `<id> <start> <kind>`.
//!
//! Lines are appended in one write, so that attaching needs no lock. They are
//! read when the runner is gone: a test that outlived it is killed, a host of
//! another resource is waited for.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use super::processes::Process;

/// Who is attached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holder {
    Test,
    Host,
}

/// Notes that `process` is attached.
pub(super) fn append(path: &Path, process: Process, holder: Holder) -> io::Result<()> {
    let kind = match holder {
        Holder::Test => "test",
        Holder::Host => "host",
    };
    let line = format!("{} {} {kind}\n", process.id, process.start);
    OpenOptions::new()
        .append(true)
        .create(true)
        .open(path)?
        .write_all(line.as_bytes())
}

/// Everybody who attached and is still alive.
pub(super) fn alive(path: &Path) -> Vec<(Process, Holder)> {
    let text = fs::read_to_string(path).unwrap_or_default();
    text.lines()
        .filter_map(parse)
        .filter(|(process, _)| process.is_alive())
        .collect()
}

fn parse(line: &str) -> Option<(Process, Holder)> {
    let mut words = line.split(' ');
    let process = Process {
        id: words.next()?.parse().ok()?,
        start: words.next()?.parse().ok()?,
    };
    match words.next()? {
        "test" => Some((process, Holder::Test)),
        "host" => Some((process, Holder::Host)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_living_are_listed_and_a_torn_line_is_skipped() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let this = Process::current().unwrap();
        let gone = Process {
            start: this.start + 1,
            ..this
        };
        append(file.path(), gone, Holder::Test).unwrap();
        append(file.path(), this, Holder::Host).unwrap();
        let mut text = fs::read_to_string(file.path()).unwrap();
        text.push_str("123 4");
        fs::write(file.path(), text).unwrap();
        assert_eq!(alive(file.path()), [(this, Holder::Host)]);
    }
}
