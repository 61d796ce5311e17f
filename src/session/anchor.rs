//! The runner that a test process belongs to, and the name of its run.

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use super::processes::{Process, Stat, own_id, started_with};

/// nextest's variable that names a run.
const RUN_ID: &str = "NEXTEST_RUN_ID";

/// A process whose end is the end of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Anchor {
    pub(super) kind: Kind,
    pub(super) process: Process,
}

/// What the runner is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    Nextest,
    CargoTest,
    TestBinary,
}

/// A run as a process of it sees it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Run {
    /// The name of its directory.
    pub(super) key: String,
    /// Known at once except under nextest, where only a start needs it.
    pub(super) anchor: Option<Anchor>,
}

/// Set in a worker, which is no descendant of the runner.
static HANDED_DOWN: OnceLock<Run> = OnceLock::new();

/// Makes `run` the run of this process.
pub(super) fn hand_down(run: Run) {
    // Only the keeper stage calls this, once.
    let _ = HANDED_DOWN.set(run);
}

impl Run {
    /// The run of this process.
    pub(super) fn current() -> Option<Self> {
        if let Some(run) = HANDED_DOWN.get() {
            return Some(run.clone());
        }
        if let Ok(id) = std::env::var(RUN_ID) {
            let key = directory_name(&id);
            return Some(Self { key, anchor: None });
        }
        let anchor = cargo_test().or_else(this_process)?;
        let word = match anchor.kind {
            Kind::CargoTest => "cargo",
            _ => "self",
        };
        let Process { id, start } = anchor.process;
        Some(Self {
            key: format!("{word}-{id}-{start}"),
            anchor: Some(anchor),
        })
    }

    /// The same with its anchor; none when the runner is not there any more.
    pub(super) fn anchored(mut self) -> Option<Self> {
        if self.anchor.is_none() {
            self.anchor = nextest();
        }
        self.anchor
            .as_ref()
            .is_some_and(|anchor| anchor.process.is_alive())
            .then_some(self)
    }
}

/// The nearest ancestor that does not itself belong to the run: wrappers that
/// nextest starts and that do not `exec` do.
fn nextest() -> Option<Anchor> {
    let run = std::env::var(RUN_ID).ok()?;
    let of_this_run = |id: i32| started_with(id, RUN_ID).is_some_and(|it| it == run.as_bytes());
    let id = ancestors().find(|id| !of_this_run(*id))?;
    anchored_at(id, Kind::Nextest)
}

/// The nearest ancestor that is cargo.
fn cargo_test() -> Option<Anchor> {
    std::env::var_os("CARGO")?;
    let id = ancestors().find(|id| Stat::of(*id).is_some_and(|stat| stat.name == "cargo"))?;
    anchored_at(id, Kind::CargoTest)
}

fn this_process() -> Option<Anchor> {
    anchored_at(own_id(), Kind::TestBinary)
}

fn anchored_at(id: i32, kind: Kind) -> Option<Anchor> {
    Process::with_id(id).map(|process| Anchor { kind, process })
}

/// Parent, grandparent and so on, without init.
fn ancestors() -> impl Iterator<Item = i32> {
    let parent = |id: &i32| Stat::of(*id).map(|stat| stat.parent);
    std::iter::successors(parent(&own_id()), parent).take_while(|id| *id > 1)
}

/// nextest's ids are UUIDs; anything else is made fit for a file name.
fn directory_name(id: &str) -> String {
    let fit = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let name: String = id.chars().map(|c| if fit(c) { c } else { '_' }).collect();
    format!("nextest-{}", name.get(..64).unwrap_or(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_id_cannot_leave_its_directory() {
        assert_eq!(directory_name("../a/b"), "nextest-___a_b");
        assert_eq!(directory_name("5f0c-11"), "nextest-5f0c-11");
    }
}
