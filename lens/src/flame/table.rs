//! The functions that cost most, as a list: what a graph says to those who
//! cannot see it, and to a terminal.

use std::collections::{HashMap, HashSet};

use super::Stacks;

/// What a function cost.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Function {
    /// Its name.
    pub name: String,
    /// Weight of stacks that end in it.
    pub own: u64,
    /// Weight of stacks that it is in, each counted once.
    pub total: u64,
}

/// All functions of `stacks`, those with the highest own weight first.
#[must_use]
pub fn functions(stacks: &Stacks) -> Vec<Function> {
    let mut found: HashMap<&str, (u64, u64)> = HashMap::new();
    for (frames, weight) in stacks.iter() {
        let mut seen = HashSet::new();
        for frame in frames {
            // A function that calls itself is still in one stack.
            if seen.insert(frame) {
                found.entry(frame).or_default().1 += weight;
            }
        }
        if let Some(last) = frames.last() {
            found.entry(last).or_default().0 += weight;
        }
    }
    let mut functions: Vec<Function> = found
        .into_iter()
        .map(|(name, (own, total))| Function {
            name: name.to_owned(),
            own,
            total,
        })
        .collect();
    functions.sort_by(|a, b| {
        let by_weight = b.own.cmp(&a.own).then(b.total.cmp(&a.total));
        by_weight.then(a.name.cmp(&b.name))
    });
    functions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recursive_function_counts_once_a_stack() {
        let found = functions(&Stacks::parse("a;b;b;b 4\na 1\n").unwrap());
        let shown: Vec<_> = found
            .iter()
            .map(|f| (f.name.as_str(), f.own, f.total))
            .collect();
        assert_eq!(shown, [("b", 4, 4), ("a", 1, 5)]);
    }
}
