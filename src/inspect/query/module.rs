//! Questions about one module and everything in it.

use super::assertion::none;
use crate::inspect::finding::Finding;
use crate::inspect::model::Site;
use crate::inspect::settings::is_or_is_in;
use crate::inspect::{Error, Source};

/// A module of the workspace, with everything in it.
#[derive(Debug)]
#[must_use = "a module asserts nothing until it is asked"]
pub struct ModuleQuery<'a> {
    source: &'a Source,
    path: String,
}

/// What starts a thread.
const THREADS: [&str; 6] = [
    "std::thread::spawn",
    "std::thread::Builder::spawn",
    "std::thread::Builder::spawn_scoped",
    "std::thread::scope",
    "tokio::task::spawn_blocking",
    "rayon::spawn",
];

impl Source {
    /// The module `name`: its whole path, or as much of its end as is unambiguous.
    ///
    /// # Errors
    ///
    /// There is no such module, or there are several.
    pub fn module(&self, name: &str) -> Result<ModuleQuery<'_>, Error> {
        let modules = self.modules_named(name)?;
        let first = modules.first().copied().unwrap_or_default();
        Ok(ModuleQuery {
            source: self,
            path: self.module_at(first).path.clone(),
        })
    }
}

impl ModuleQuery<'_> {
    /// Asserts that only the function or module `place` in it starts threads.
    ///
    /// # Panics
    ///
    /// Something else does; the message shows where. Or nothing does at all.
    #[track_caller]
    pub fn spawns_threads_only_in(&self, place: &str) {
        self.calls_only_in(&THREADS, "starts threads", place);
    }

    /// Asserts that only the function or module `place` in it calls `callee`, a
    /// path into another crate.
    ///
    /// # Panics
    ///
    /// Something else does; the message shows where. Or nothing does at all.
    #[track_caller]
    pub fn calls_only_in_place(&self, callee: &str, place: &str) {
        self.calls_only_in(&[callee], &format!("calls `{callee}`"), place);
    }

    #[track_caller]
    fn calls_only_in(&self, callees: &[&str], does: &str, place: &str) {
        let source = self.source;
        let sites = || {
            let ids = callees.iter().flat_map(|it| source.graph.to_external(it));
            ids.map(|id| source.graph.site(id))
                .filter(|site| self.contains(site))
        };
        let home = |site: &Site| is_or_is_in(&source.node(site.from).path, place);
        assert!(
            sites().any(home),
            "nothing in `{place}` {does}: there is nothing to check"
        );
        let findings: Vec<Finding> = sites()
            .filter(|site| !home(site))
            .map(|site| {
                let path = &source.node(site.from).path;
                let message = format!("`{path}` {does}");
                source.finding_at_site("calls_only_in", message, site, place)
            })
            .collect();
        let claim = format!("in `{}`, only `{place}` {does}", self.path);
        none(source, &claim, &findings);
    }

    /// Asserts that nothing in it names `path` or something under it.
    ///
    /// # Panics
    ///
    /// Something does; the message shows where.
    #[track_caller]
    pub fn never_names(&self, path: &str) {
        let source = self.source;
        let mut findings = Vec::new();
        for (id, node) in source.nodes() {
            if !is_or_is_in(&node.path, &self.path) {
                continue;
            }
            for site in source.sites(id) {
                if source
                    .path_of(site)
                    .is_some_and(|it| is_or_is_in(&it, path))
                {
                    let message = format!("`{}` names `{path}`", node.path);
                    findings.push(source.finding_at_site("never_names", message, site, path));
                }
            }
        }
        none(
            source,
            &format!("`{}` never names `{path}`", self.path),
            &findings,
        );
    }

    fn contains(&self, site: &Site) -> bool {
        let node = self.source.node(site.from);
        is_or_is_in(&node.path, &self.path) && !node.test_only && site.transfers_control()
    }
}
