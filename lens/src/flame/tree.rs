//! Stacks merged from the outside in.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::Stacks;

/// Bars narrower than this part of the whole are left out: a reader could not
/// see them, and a browser would be slow to show them.
const NARROWEST: u64 = 5_000;

/// A bar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Node {
    /// Index into [`Tree::names`].
    pub(super) name: usize,
    /// Index into [`Tree::nodes`]; the root is its own.
    pub(super) parent: usize,
    /// From 0, the root.
    pub(super) depth: usize,
    /// Where it starts, in the unit of the weights.
    pub(super) start: u64,
    /// Weight of the stacks through it.
    pub(super) total: u64,
    /// Weight of the stacks that end in it.
    pub(super) own: u64,
}

/// Bars, each after its parent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tree {
    pub(super) names: Vec<String>,
    pub(super) nodes: Vec<Node>,
    /// How many were too narrow.
    pub(super) omitted: usize,
}

/// While merging: nodes by index, so that a deep stack is no deep recursion.
struct Growing<'a> {
    name: &'a str,
    children: HashMap<&'a str, usize>,
    total: u64,
    own: u64,
}

impl<'a> Growing<'a> {
    fn of(name: &'a str) -> Self {
        Self {
            name,
            children: HashMap::new(),
            total: 0,
            own: 0,
        }
    }
}

fn merged(stacks: &Stacks) -> Vec<Growing<'_>> {
    let mut grown = vec![Growing::of("")];
    for (frames, weight) in stacks.iter() {
        let mut at = 0;
        grown[at].total += weight;
        for frame in frames {
            let next = grown.len();
            let child = *grown[at].children.entry(frame).or_insert(next);
            if child == next {
                grown.push(Growing::of(frame));
            }
            at = child;
            grown[at].total += weight;
        }
        grown[at].own += weight;
    }
    grown
}

impl Tree {
    /// Merges `stacks` under a root called `root`.
    pub(super) fn of(stacks: &Stacks, root: &str) -> Self {
        let mut tree = Self {
            names: vec![root.to_owned()],
            nodes: Vec::new(),
            omitted: 0,
        };
        tree.lay_out(&merged(stacks));
        tree
    }

    /// Weight of everything.
    pub(super) fn total(&self) -> u64 {
        self.nodes[0].total
    }

    fn lay_out(&mut self, grown: &[Growing<'_>]) {
        let mut known = HashMap::new();
        let narrowest = grown[0].total / NARROWEST;
        let mut open = vec![(0, 0, 0, 0, 0)];
        while let Some((at, name, parent, depth, start)) = open.pop() {
            let index = self.nodes.len();
            self.nodes.push(Node {
                name,
                parent,
                depth,
                start,
                total: grown[at].total,
                own: grown[at].own,
            });
            let mut children: Vec<usize> = grown[at].children.values().copied().collect();
            children.sort_by_key(|child| (Reverse(grown[*child].total), grown[*child].name));
            let mut next = start;
            let mut below = Vec::new();
            for child in children {
                let of = &grown[child];
                if of.total < narrowest {
                    self.omitted += 1;
                    continue;
                }
                let names = &mut self.names;
                let name = *known.entry(of.name).or_insert_with(|| {
                    names.push(of.name.to_owned());
                    names.len() - 1
                });
                below.push((child, name, index, depth + 1, next));
                next += of.total;
            }
            open.extend(below.into_iter().rev());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stacks_share_is_merged_and_the_heaviest_comes_first() {
        let stacks = Stacks::parse("a;b 1\na;c 5\na 2\nd 1\n").unwrap();
        let tree = Tree::of(&stacks, "all");
        let shown: Vec<_> = tree
            .nodes
            .iter()
            .map(|n| {
                (
                    tree.names[n.name].as_str(),
                    n.depth,
                    n.start,
                    n.total,
                    n.own,
                )
            })
            .collect();
        assert_eq!(
            shown,
            [
                ("all", 0, 0, 9, 0),
                ("a", 1, 0, 8, 2),
                ("c", 2, 0, 5, 5),
                ("b", 2, 5, 1, 1),
                ("d", 1, 8, 1, 1),
            ]
        );
        assert_eq!((tree.total(), tree.omitted), (9, 0));
    }

    #[test]
    fn a_name_is_kept_once_however_often_it_occurs() {
        let tree = Tree::of(&Stacks::parse("a;a;a 1\nb;a 1\n").unwrap(), "all");
        assert_eq!(tree.names.len(), 3);
    }

    #[test]
    fn nothing_is_a_root_alone() {
        let tree = Tree::of(&Stacks::new(), "all");
        assert_eq!((tree.nodes.len(), tree.total()), (1, 0));
    }

    #[test]
    fn what_is_too_narrow_to_see_is_counted_and_left_out() {
        let tree = Tree::of(&Stacks::parse("a 1000000\nb;c;d 10\n").unwrap(), "all");
        assert_eq!((tree.nodes.len(), tree.omitted), (2, 1));
    }

    #[test]
    fn a_very_deep_stack_is_no_recursion() {
        let frames = (0..20_000).map(|depth| format!("f{depth}"));
        let mut stacks = Stacks::new();
        stacks.add(frames, 1);
        assert_eq!(Tree::of(&stacks, "all").nodes.len(), 20_001);
    }
}
