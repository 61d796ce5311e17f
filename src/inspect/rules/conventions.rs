//! shakedown's conventions, as far as sources show them: `tier!`, `conftest!`,
//! who uses shakedown at all.

use crate::inspect::Source;
use crate::inspect::model::{NodeKind, Target, TargetId, TargetKind};
use crate::inspect::syntax::MacroCall;

/// A test binary of a package that uses shakedown.
#[derive(Debug)]
pub(super) struct TestTarget<'a> {
    pub(super) target: &'a Target,
    /// its root file
    pub(super) file: usize,
    /// what `tier!(..)` names, and where
    pub(super) tiers: Vec<&'a MacroCall>,
    pub(super) has_conftest: bool,
}

/// The test binaries of packages that use shakedown.
pub(super) fn test_targets(source: &Source) -> Vec<TestTarget<'_>> {
    let targets = source.model.targets.iter().enumerate();
    targets
        .filter(|(_, target)| target.kind == TargetKind::Test)
        .filter(|(_, target)| uses_shakedown(source, target.package))
        .filter_map(|(id, target)| describe(source, id, target))
        .collect()
}

/// Whether a package is shakedown, or depends on it.
pub(super) fn uses_shakedown(source: &Source, package: usize) -> bool {
    let package = &source.model.packages[package];
    package.name == "shakedown" || package.dependencies.iter().any(|(_, it)| it == "shakedown")
}

fn describe<'a>(source: &'a Source, id: TargetId, target: &'a Target) -> Option<TestTarget<'a>> {
    let mut modules = source.model.modules.iter();
    let root = modules.find(|module| module.target == id && module.parent.is_none())?;
    let calls = || {
        source
            .nodes()
            .filter_map(move |(_, node)| match &node.kind {
                NodeKind::MacroCall(call) if source.module_at(node.module).target == id => {
                    Some((node, &**call))
                }
                _ => None,
            })
    };
    let named = |call: &MacroCall, name: &str| call.path.last().is_some_and(|it| it == name);
    Some(TestTarget {
        target,
        file: root.file,
        tiers: calls()
            .filter(|(node, call)| node.file == root.file && named(call, "tier"))
            .map(|(_, call)| call)
            .collect(),
        has_conftest: calls().any(|(_, call)| named(call, "conftest")),
    })
}
