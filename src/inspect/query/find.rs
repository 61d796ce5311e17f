//! Items by name.

use std::collections::BTreeSet;

use crate::inspect::model::{ModuleId, Node, NodeId, NodeKind};
use crate::inspect::{Error, Source};

impl Source {
    /// The functions called `name`: by their whole path, or by the end of it.
    /// Several only if one file is part of several targets.
    pub(crate) fn functions_named(&self, name: &str) -> Result<Vec<NodeId>, Error> {
        self.nodes_named("function", name, |node| node.function().is_some())
    }

    /// The types and traits called `name`.
    pub(crate) fn types_named(&self, name: &str) -> Result<Vec<NodeId>, Error> {
        self.nodes_named("type", name, |node| {
            matches!(node.kind, NodeKind::Type(_) | NodeKind::Trait)
        })
    }

    pub(crate) fn nodes_named(
        &self,
        kind: &'static str,
        name: &str,
        fits: impl Fn(&Node) -> bool,
    ) -> Result<Vec<NodeId>, Error> {
        let candidates: Vec<(NodeId, &str)> = self
            .nodes()
            .filter(|(_, node)| fits(node))
            .map(|(id, node)| (id, node.path.as_str()))
            .collect();
        if !candidates.iter().any(|(_, path)| *path == name) {
            let exported = self.graph.exported(&self.model, name);
            let first = exported.into_iter().find(|id| fits(self.node(*id)));
            if let Some(node) = first {
                return Ok(vec![node]);
            }
        }
        match pick(kind, name, &candidates) {
            Err(unknown @ Error::Unknown { .. }) => self.re_exported(name, fits, unknown),
            found => found,
        }
    }

    /// What the end of a path names where modules re-export it: `sniffer::spawn` for
    /// `my_service::sniffer::capture::spawn`; `unknown` if none does.
    fn re_exported(
        &self,
        name: &str,
        fits: impl Fn(&Node) -> bool,
        unknown: Error,
    ) -> Result<Vec<NodeId>, Error> {
        let Some((outer, item)) = name.rsplit_once("::") else {
            return Err(unknown);
        };
        let end = format!("::{outer}");
        let modules = self.model.modules.iter();
        let modules = modules.filter(|it| !it.block && it.path.ends_with(&end));
        let found: BTreeSet<NodeId> = modules
            .flat_map(|it| {
                let path = format!("{}::{item}", it.path);
                self.graph.exported(&self.model, &path)
            })
            .filter(|id| fits(self.node(*id)))
            .collect();
        match found.len() {
            0 => Err(unknown),
            1 => Ok(found.into_iter().collect()),
            _ => Err(Error::Ambiguous {
                name: name.to_owned(),
                candidates: found.iter().map(|id| self.node(*id).path.clone()).collect(),
            }),
        }
    }

    /// The modules called `name`.
    pub(crate) fn modules_named(&self, name: &str) -> Result<Vec<ModuleId>, Error> {
        let candidates: Vec<(ModuleId, &str)> = self
            .model
            .modules
            .iter()
            .enumerate()
            .filter(|(_, module)| !module.block)
            .map(|(id, module)| (id, module.path.as_str()))
            .collect();
        pick("module", name, &candidates)
    }
}

fn pick(kind: &'static str, name: &str, candidates: &[(usize, &str)]) -> Result<Vec<usize>, Error> {
    let exact: Vec<usize> = candidates
        .iter()
        .filter(|(_, path)| *path == name)
        .map(|(id, _)| *id)
        .collect();
    if !exact.is_empty() {
        return Ok(exact);
    }
    let end = format!("::{name}");
    let fitting = || candidates.iter().filter(|(_, path)| path.ends_with(&end));
    let paths: BTreeSet<&str> = fitting().map(|(_, path)| *path).collect();
    match paths.len() {
        0 => Err(Error::Unknown {
            kind,
            name: name.to_owned(),
            near: near(name, candidates.iter().map(|(_, path)| *path)),
        }),
        1 => Ok(fitting().map(|(id, _)| *id).collect()),
        _ => Err(Error::Ambiguous {
            name: name.to_owned(),
            candidates: paths.into_iter().map(str::to_owned).collect(),
        }),
    }
}

/// Up to three names that differ from `name` in few letters of the last segment.
pub(crate) fn near<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Vec<String> {
    let last = |path: &str| path.rsplit("::").next().unwrap_or(path).to_owned();
    let wanted = last(name);
    let mut close: Vec<(usize, &str)> = known
        .map(|path| (distance(&wanted, &last(path)), path))
        .filter(|(distance, _)| *distance <= 2.min(wanted.len() / 2))
        .collect();
    close.sort_unstable();
    close.dedup();
    close.truncate(3);
    close.into_iter().map(|(_, path)| path.to_owned()).collect()
}

/// Levenshtein's distance.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[b.len()]
}
