//! A process of this machine as a text, for things that outlive processes and
//! are found again by what they are marked with.
//!
//! `<machine>.<process namespace>.<process>.<start>`; the last is the time
//! when the process started, so a later process of the same number is another.

use std::fs;

use super::processes::Process;
use super::record::namespace;

/// This process.
pub(crate) fn current() -> Option<String> {
    let Process { id, start } = Process::current()?;
    Some(format!("{}.{id}.{start}", here()))
}

/// Whether `owner` was a process as seen from here, and is gone. Of another
/// machine's nobody here can tell.
#[cfg(any(test, feature = "container"))]
pub(crate) fn is_gone(owner: &str) -> bool {
    let process = owner
        .strip_prefix(&here())
        .and_then(|rest| rest.strip_prefix('.'))
        .and_then(|rest| rest.split_once('.'))
        .and_then(|(id, start)| {
            Some(Process {
                id: id.parse().ok()?,
                start: start.parse().ok()?,
            })
        });
    process.is_some_and(|process| !process.is_alive())
}

/// Machine and process namespace, fit for a label.
fn here() -> String {
    let machine = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let namespace: String = namespace().chars().filter(char::is_ascii_digit).collect();
    let machine: String = machine
        .trim()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    format!("{machine}.{namespace}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_dead_process_of_this_machine_is_gone() {
        let this = current().unwrap();
        assert!(!is_gone(&this), "{this}");
        let (before, start) = this.rsplit_once('.').unwrap();
        let earlier = format!("{before}.{}", start.parse::<u64>().unwrap() - 1);
        assert!(is_gone(&earlier), "{earlier}");
        assert!(!is_gone(&format!("elsewhere{earlier}")));
        for strange in ["", "a.b", "a.b.c.d"] {
            assert!(!is_gone(strange), "{strange}");
        }
    }
}
