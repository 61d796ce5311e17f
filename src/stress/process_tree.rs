//! A process and everything it started, as `/proc` shows them (Linux).

use std::collections::BTreeMap;
use std::fs;

/// What `/proc/PID/stat` says of one process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Stat {
    pub(super) parent: u32,
    /// Clock ticks used, user and system, by itself and by children that ended and
    /// were waited for.
    pub(super) ticks: u64,
}

impl Stat {
    pub(super) fn of(pid: u32) -> Option<Self> {
        Self::parse(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
    }

    /// Field 4 is the parent, 14 to 17 the ticks, counted after the command name,
    /// which stands in parentheses and may hold anything.
    fn parse(stat: &str) -> Option<Self> {
        let after_name = &stat[stat.rfind(')')? + 1..];
        let mut fields = after_name.split_whitespace().skip(1);
        let parent = fields.next()?.parse().ok()?;
        let ticks: Vec<u64> = fields
            .skip(9)
            .take(4)
            .map_while(|field| field.parse().ok())
            .collect();
        (ticks.len() == 4).then(|| Self {
            parent,
            ticks: ticks.iter().sum(),
        })
    }
}

/// The process and its descendants, each with what it used. Empty when the process
/// itself is gone.
pub(super) fn tree(root: u32) -> BTreeMap<u32, Stat> {
    let mut found = BTreeMap::new();
    let mut left = vec![root];
    while let Some(pid) = left.pop() {
        let Some(stat) = Stat::of(pid).filter(|_| !found.contains_key(&pid)) else {
            continue;
        };
        found.insert(pid, stat);
        match children(pid) {
            Some(children) => left.extend(children),
            None => return scanned(root),
        }
    }
    found
}

/// What the kernel says of the process, if it was built to (`CONFIG_PROC_CHILDREN`).
/// Looking through all processes takes milliseconds of the generator's time.
fn children(pid: u32) -> Option<Vec<u32>> {
    let mut children = Vec::new();
    let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else {
        return Some(children); // it ended just now
    };
    let mut read = 0;
    let mut there = 0;
    for thread in threads.flatten() {
        there += 1;
        if let Ok(text) = fs::read_to_string(thread.path().join("children")) {
            read += 1;
            children.extend(
                text.split_whitespace()
                    .filter_map(|pid| pid.parse::<u32>().ok()),
            );
        }
    }
    (read > 0 || there == 0).then_some(children)
}

/// The tree, from every process there is.
fn scanned(root: u32) -> BTreeMap<u32, Stat> {
    let Some(own) = Stat::of(root) else {
        return BTreeMap::new();
    };
    let mut found = BTreeMap::from([(root, own)]);
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let numbers = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let others: Vec<(u32, Stat)> = numbers
        .filter_map(|pid| Some((pid, Stat::of(pid)?)))
        .collect();
    // A child may have a lower number than its parent.
    loop {
        let known = found.len();
        for (pid, stat) in &others {
            if found.contains_key(&stat.parent) {
                found.insert(*pid, *stat);
            }
        }
        if found.len() == known {
            return found;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    #[test]
    fn a_name_may_hold_anything() {
        let stat = "7 (a) b (c) S 3 7 7 0 -1 4194560 1 2 3 4 10 20 30 40 20 0 1 0 5 6 7";
        let expected = Stat {
            parent: 3,
            ticks: 100,
        };
        assert_eq!(Stat::parse(stat), Some(expected));
        assert_eq!(Stat::parse("7 (cut) S 3 7"), None);
        assert_eq!(Stat::parse(""), None);
    }

    #[test]
    fn a_child_belongs_to_the_tree_until_it_ends() {
        let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        let own = std::process::id();
        for found in [tree(own), scanned(own)] {
            assert!(found.contains_key(&own));
            assert_eq!(found[&child.id()].parent, own);
        }
        drop(child.stdin.take());
        child.wait().unwrap();
        assert!(!tree(std::process::id()).contains_key(&child.id()));
    }

    #[test]
    fn a_process_that_is_gone_has_no_tree() {
        assert!(tree(u32::MAX).is_empty());
    }
}
