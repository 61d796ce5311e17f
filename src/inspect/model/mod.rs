//! The workspace as inspection sees it: packages, targets, modules, items, and
//! who mentions whom.
//!
//! Files are parsed in parallel, in waves: the roots of all targets, then the
//! files their `mod` lines name, and so on. Then names are resolved (aliases,
//! globs, re-exports, methods of receivers whose type can be followed) and every
//! mention becomes a [`Site`] with its [`Certainty`]. What cannot be known
//! without a compiler is not guessed: a method on a receiver of unknown type
//! leads to every method of that name, and is marked [`Certainty::Name`].

mod build;
mod file;
mod graph;
mod infer;
mod load;
mod manifest;
mod names;
mod node;
mod nodes;
mod reach;
mod resolve;
mod sites;
mod target;
mod tier;

pub(crate) use file::{FileId, SourceFile};
pub(crate) use graph::Graph;
pub(crate) use load::load;
pub(crate) use manifest::Package;
pub(crate) use node::Certainty;
pub(crate) use node::{
    Definition, Module, ModuleId, Node, NodeId, NodeKind, Owner, Site, SiteTarget,
};
pub(crate) use reach::{Hop, Reach, Reachability};
pub(crate) use resolve::Namespace;
pub(crate) use target::{Target, TargetId, TargetKind};
pub(crate) use tier::{TIERS, tier_named};

use std::path::PathBuf;

/// Everything read from a workspace.
#[derive(Debug, Default)]
pub(crate) struct Model {
    pub(crate) root: PathBuf,
    pub(crate) packages: Vec<Package>,
    pub(crate) targets: Vec<Target>,
    pub(crate) files: Vec<SourceFile>,
    pub(crate) modules: Vec<Module>,
    pub(crate) nodes: Vec<Node>,
    /// `mod` lines whose file was not found
    pub(crate) missing: Vec<(FileId, crate::inspect::syntax::Extent, String)>,
}
