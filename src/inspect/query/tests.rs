//! Questions about tests.

use super::assertion::none;
use super::calls::goal;
use crate::inspect::finding::Finding;
use crate::inspect::model::{NodeId, Reach, Reachability};
use crate::inspect::{Error, Settings, Source};

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
    /// If the settings list `place` as a loop of `capture-loop-in-test`, what they
    /// say of it holds here too: tests of the tiers that may run it are left out,
    /// and flags that are off in tests are taken for off.
    ///
    /// # Panics
    ///
    /// A test does; the message shows the calls on the way. Or `place` names
    /// nothing, there are no tests, or the settings cannot be read: then nothing
    /// would be checked.
    #[track_caller]
    pub fn never_reach(&self, place: &str) {
        let mut search = self.search(place, false);
        let allowance = Allowance::of(self.source, &search.goals);
        let allowance = allowance.unwrap_or_else(|error| panic!("{error}"));
        search.off.extend(allowance.off);
        let spared = |test: &NodeId| {
            let tier = self.source.tier(self.source.node(*test)).unwrap_or("fast");
            allowance.tiers.iter().any(|it| it == tier)
        };
        let tests: Vec<&NodeId> = self.tests.iter().filter(|it| !spared(it)).collect();
        assert!(
            !tests.is_empty(),
            "there are no such tests: there is nothing to check"
        );
        let reach = search.search(&self.source.model, &self.source.graph);
        let findings: Vec<Finding> = tests
            .into_iter()
            .filter(|test| reach.from(**test))
            .map(|test| self.reaching(&reach, *test, place))
            .collect();
        let claim = match &allowance.tiers[..] {
            [] => format!("tests never reach `{place}`"),
            tiers => format!("tests outside {} never reach `{place}`", tiers.join(", ")),
        };
        none(self.source, &claim, &findings);
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

/// What the settings of `capture-loop-in-test` say of a loop.
#[derive(Debug, Default)]
struct Allowance {
    off: Vec<String>,
    tiers: Vec<String>,
}

impl Allowance {
    /// Nothing, if the settings do not list one of `goals`.
    fn of(source: &Source, goals: &[NodeId]) -> Result<Self, Error> {
        let settings = Settings::of_workspace(source.root())?;
        let rule = &settings.rules.capture_loop_in_test;
        let mut allowance = Self::default();
        let mut listed = false;
        let allowed = rule.allowed.iter().map(|it| (&it.function, &it.tiers[..]));
        let others = rule.loops.iter().map(|name| (name, &[][..]));
        for (name, tiers) in allowed.chain(others) {
            let nodes = source.functions_named(name)?;
            if nodes.iter().any(|node| goals.contains(node)) {
                listed = true;
                allowance.tiers.extend_from_slice(tiers);
            }
        }
        if listed {
            allowance.tiers.extend_from_slice(&rule.allowed_tiers);
            allowance.off = settings.rules.off_in_tests();
        }
        Ok(allowance)
    }
}
