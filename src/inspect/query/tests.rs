//! Questions about tests.

use super::assertion::none;
use super::calls::goal;
use crate::inspect::Source;
use crate::inspect::finding::Finding;
use crate::inspect::model::{NodeId, Reach, Reachability};

/// Tests of the workspace.
#[derive(Debug, Clone)]
#[must_use = "tests assert nothing until they are asked"]
pub struct Tests<'a> {
    source: &'a Source,
    tests: Vec<NodeId>,
    off: Vec<String>,
}

impl Source {
    /// Every test of every target.
    pub fn tests(&self) -> Tests<'_> {
        Tests {
            source: self,
            tests: self.test_nodes().collect(),
            off: Vec::new(),
        }
    }
}

impl Tests<'_> {
    /// Only tests of this tier; `fast` for those without one.
    pub fn in_tier(mut self, tier: &str) -> Self {
        let source = self.source;
        self.tests
            .retain(|id| source.tier(source.node(*id)).unwrap_or("fast") == tier);
        self
    }

    /// Only tests outside this tier.
    pub fn outside_tier(mut self, tier: &str) -> Self {
        let source = self.source;
        self.tests
            .retain(|id| source.tier(source.node(*id)).unwrap_or("fast") != tier);
        self
    }

    /// Does not follow calls that `flag` guards: the tests leave it off.
    pub fn with_flag_off(mut self, flag: &str) -> Self {
        self.off.push(flag.to_owned());
        self
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.tests.len()
    }

    /// Asserts that control cannot get from any of them to `place`: a function
    /// of the workspace, or a path into another crate.
    ///
    /// Followed are paths, methods of receivers whose type is known, trait
    /// methods to all implementations, fixtures, and functions handed on as
    /// values. Method calls of which only the name is known are not; how many
    /// tests they might lead there says [`Tests::may_reach`].
    ///
    /// # Panics
    ///
    /// A test does; the message shows the calls on the way. Or `place` names
    /// nothing, or there are no tests: then nothing would be checked.
    #[track_caller]
    pub fn never_reach(&self, place: &str) {
        assert!(
            !self.tests.is_empty(),
            "there are no such tests: there is nothing to check"
        );
        let search = self.search(place, false);
        let reach = search.search(&self.source.model, &self.source.graph);
        let findings: Vec<Finding> = self
            .tests
            .iter()
            .filter(|test| reach.from(**test))
            .map(|test| self.reaching(&reach, *test, place))
            .collect();
        none(
            self.source,
            &format!("tests never reach `{place}`"),
            &findings,
        );
    }

    /// Tests that might reach `place`, if method calls of which only the name is
    /// known are followed to every method of that name.
    ///
    /// # Panics
    ///
    /// `place` names nothing.
    #[must_use]
    #[track_caller]
    pub fn may_reach(&self, place: &str) -> Vec<String> {
        let search = self.search(place, true);
        let reach = search.search(&self.source.model, &self.source.graph);
        let tests = self.tests.iter().filter(|test| reach.from(**test));
        tests
            .map(|test| self.source.node(*test).path.clone())
            .collect()
    }

    #[track_caller]
    fn search(&self, place: &str, by_name: bool) -> Reachability {
        Reachability {
            off: self.off.clone(),
            by_name,
            ..goal(self.source, place)
        }
    }

    fn reaching(&self, reach: &Reach, test: NodeId, place: &str) -> Finding {
        let node = self.source.node(test);
        let message = format!("test `{}` reaches `{place}`", node.path);
        self.source
            .finding_at_node("never_reach", message, node, place)
            .relating(self.source.path_places(reach, test))
    }
}
