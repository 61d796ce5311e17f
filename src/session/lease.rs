//! `leases`: who is attached to a resource, a line each, `<id> <ticks> <kind>`:
//! the process id, and clock ticks since boot when it attached.
//!
//! A process with that id that started later is another one. So nobody has to
//! look its own start time up, which would be a quarter of attaching.
//!
//! Lines are appended in one write, so that attaching needs no lock. They are
//! read when the runner is gone: a test that outlived it is killed, a host of
//! another resource is waited for.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use super::processes::{Process, own_id, ticks_since_boot};

/// Who is attached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holder {
    Test,
    Host,
}

/// Notes that this process is attached.
pub(super) fn append(path: &Path, holder: Holder) -> io::Result<()> {
    append_as(path, own_id(), ticks_since_boot(), holder)
}

fn append_as(path: &Path, id: i32, ticks: u64, holder: Holder) -> io::Result<()> {
    let kind = match holder {
        Holder::Test => "test",
        Holder::Host => "host",
    };
    let line = format!("{id} {ticks} {kind}\n");
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
    let id = words.next()?.parse().ok()?;
    let attached: u64 = words.next()?.parse().ok()?;
    let holder = match words.next()? {
        "test" => Holder::Test,
        "host" => Holder::Host,
        _ => return None,
    };
    let process = Process::with_id(id).filter(|process| process.start <= attached)?;
    Some((process, holder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_living_are_listed_and_a_torn_line_is_skipped() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let this = Process::current().unwrap();
        // Attached before this process started: by an earlier one of its id.
        append_as(file.path(), this.id, this.start - 1, Holder::Test).unwrap();
        append(file.path(), Holder::Host).unwrap();
        let mut text = fs::read_to_string(file.path()).unwrap();
        text.push_str("123 4");
        fs::write(file.path(), text).unwrap();
        assert_eq!(alive(file.path()), [(this, Holder::Host)]);
    }
}
