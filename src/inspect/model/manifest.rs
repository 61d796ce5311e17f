//! Packages, read from their manifests.
//!
//! Only what inspection needs: names, targets, which dependencies are members.
//! `cargo metadata` would say more, but it takes longer than the inspection
//! itself and wants a lock file.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::target::{self, Target};
use crate::inspect::Error;
use crate::inspect::settings::toml_error;

/// A package of the workspace.
#[derive(Debug)]
pub(crate) struct Package {
    pub(crate) name: String,
    /// what other crates call its library
    pub(crate) lib_name: String,
    /// names of dependencies as code writes them, with the package behind each
    pub(crate) dependencies: Vec<(String, String)>,
    /// clippy lints set to `warn`, `deny` or `forbid`
    pub(crate) clippy_lints: Vec<String>,
}

/// The manifest of the workspace around `start`: the outermost `[workspace]`
/// above it that does not exclude it, or else the nearest package.
pub(crate) fn find_root(start: &Path) -> Result<PathBuf, Error> {
    let mut nearest = None;
    for directory in start.ancestors() {
        let path = directory.join("Cargo.toml");
        if !path.is_file() {
            continue;
        }
        let manifest = read(&path)?;
        nearest.get_or_insert_with(|| directory.to_owned());
        if manifest.contains_key("workspace") {
            return Ok(directory.to_owned());
        }
    }
    nearest.ok_or_else(|| Error::NoManifest {
        directory: start.to_owned(),
    })
}

/// The packages of the workspace at `root`, and their targets.
pub(crate) fn packages(root: &Path) -> Result<(Vec<Package>, Vec<Target>), Error> {
    let manifest = read(&root.join("Cargo.toml"))?;
    let workspace = manifest.get("workspace").and_then(Value::as_table);
    let mut directories = BTreeSet::new();
    if manifest.contains_key("package") {
        directories.insert(root.to_owned());
        path_dependencies(root, root, &manifest, &mut directories)?;
    }
    for pattern in strings(workspace, "members") {
        for directory in matching(root, &pattern) {
            if directory.join("Cargo.toml").is_file() {
                directories.insert(directory);
            }
        }
    }
    for excluded in strings(workspace, "exclude") {
        let excluded = root.join(excluded);
        directories.retain(|it| !it.starts_with(&excluded) || it == root);
    }
    let shared_lints = workspace.and_then(|it| it.get("lints"));
    let (mut packages, mut targets) = (Vec::new(), Vec::new());
    for directory in directories {
        let manifest = read(&directory.join("Cargo.toml"))?;
        let Some(package) = package(&manifest, shared_lints) else {
            continue;
        };
        targets.extend(target::of_package(
            packages.len(),
            &package.name,
            &package.lib_name,
            &directory,
            &manifest,
        ));
        packages.push(package);
    }
    Ok((packages, targets))
}

fn package(manifest: &Table, shared_lints: Option<&Value>) -> Option<Package> {
    let name = string(manifest.get("package")?.as_table()?, "name")?.to_owned();
    let lib_name = manifest
        .get("lib")
        .and_then(Value::as_table)
        .and_then(|lib| string(lib, "name"))
        .unwrap_or(&name)
        .replace('-', "_");
    let lints = manifest.get("lints");
    let inherits = lints.and_then(|it| it.get("workspace")).is_some();
    Some(Package {
        dependencies: dependencies(manifest),
        clippy_lints: clippy_lints(if inherits { shared_lints } else { lints }),
        lib_name,
        name,
    })
}

fn dependencies(manifest: &Table) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut add = |table: &Table| {
        for key in ["dependencies", "dev-dependencies", "build-dependencies"] {
            for (name, value) in table
                .get(key)
                .and_then(Value::as_table)
                .into_iter()
                .flatten()
            {
                let package = value.as_table().and_then(|it| string(it, "package"));
                found.push((name.replace('-', "_"), package.unwrap_or(name).to_owned()));
            }
        }
    };
    add(manifest);
    let targets = manifest.get("target").and_then(Value::as_table);
    for (_, table) in targets.into_iter().flatten() {
        if let Some(table) = table.as_table() {
            add(table);
        }
    }
    found
}

fn clippy_lints(lints: Option<&Value>) -> Vec<String> {
    let clippy = lints
        .and_then(|it| it.get("clippy"))
        .and_then(Value::as_table);
    let level = |value: &Value| match value {
        Value::String(level) => Some(level.clone()),
        Value::Table(table) => string(table, "level").map(str::to_owned),
        _ => None,
    };
    clippy
        .into_iter()
        .flatten()
        .filter(|(_, value)| level(value).is_some_and(|level| level != "allow"))
        .map(|(name, _)| name.clone())
        .collect()
}

/// cargo makes path dependencies inside the workspace members without being told.
fn path_dependencies(
    root: &Path,
    directory: &Path,
    manifest: &Table,
    into: &mut BTreeSet<PathBuf>,
) -> Result<(), Error> {
    for key in ["dependencies", "dev-dependencies", "build-dependencies"] {
        for (_, value) in manifest
            .get(key)
            .and_then(Value::as_table)
            .into_iter()
            .flatten()
        {
            let Some(path) = value.as_table().and_then(|it| string(it, "path")) else {
                continue;
            };
            let member = normalised(&directory.join(path));
            let known = !member.starts_with(root) || !member.join("Cargo.toml").is_file();
            if known || !into.insert(member.clone()) {
                continue;
            }
            let manifest = read(&member.join("Cargo.toml"))?;
            path_dependencies(root, &member, &manifest, into)?;
        }
    }
    Ok(())
}

/// `a/b/../c` as `a/c`, without asking the file system.
pub(super) fn normalised(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::ParentDir => {
                plain.pop();
            }
            std::path::Component::CurDir => {}
            other => plain.push(other),
        }
    }
    plain
}

/// Directories that a member pattern (`crates/*`) fits.
fn matching(root: &Path, pattern: &str) -> Vec<PathBuf> {
    let mut found = vec![root.to_owned()];
    for part in pattern
        .split('/')
        .filter(|part| !part.is_empty() && *part != ".")
    {
        found = match part.split_once('*') {
            None => found.iter().map(|it| it.join(part)).collect(),
            Some((before, after)) => found
                .iter()
                .flat_map(|it| std::fs::read_dir(it).into_iter().flatten().flatten())
                .filter(|entry| {
                    let name = entry.file_name();
                    let name = name.to_string_lossy();
                    name.starts_with(before) && name.ends_with(after) && entry.path().is_dir()
                })
                .map(|entry| entry.path())
                .collect(),
        };
    }
    found.iter().map(|it| normalised(it)).collect()
}

fn read(path: &Path) -> Result<Table, Error> {
    let text = std::fs::read_to_string(path).map_err(|source| Error::Read {
        path: path.to_owned(),
        source,
    })?;
    toml::from_str(&text).map_err(|error| toml_error(path, &text, &error))
}

pub(super) fn string<'a>(table: &'a Table, key: &str) -> Option<&'a str> {
    table.get(key)?.as_str()
}

fn strings(table: Option<&Table>, key: &str) -> Vec<String> {
    let list = table.and_then(|it| it.get(key)).and_then(Value::as_array);
    let strings = list.into_iter().flatten().filter_map(Value::as_str);
    strings.map(str::to_owned).collect()
}
