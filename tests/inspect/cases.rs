//! Small workspaces to inspect: the rules' fixtures, and others made of text.

use std::path::{Path, PathBuf};

use shakedown::inspect::{Inspection, Report, Settings, Source};

/// `fixtures/inspect/<rule>/<side>`.
pub(crate) fn fixture(rule: &str, side: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    root.join("fixtures/inspect").join(rule).join(side)
}

/// A workspace in a temporary directory.
pub(crate) struct Workspace {
    pub(crate) directory: tempfile::TempDir,
}

impl Workspace {
    /// Nothing.
    pub(crate) fn empty() -> Self {
        let directory = tempfile::tempdir().unwrap();
        Self { directory }
    }

    /// A package `sample` with these files.
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let workspace = Self::empty();
        workspace.put(
            "Cargo.toml",
            "[workspace]\n[package]\nname = \"sample\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[dependencies]\ntokio = \"1\"\n",
        );
        for (path, text) in files {
            workspace.put(path, text);
        }
        workspace
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn put(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path().join(path)).unwrap()
    }

    pub(crate) fn source(&self) -> Source {
        Source::at(self.path()).unwrap()
    }

    /// Everything that all rules find.
    pub(crate) fn inspect(&self) -> (Source, Report) {
        inspect(self.path())
    }
}

/// All files below a directory, sorted.
pub(crate) fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = directory.read_dir().unwrap().map(|it| it.unwrap().path());
    let mut found: Vec<PathBuf> = entries
        .flat_map(|path| {
            if path.is_dir() {
                files(&path)
            } else {
                vec![path]
            }
        })
        .collect();
    found.sort();
    found
}

/// Everything that all rules find in the workspace at `path`.
pub(crate) fn inspect(path: &Path) -> (Source, Report) {
    let source = Source::at(path).unwrap();
    let settings = Settings::of_workspace(source.root()).unwrap();
    let report = Inspection::new(&source, &settings).run().unwrap();
    (source, report)
}

/// The message that `check` panics with.
pub(crate) fn failure_of(check: impl FnOnce() + std::panic::UnwindSafe) -> String {
    let panic = std::panic::catch_unwind(check).expect_err("the check should have failed");
    panic
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string))
        .unwrap_or_default()
}
