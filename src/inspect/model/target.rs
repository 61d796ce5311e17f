//! Targets: what cargo builds from a package, and the tier each belongs to.

use std::path::{Path, PathBuf};

use toml::Table;

use super::manifest::string;

/// Index into the model's targets.
pub(crate) type TargetId = usize;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum TargetKind {
    Lib,
    Bin,
    Test,
    Bench,
    Example,
    Build,
}

/// One thing that cargo compiles on its own.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) package: usize,
    pub(crate) kind: TargetKind,
    pub(crate) name: String,
    pub(crate) root: PathBuf,
}

impl Target {
    /// What paths into it start with: `decnet`, `tests::api`, `bin::decnet`.
    pub(crate) fn crate_path(&self) -> String {
        let name = self.name.replace('-', "_");
        match self.kind {
            TargetKind::Lib => name,
            TargetKind::Bin => format!("bin::{name}"),
            TargetKind::Test => format!("tests::{name}"),
            TargetKind::Bench => format!("benches::{name}"),
            TargetKind::Example => format!("examples::{name}"),
            TargetKind::Build => format!("build::{name}"),
        }
    }
}

/// Where targets of a kind stand, and how the manifest calls them.
const AUTOMATIC: [(TargetKind, &str, &str, &str); 4] = [
    (TargetKind::Bin, "bin", "src/bin", "autobins"),
    (TargetKind::Test, "test", "tests", "autotests"),
    (TargetKind::Bench, "bench", "benches", "autobenches"),
    (TargetKind::Example, "example", "examples", "autoexamples"),
];

/// The targets of the package in `directory`, sorted by kind and name.
pub(super) fn of_package(
    package: usize,
    name: &str,
    lib_name: &str,
    directory: &Path,
    manifest: &Table,
) -> Vec<Target> {
    let mut found = Vec::new();
    let mut push = |kind, name: &str, root: PathBuf| {
        if root.is_file()
            && !found
                .iter()
                .any(|it: &Target| it.kind == kind && it.root == root)
        {
            found.push(Target {
                package,
                kind,
                name: name.to_owned(),
                root,
            });
        }
    };
    let lib = manifest.get("lib").and_then(toml::Value::as_table);
    let lib_path = lib
        .and_then(|lib| string(lib, "path"))
        .unwrap_or("src/lib.rs");
    push(TargetKind::Lib, lib_name, directory.join(lib_path));
    for (kind, key, folder, automatic) in AUTOMATIC {
        let listed = manifest.get(key).and_then(toml::Value::as_array);
        for entry in listed
            .into_iter()
            .flatten()
            .filter_map(toml::Value::as_table)
        {
            let entry_name = string(entry, "name").unwrap_or(name);
            let root = string(entry, "path").map_or_else(
                || default_root(&directory.join(folder), entry_name),
                |path| directory.join(path),
            );
            push(kind, entry_name, root);
        }
        if !is_off(manifest, automatic) {
            for (name, root) in discovered(&directory.join(folder)) {
                push(kind, &name, root);
            }
        }
    }
    if !is_off(manifest, "autobins") {
        push(TargetKind::Bin, name, directory.join("src/main.rs"));
    }
    push(TargetKind::Build, name, directory.join("build.rs"));
    found.sort_by(|a, b| (a.kind, &a.name).cmp(&(b.kind, &b.name)));
    found
}

fn is_off(manifest: &Table, key: &str) -> bool {
    let package = manifest.get("package").and_then(toml::Value::as_table);
    package
        .and_then(|it| it.get(key))
        .and_then(toml::Value::as_bool)
        == Some(false)
}

fn default_root(folder: &Path, name: &str) -> PathBuf {
    let file = folder.join(format!("{name}.rs"));
    if file.is_file() {
        return file;
    }
    folder.join(name).join("main.rs")
}

/// `folder/name.rs` and `folder/name/main.rs`.
fn discovered(folder: &Path) -> Vec<(String, PathBuf)> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found: Vec<(String, PathBuf)> = entries
        .filter_map(|entry| {
            let path = entry.path();
            let name = path.file_stem()?.to_str()?.to_owned();
            if path.is_dir() {
                let main = path.join("main.rs");
                return main.is_file().then_some((name, main));
            }
            (path.extension()? == "rs").then_some((name, path))
        })
        .collect();
    found.sort();
    found
}
