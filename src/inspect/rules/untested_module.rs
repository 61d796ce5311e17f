//! `untested-module`: a file of the library that no test gets to.

use std::collections::HashSet;

use crate::inspect::finding::{Finding, Severity};
use crate::inspect::model::{Definition, ModuleId, NodeId, NodeKind, TargetKind};
use crate::inspect::rule::{Context, Rule};
use crate::inspect::{Error, Source};

pub(super) const RULE: Rule = Rule {
    name: "untested-module",
    severity: Severity::Warning,
    documentation: include_str!("docs/untested-module.md"),
    check,
};

fn check(context: &Context<'_>) -> Result<Vec<Finding>, Error> {
    let source = context.source;
    let reached = source.graph.reached_from(&source.model, starts(source));
    let touched = touched_files(source, &reached);
    let shown = words_of_examples(source);
    let mut found = Vec::new();
    for (id, module) in source.model.modules.iter().enumerate() {
        let target = &source.model.targets[module.target];
        let is_file = !module.inline && module.parent.is_some();
        if target.kind != TargetKind::Lib || !is_file || module.test_only || module.platform {
            continue;
        }
        if touched.contains(&module.file) || !has_behaviour(source, id) {
            continue;
        }
        if has_doc_tests(source, id)
            || is_shown(source, id, &shown)
            || is_written_by_macros(source, id)
        {
            continue;
        }
        let place = source.place(
            module.declared_in,
            module.extent,
            "nothing leads here from a test",
        );
        let file = &source.model.files[module.file].path;
        let message = format!("no test reaches anything in `{}`", module.path);
        found.push(
            source
                .finding(RULE.name, message, &module.path, &module.path, place)
                .noting(format!("its file is {file}"))
                .helping("test what it promises, or remove it"),
        );
    }
    Ok(found)
}

/// Tests, their fixtures, and the binaries that they run.
fn starts(source: &Source) -> Vec<NodeId> {
    let runs_binaries = source
        .model
        .files
        .iter()
        .any(|file| file.text.contains("CARGO_BIN_EXE_") || file.text.contains("cargo_bin"));
    source
        .nodes()
        .filter(|(_, node)| {
            let main = node.name == "main" && source.target_kind(node) == TargetKind::Bin;
            source.is_test_code(node) || (runs_binaries && main)
        })
        .map(|(id, _)| id)
        .collect()
}

/// Files that something reached stands in, or that it names.
fn touched_files(source: &Source, reached: &HashSet<NodeId>) -> HashSet<usize> {
    let mut files = HashSet::new();
    for id in reached {
        files.insert(source.node(*id).file);
        for site in source.sites(*id) {
            if let Some(Definition::Node(node) | Definition::Associated(node, _)) =
                site.definition()
            {
                files.insert(source.node(*node).file);
            }
        }
    }
    files
}

/// Whether the file has functions of its own that run.
fn has_behaviour(source: &Source, module: ModuleId) -> bool {
    let file = source.module_at(module).file;
    source
        .nodes()
        .filter(|(_, node)| node.file == file && !node.test_only)
        .any(|(_, node)| {
            let free_or_own = node.owner().is_none_or(|owner| owner.interface.is_none());
            free_or_own && node.function().is_some_and(|it| it.has_body)
        })
}

fn has_doc_tests(source: &Source, module: ModuleId) -> bool {
    let text = &source.model.files[source.module_at(module).file].text;
    ["/// ```", "//! ```", "#[doc = include_str!"]
        .iter()
        .any(|it| text.contains(it))
}

/// The words of all examples in the documentation, which are tests of what they name.
fn words_of_examples(source: &Source) -> HashSet<&str> {
    let mut words = HashSet::new();
    for file in &source.model.files {
        let mut inside = false;
        for line in file.text.lines().map(str::trim_start) {
            let Some(text) = line.strip_prefix("///").or(line.strip_prefix("//!")) else {
                inside = false;
                continue;
            };
            if text.trim_start().starts_with("```") {
                inside = !inside;
            } else if inside {
                words.extend(text.split(|c: char| !c.is_alphanumeric() && c != '_'));
            }
        }
    }
    words
}

/// Whether an example names something public of the file.
fn is_shown(source: &Source, module: ModuleId, words: &HashSet<&str>) -> bool {
    let file = source.module_at(module).file;
    let mut nodes = source.nodes().filter(|(_, node)| node.file == file);
    nodes.any(|(_, node)| node.public && words.contains(node.name.as_str()))
}

/// Whether macros write items of the file: what leads to those cannot be read.
fn is_written_by_macros(source: &Source, module: ModuleId) -> bool {
    let file = source.module_at(module).file;
    let mut nodes = source.nodes().filter(|(_, node)| node.file == file);
    nodes.any(|(_, node)| match &node.kind {
        NodeKind::MacroCall(call) => call.path.last().is_none_or(|it| it != "thread_local"),
        _ => false,
    })
}
