//! A workspace's sources, read and resolved.

use std::path::{Path, PathBuf};

use super::Error;
use super::finding::{Finding, Place, Severity};
use super::model::{
    Definition, FileId, Graph, Hop, Model, Module, ModuleId, Node, NodeId, Reach, Site, TargetKind,
    load, tier_named,
};
use super::syntax::{Attribute, Extent};

/// The sources of a workspace: every file of every target, with names resolved.
///
/// Reading takes about a second per 100,000 lines and core in an optimised build;
/// nothing is compiled or run.
///
/// # Example
///
/// ```no_run
/// use shakedown::inspect::Source;
///
/// let source = Source::workspace()?;
/// source.module("my_service::sniffer")?.spawns_threads_only_in("my_service::sniffer::capture");
/// source.tests().never_reach("my_service::sniffer::capture::run");
/// # Ok::<(), shakedown::inspect::Error>(())
/// ```
#[derive(Debug)]
pub struct Source {
    pub(crate) model: Model,
    pub(crate) graph: Graph,
}

impl Source {
    /// The workspace of the test that asks: around `CARGO_MANIFEST_DIR`, or else
    /// around the current directory.
    ///
    /// # Errors
    ///
    /// There is no manifest, or a manifest or a source file cannot be read. A
    /// file that does not parse is no error here but a finding.
    pub fn workspace() -> Result<Self, Error> {
        let directory = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
        match directory.or_else(|| std::env::current_dir().ok()) {
            Some(directory) => Self::at(directory),
            None => Self::at("."),
        }
    }

    /// The workspace around `directory`.
    ///
    /// # Errors
    ///
    /// As [`Source::workspace`].
    pub fn at(directory: impl AsRef<Path>) -> Result<Self, Error> {
        let directory = directory.as_ref();
        let directory = directory.canonicalize().map_err(|source| Error::Read {
            path: directory.to_owned(),
            source,
        })?;
        let mut model = load(&directory)?;
        let graph = Graph::of(&mut model);
        Ok(Self { model, graph })
    }

