//! The tests of a workspace, as `cargo nextest list --message-format json`
//! prints them: a document with `rust-suites`, a map from binary id to a suite
//! with `binary-name`, `binary-path`, `kind`, `cwd` and `testcases`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use super::{Error, Output};
use crate::interrupt::end_with_this_process;
use crate::workbook::run_shown;

#[derive(Debug, Deserialize)]
pub(crate) struct Listing {
    #[serde(rename = "rust-suites")]
    pub(crate) suites: BTreeMap<String, Suite>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Suite {
    pub(crate) binary_name: String,
    pub(crate) binary_path: PathBuf,
    pub(crate) kind: String,
    pub(crate) cwd: PathBuf,
    #[serde(default)]
    pub(crate) testcases: BTreeMap<String, serde::de::IgnoredAny>,
}

impl Listing {
    /// Builds the tests of all tiers and lists them, with cargo's progress on
    /// standard error.
    pub(crate) fn of_workspace(
        manifest: Option<&Path>,
        output: &mut Output,
    ) -> Result<Self, Error> {
        Self::of_profile("all", output, |command| {
            if let Some(manifest) = manifest {
                command.arg("--manifest-path").arg(manifest);
            }
        })
    }

    /// Builds the tests that `choose` makes the command choose, and lists those that
    /// `profile` runs.
    pub(crate) fn of_profile(
        profile: &str,
        output: &mut Output,
        choose: impl FnOnce(&mut Command),
    ) -> Result<Self, Error> {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command.args([
            "nextest",
            "list",
            "--profile",
            profile,
            "--message-format",
            "json",
        ]);
        choose(&mut command);
        output.talk("listing the tests (builds them first)");
        end_with_this_process(&mut command);
        let listed = run_shown(&mut command).map_err(|source| Error::Spawn {
            program: "cargo nextest list".to_owned(),
            source,
        })?;
        let listed = listed.output;
        if !listed.status.success() {
            return Err(Error::Nextest {
                command: format!("cargo nextest list --profile {profile}"),
                status: listed.status,
            });
        }
        Self::parse(&listed.stdout, "`cargo nextest list`")
    }

    /// Reads a listing saved earlier.
    pub(crate) fn of_file(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read(path).map_err(|source| Error::Read {
            path: path.to_owned(),
            source,
        })?;
        Self::parse(&text, &format!("`{}`", path.display()))
    }

    fn parse(text: &[u8], origin: &str) -> Result<Self, Error> {
        serde_json::from_slice(text).map_err(|source| Error::Listing {
            origin: origin.to_owned(),
            source,
        })
    }
}
