//! Small programs with planted functions, and the subcommand that profiles them.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use shakedown::{Failure, Result};

/// Builds `fixtures/profiles/<name>.rs` into `into`, with the debug information
/// of a release build.
pub(crate) fn program(name: &str, into: &Path) -> Result<PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/profiles/{name}.rs"));
    let program = into.join(name);
    let built = Command::new("rustc")
        .args([
            "--edition",
            "2024",
            "-O",
            "-C",
            "debuginfo=line-tables-only",
            "-o",
        ])
        .arg(&program)
        .arg(&source)
        .output()?;
    if !built.status.success() {
        let log = String::from_utf8_lossy(&built.stderr).into_owned();
        return Err(Failure::new(format!("`{name}` does not build:\n{log}")));
    }
    Ok(program)
}

/// What `cargo shakedown profile` did.
#[derive(Debug)]
pub(crate) struct Profiled {
    /// The page that it printed the path of.
    pub(crate) page: PathBuf,
    pub(crate) said: String,
}

impl Profiled {
    /// A file beside the page, with another ending.
    pub(crate) fn beside(&self, ending: &str) -> Result<String> {
        Ok(std::fs::read_to_string(self.page.with_extension(ending))?)
    }
}

/// Runs `cargo shakedown profile` with `arguments`, keeping profiles in `home`.
pub(crate) fn profile(
    home: &Path,
    environment: &[(&str, &str)],
    of: &str,
    arguments: &[&str],
) -> Result<Profiled> {
    let output: Output = Command::new(env!("CARGO_BIN_EXE_cargo-shakedown"))
        .args(["shakedown", "profile", of, "--directory"])
        .arg(home.join("flames"))
        .args(arguments)
        .envs(environment.iter().copied())
        .output()?;
    let data = String::from_utf8_lossy(&output.stdout).into_owned();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    // A program that is run prints before the page's path.
    let page = data.lines().last().unwrap_or_default();
    if !output.status.success() || !Path::new(page).is_file() {
        let status = output.status;
        return Err(Failure::new(format!("{status}\n{data}\n{said}")));
    }
    let page = page.into();
    Ok(Profiled { page, said })
}
