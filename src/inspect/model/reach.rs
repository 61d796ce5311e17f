//! Reachability: from where can control get to a place, and by which calls.
//!
//! A breadth-first search runs backwards from the goals, so that one search
//! answers for all tests, in time linear in the number of sites. A call that a
//! flag guards is no way when that flag is assumed off.

use std::collections::{HashMap, HashSet, VecDeque};

use super::graph::{Graph, SiteId};
use super::{Certainty, Definition, Model, NodeId, SiteTarget};

/// What to search for.
#[derive(Debug, Default, Clone)]
pub(crate) struct Reachability {
    /// nodes that must not be entered
    pub(crate) goals: Vec<NodeId>,
    /// paths outside the workspace that must not be called
    pub(crate) external: Vec<String>,
    /// flags assumed to be off
    pub(crate) off: Vec<String>,
    /// also follow method calls of which only the name is known
    pub(crate) by_name: bool,
}

/// One call on the way to a goal.
#[derive(Debug, Clone)]
pub(crate) struct Hop {
    pub(crate) site: SiteId,
    pub(crate) certainty: Certainty,
    /// the node entered; `None` for a goal outside the workspace
    pub(crate) to: Option<NodeId>,
}

/// From which nodes a goal is reached, and the next call on the way.
#[derive(Debug, Default)]
pub(crate) struct Reach {
    next: HashMap<NodeId, Hop>,
    goals: Vec<NodeId>,
}

impl Reachability {
    /// Searches `graph`.
    pub(crate) fn search(&self, model: &Model, graph: &Graph) -> Reach {
        let mut reach = Reach {
            next: HashMap::new(),
            goals: self.goals.clone(),
        };
        let mut queue: VecDeque<NodeId> = self.goals.iter().copied().collect();
        for path in &self.external {
            for site in graph.to_external(path) {
                let hop = Hop {
                    site,
                    certainty: graph.site(site).certainty,
                    to: None,
                };
                self.enter(graph, hop, &mut reach, &mut queue);
            }
        }
        while let Some(node) = queue.pop_front() {
            for (site, certainty) in graph.predecessors(model, node) {
                let hop = Hop {
                    site,
                    certainty,
                    to: Some(node),
                };
                self.enter(graph, hop, &mut reach, &mut queue);
            }
        }
        reach
    }

    fn enter(&self, graph: &Graph, hop: Hop, reach: &mut Reach, queue: &mut VecDeque<NodeId>) {
        let site = graph.site(hop.site);
        let guarded = site.guards.iter().any(|flag| self.off.contains(flag));
        let uncertain = hop.certainty == Certainty::Name && !self.by_name;
        let known = reach.next.contains_key(&site.from) || reach.goals.contains(&site.from);
        if guarded || uncertain || known || !site.transfers_control() {
            return;
        }
        queue.push_back(site.from);
        reach.next.insert(site.from, hop);
    }
}

impl Reach {
    /// Whether control can get from `node` to a goal.
    pub(crate) fn from(&self, node: NodeId) -> bool {
        self.next.contains_key(&node) || self.goals.contains(&node)
    }

    /// The calls from `node` to a goal.
    pub(crate) fn path(&self, graph: &Graph, node: NodeId) -> Vec<Hop> {
        let mut hops = Vec::new();
        let mut at = Some(node);
        while let Some(hop) = at.and_then(|node| self.next.get(&node)) {
            debug_assert_eq!(Some(graph.site(hop.site).from), at);
            hops.push(hop.clone());
            at = hop.to;
        }
        hops
    }
}

impl Graph {
    /// Everything that control may get to from `starts`, names of methods
    /// included: generous, for asking what is certainly *not* reached.
    pub(crate) fn reached_from(&self, model: &Model, starts: Vec<NodeId>) -> HashSet<NodeId> {
        let mut reached: HashSet<NodeId> = starts.iter().copied().collect();
        let mut names: HashSet<String> = HashSet::new();
        let mut queue = starts;
        while let Some(node) = queue.pop() {
            for site in &self.sites[node] {
                let entered = match &site.target {
                    SiteTarget::Named(name) if !names.insert(name.clone()) => continue,
                    SiteTarget::Named(name) => self.methods_named(name).to_vec(),
                    SiteTarget::Known(Definition::Node(to)) => self.entered(model, *to),
                    SiteTarget::Known(Definition::Associated(ty, _)) => self.entered(model, *ty),
                    SiteTarget::Known(_) => continue,
                };
                queue.extend(entered.into_iter().filter(|it| reached.insert(*it)));
            }
        }
        reached
    }
}
