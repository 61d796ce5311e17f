//! Reading and parsing files, in parallel waves.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use super::build::{Builder, Mount};
use super::{FileId, Model, SourceFile, manifest};
use crate::inspect::Error;
use crate::inspect::syntax;

/// syn recurses into nested expressions; generated code nests deeply.
const STACK: usize = 32 << 20;

/// Reads the workspace around `start`.
pub(crate) fn load(start: &Path) -> Result<Model, Error> {
    let root = manifest::find_root(start)?;
    let (packages, targets) = manifest::packages(&root)?;
    let mut builder = Builder::new(Model {
        root,
        packages,
        targets,
        ..Model::default()
    });
    let mut known: HashMap<PathBuf, FileId> = HashMap::new();
    let mut wave = builder.roots();
    while !wave.is_empty() {
        let mut paths: Vec<PathBuf> = wave.iter().map(|mount| mount.path.clone()).collect();
        paths.retain(|path| !known.contains_key(path));
        paths.sort();
        paths.dedup();
        for file in parse_all(&builder.model.root, &paths)? {
            known.insert(file.absolute.clone(), builder.model.files.len());
            builder.model.files.push(file);
        }
        let mounts: Vec<(Mount, FileId)> = wave
            .into_iter()
            .map(|mount| {
                let file = known[&mount.path];
                (mount, file)
            })
            .collect();
        wave = builder.mount(mounts);
    }
    Ok(builder.model)
}

/// Parses `paths` on all cores; the result is in their order.
fn parse_all(root: &Path, paths: &[PathBuf]) -> Result<Vec<SourceFile>, Error> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = threads.min(paths.len().div_ceil(8)).max(1);
    let next = AtomicUsize::new(0);
    let parsed: Mutex<Vec<(usize, Result<SourceFile, Error>)>> = Mutex::default();
    let work = || {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(path) = paths.get(at) else { break };
            let file = parse(root, path);
            parsed
                .lock()
                .expect("no thread panics with the lock")
                .push((at, file));
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..threads {
            std::thread::Builder::new()
                .name("inspect".to_owned())
                .stack_size(STACK)
                .spawn_scoped(scope, work)
                .expect("a thread can be started");
        }
    });
    let mut parsed = parsed.into_inner().expect("no thread panics with the lock");
    parsed.sort_by_key(|(at, _)| *at);
    parsed.into_iter().map(|(_, file)| file).collect()
}

fn parse(root: &Path, path: &Path) -> Result<SourceFile, Error> {
    let text = std::fs::read_to_string(path).map_err(|source| Error::Read {
        path: path.to_owned(),
        source,
    })?;
    let syntax = syntax::read(&text);
    Ok(SourceFile::new(
        root,
        path.to_owned(),
        Arc::from(text),
        syntax,
    ))
}
