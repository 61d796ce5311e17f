//! One source file: its text, its syntax, its lines.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::inspect::syntax::{FileSyntax, ParseFailure};

/// Index into the model's files.
pub(crate) type FileId = usize;

/// A file that some target includes.
#[derive(Debug)]
pub(crate) struct SourceFile {
    /// relative to the workspace's root, with `/`
    pub(crate) path: String,
    pub(crate) absolute: PathBuf,
    pub(crate) text: Arc<str>,
    pub(crate) syntax: Result<Arc<FileSyntax>, ParseFailure>,
    lines: Vec<usize>,
}

impl SourceFile {
    pub(crate) fn new(
        root: &Path,
        absolute: PathBuf,
        text: Arc<str>,
        syntax: Result<FileSyntax, ParseFailure>,
    ) -> Self {
        let lines = std::iter::once(0)
            .chain(text.match_indices('\n').map(|(at, _)| at + 1))
            .collect();
        Self {
            path: relative(root, &absolute),
            absolute,
            text,
            syntax: syntax.map(Arc::new),
            lines,
        }
    }

    /// Line and column, both from 1; columns count characters.
    pub(crate) fn position(&self, offset: usize) -> (usize, usize) {
        let line = self.lines.partition_point(|start| *start <= offset);
        let start = self.lines[line - 1];
        let column = self
            .text
            .get(start..offset)
            .map_or(0, |it| it.chars().count());
        (line, column + 1)
    }

    pub(crate) fn line_count(&self) -> usize {
        self.lines.len()
    }
}

/// `path` under `root`, with `/` between its parts.
pub(crate) fn relative(root: &Path, path: &Path) -> String {
    let path = path.strip_prefix(root).unwrap_or(path);
    let parts: Vec<_> = path
        .components()
        .map(|part| part.as_os_str().to_string_lossy())
        .collect();
    parts.join("/").replacen("//", "/", 1)
}