    /// The workspace's root directory.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.model.root
    }

    /// How many files were read.
    #[must_use]
    pub fn file_count(&self) -> usize {
        self.model.files.len()
    }

    /// How many lines they have.
    #[must_use]
    pub fn line_count(&self) -> usize {
        self.model
            .files
            .iter()
            .map(super::model::SourceFile::line_count)
            .sum()
    }

    pub(crate) fn node(&self, id: NodeId) -> &Node {
        &self.model.nodes[id]
    }

    pub(crate) fn nodes(&self) -> impl Iterator<Item = (NodeId, &Node)> {
        self.model.nodes.iter().enumerate()
    }

    pub(crate) fn module_at(&self, id: ModuleId) -> &Module {
        &self.model.modules[id]
    }

    pub(crate) fn sites(&self, id: NodeId) -> &[Site] {
        &self.graph.sites[id]
    }

    /// Tests of every target.
    pub(crate) fn test_nodes(&self) -> impl Iterator<Item = NodeId> {
        self.nodes()
            .filter(|(_, node)| node.is_test())
            .map(|(id, _)| id)
    }

    pub(crate) fn target_kind(&self, node: &Node) -> TargetKind {
        self.model.targets[self.module_at(node.module).target].kind
    }

    /// Whether only test builds contain it.
    pub(crate) fn is_test_code(&self, node: &Node) -> bool {
        node.test_only || node.is_test() || self.target_kind(node) == TargetKind::Test
    }

    /// The tier that a node runs in; `None` for the fast suite.
    pub(crate) fn tier(&self, node: &Node) -> Option<&'static str> {
        let module = self.module_at(node.module);
        let target = &self.model.targets[module.target];
        if target.kind == TargetKind::Test
            && let Some(tier) = tier_named(&target.name)
        {
            return Some(tier);
        }
        let mut segments = module.path.split("::");
        segments.find_map(|segment| tier_named(segment.strip_prefix("m_")?))
    }

    /// Attributes of a node, its file and its target's root file.
    pub(crate) fn attributes_around<'a>(
        &'a self,
        node: &'a Node,
    ) -> impl Iterator<Item = &'a Attribute> {
        let module = self.module_at(node.module);
        let root = self.module_at(module.root).file;
        let of_file = |file: FileId| {
            let syntax = self.model.files[file].syntax.as_ref().ok();
            syntax.into_iter().flat_map(|it| it.attributes.iter())
        };
        node.attributes
            .iter()
            .chain(of_file(node.file))
            .chain(of_file(root))
    }

    /// Whether `#[expect(clippy::<lint>)]` stands on the site, its function or its file.
    pub(crate) fn expects(&self, site: &Site, lint: &str) -> bool {
        site.within.expected
            || self
                .attributes_around(self.node(site.from))
                .any(|it| matches!(it.name(), "expect" | "allow") && it.arguments.contains(lint))
    }

    pub(crate) fn place(&self, file: FileId, extent: Extent, label: impl Into<String>) -> Place {
        let source = &self.model.files[file];
        let (line, column) = source.position(extent.start);
        Place {
            file: source.path.clone(),
            line,
            column,
            start: extent.start,
            end: extent.end,
            label: label.into(),
        }
    }

    /// The calls from `node` to a goal of `reach`, one place each.
    pub(crate) fn path_places(&self, reach: &Reach, node: NodeId) -> Vec<Place> {
        let hops = reach.path(&self.graph, node);
        hops.iter()
            .enumerate()
            .map(|(at, hop)| {
                let site = self.graph.site(hop.site);
                let label = format!("{}: {}", at + 1, self.describe(hop));
                self.place(site.file, site.extent, label)
            })
            .collect()
    }

    fn describe(&self, hop: &Hop) -> String {
        use super::model::Certainty;
        let site = self.graph.site(hop.site);
        let to = match hop.to {
            Some(node) => self.node(node).path.clone(),
            None => site.external().unwrap_or_default().to_owned(),
        };
        let how = match hop.certainty {
            Certainty::Path | Certainty::Receiver => "",
            Certainty::Dispatch => " (through its trait)",
            Certainty::Fixture => " (a fixture)",
            Certainty::Name => " (perhaps: only the method's name is known)",
        };
        format!("{to}{how}")
    }

    /// The path that a site leads to.
    pub(crate) fn path_of(&self, site: &Site) -> Option<String> {
        Some(match site.definition()? {
            Definition::Module(module) => self.module_at(*module).path.clone(),
            Definition::Node(node) => self.node(*node).path.clone(),
            Definition::Associated(ty, name) => format!("{}::{name}", self.node(*ty).path),
            Definition::External(path) => path.to_string(),
        })
    }

    /// A finding at `extent` in `file`, in the item `item`.
    pub(crate) fn finding(
        &self,
        rule: &str,
        message: impl Into<String>,
        item: &str,
        subject: &str,
        place: Place,
    ) -> Finding {
        Finding {
            rule: rule.to_owned(),
            severity: Severity::Error,
            message: message.into(),
            item: item.to_owned(),
            subject: subject.to_owned(),
            place,
            related: Vec::new(),
            notes: Vec::new(),
            help: Vec::new(),
            fix: None,
        }
    }

    /// A finding at a node's name.
    pub(crate) fn finding_at_node(
        &self,
        rule: &str,
        message: impl Into<String>,
        node: &Node,
        subject: &str,
    ) -> Finding {
        let place = self.place(node.file, node.extent, "");
        self.finding(rule, message, &node.path, subject, place)
    }

    /// A finding at a site.
    pub(crate) fn finding_at_site(
        &self,
        rule: &str,
        message: impl Into<String>,
        site: &Site,
        subject: &str,
    ) -> Finding {
        let place = self.place(site.file, site.extent, "");
        self.finding(rule, message, &self.node(site.from).path, subject, place)
    }
}
