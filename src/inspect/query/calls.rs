//! Questions about the calls from one function to another.

use super::assertion::none;
use crate::inspect::Source;
use crate::inspect::finding::Finding;
use crate::inspect::model::{NodeId, Reach, Reachability};

/// Calls from a function to another, through however many between.
#[derive(Debug)]
#[must_use = "calls assert nothing until they are asked"]
pub struct Calls<'a> {
    source: &'a Source,
    caller: String,
    callee: String,
    starts: Vec<NodeId>,
    search: Reachability,
}

impl<'a> Calls<'a> {
    #[track_caller]
    pub(super) fn of(source: &'a Source, caller: &str, starts: &[NodeId], callee: &str) -> Self {
        let search = goal(source, callee);
        let calls = Self {
            source,
            caller: caller.to_owned(),
            callee: callee.to_owned(),
            starts: starts.to_vec(),
            search,
        };
        let reach = calls.search.search(&source.model, &source.graph);
        assert!(
            starts.iter().any(|start| reach.from(*start)),
            "`{caller}` does not call `{callee}`, neither itself nor through what it calls: \
             there is nothing to check"
        );
        calls
    }

    /// Asserts that on every way from the caller to the callee some call stands
    /// where `flag` is known to be on: in `if config.flag { .. }`, after
    /// `if !config.flag { return; }`, in `config.flag.then(|| ..)`, in a match arm
    /// for `true` or `Some(..)`.
    ///
    /// `flag` is the last identifier of the condition: a field, a method, or a
    /// variable that was set from one.
    ///
    /// # Panics
    ///
    /// There is a way without; the message shows it.
    #[track_caller]
    pub fn are_guarded_by(&self, flag: &str) {
        let unguarded = Reachability {
            off: vec![flag.to_owned()],
            ..self.search.clone()
        };
        let reach = unguarded.search(&self.source.model, &self.source.graph);
        let findings: Vec<Finding> = self
            .starts
            .iter()
            .filter(|start| reach.from(**start))
            .map(|start| self.unguarded(&reach, *start, flag))
            .collect();
        let claim = format!(
            "`{}` calls `{}` only if `{flag}` is on",
            self.caller, self.callee
        );
        none(self.source, &claim, &findings);
    }

    fn unguarded(&self, reach: &Reach, start: NodeId, flag: &str) -> Finding {
        let node = self.source.node(start);
        let mut places = self.source.path_places(reach, start);
        let last = places.pop();
        let place = last.unwrap_or_else(|| self.source.place(node.file, node.extent, ""));
        let message = format!("`{}` is called without `{flag}`", self.callee);
        self.source
            .finding("are_guarded_by", message, &node.path, &self.callee, place)
            .relating(places)
    }
}

/// What `callee` names: functions of the workspace, or a path into another crate.
#[track_caller]
pub(super) fn goal(source: &Source, callee: &str) -> Reachability {
    let external = !source.graph.to_external(callee).is_empty();
    match source.functions_named(callee) {
        Ok(goals) => Reachability {
            goals,
            ..Reachability::default()
        },
        Err(_) if external => Reachability {
            external: vec![callee.to_owned()],
            ..Reachability::default()
        },
        Err(error) => panic!("{error}"),
    }
}
