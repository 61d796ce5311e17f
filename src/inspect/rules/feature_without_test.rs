//! `feature-without-test`: a change that adds public items and touches no test.

use std::collections::HashSet;
use std::path::Path;
use std::process::Command;

use super::public_items;
use crate::inspect::finding::{Finding, Severity};
use crate::inspect::model::{SourceFile, TargetKind};
use crate::inspect::rule::{Context, Rule};
use crate::inspect::syntax::{FileSyntax, Item, ItemKind};
use crate::inspect::{Error, Source};

pub(super) const RULE: Rule = Rule {
    name: "feature-without-test",
    severity: Severity::Warning,
    documentation: include_str!("docs/feature-without-test.md"),
    check,
};

fn check(context: &Context<'_>) -> Result<Vec<Finding>, Error> {
    let Some(base) = context.base else {
        return Ok(Vec::new());
    };
    let source = context.source;
    let root = source.root();
    let fork = git(root, &["merge-base", base, "HEAD"])?;
    let fork = fork.trim();
    let changed = changed_files(root, fork)?;
    let before = |path: &str| content_at(root, fork, path).unwrap_or_default();
    // An item that moved to another file is not new.
    let rust = changed.iter().filter(|it| it.ends_with(".rs"));
    let known: HashSet<String> = rust
        .flat_map(|path| public_items::of(&before(path)).into_keys())
        .collect();
    let touched = |file: &&SourceFile| changed.contains(&file.path);
    let files: Vec<&SourceFile> = source.model.files.iter().filter(touched).collect();
    let mut found = Vec::new();
    for file in &files {
        if !is_library(source, file) {
            if is_test(source, file) {
                return Ok(Vec::new());
            }
            continue;
        }
        if tests_in(&file.text) != tests_in(&before(&file.path)) {
            return Ok(Vec::new());
        }
        for (name, extent) in public_items::of(&file.text) {
            if known.contains(&name) {
                continue;
            }
            let index = source
                .model
                .files
                .iter()
                .position(|it| it.path == file.path);
            let place = source.place(index.unwrap_or_default(), extent, "new since then");
            let message = format!("`{name}` is new since {base}, and no test changed");
            found.push(
                source
                    .finding(
                        RULE.name,
                        message,
                        &format!("{}::{name}", file.path),
                        &name,
                        place,
                    )
                    .helping("add a test of it to the same change"),
            );
        }
    }
    Ok(found)
}

fn targets_of<'a>(
    source: &'a Source,
    file: &'a SourceFile,
) -> impl Iterator<Item = TargetKind> + 'a {
    let modules = source.model.modules.iter();
    modules
        .filter(|module| source.model.files[module.file].path == file.path)
        .map(|module| source.model.targets[module.target].kind)
}

fn is_library(source: &Source, file: &SourceFile) -> bool {
    targets_of(source, file).any(|kind| kind == TargetKind::Lib)
}

fn is_test(source: &Source, file: &SourceFile) -> bool {
    targets_of(source, file).any(|kind| kind == TargetKind::Test)
}

/// The test code of a file, to see whether it changed.
fn tests_in(text: &str) -> Vec<String> {
    let Ok(file) = crate::inspect::syntax::read(text) else {
        return Vec::new();
    };
    let FileSyntax { items, .. } = file;
    let mut found = Vec::new();
    collect_tests(&items, text, &mut found);
    found
}

fn collect_tests(items: &[Item], text: &str, into: &mut Vec<String>) {
    for item in items {
        match &item.kind {
            ItemKind::Module(module) => {
                collect_tests(module.inline.as_deref().unwrap_or_default(), text, into);
            }
            ItemKind::Function(function) if item.test_only || function.is_test() => {
                let whole = text.get(function.whole.start..function.whole.end);
                into.push(whole.unwrap_or_default().to_owned());
            }
            _ => {}
        }
    }
}

/// Files that differ from `fork`, committed or not, relative to the root. A file that was
/// renamed is two: the one that is gone and the one that came.
fn changed_files(root: &Path, fork: &str) -> Result<Vec<String>, Error> {
    let listed = git(
        root,
        &[
            "diff",
            "--name-only",
            "--no-renames",
            "--relative",
            "-z",
            fork,
        ],
    )?;
    let new = git(root, &["ls-files", "--others", "--exclude-standard", "-z"])?;
    let names = listed.split('\0').chain(new.split('\0'));
    Ok(names
        .filter(|it| !it.is_empty())
        .map(str::to_owned)
        .collect())
}

fn content_at(root: &Path, fork: &str, path: &str) -> Option<String> {
    git(root, &["show", &format!("{fork}:./{path}")]).ok()
}

fn git(root: &Path, arguments: &[&str]) -> Result<String, Error> {
    let command = format!("git {}", arguments.join(" "));
    let failed = |message: String| Error::Git {
        command: command.clone(),
        message,
    };
    let output = Command::new("git")
        .args(arguments)
        .current_dir(root)
        .output()
        .map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        return Err(failed(
            String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        ));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
