//! samply, where perf is missing.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::{ProfileError, Target, Tool, Watched, target, wait};

/// Samples `target` with samply into `into`, a profile that `samply load` and
/// the Firefox profiler open.
///
/// # Errors
///
/// samply is missing, was refused or failed.
pub fn samply_attach(
    target: &Target,
    hertz: u32,
    duration: Duration,
    into: &Path,
    watched: Watched<'_>,
) -> Result<(), ProfileError> {
    let said = tempfile::NamedTempFile::new().map_err(|source| ProfileError::Write {
        path: std::env::temp_dir(),
        source,
    })?;
    let copy = said.reopen().map_err(|source| ProfileError::Write {
        path: said.path().to_owned(),
        source,
    })?;
    let mut command = Command::new(Tool::Samply.find()?);
    command
        .args([
            "record",
            "--save-only",
            "--no-open",
            "--rate",
            &hertz.to_string(),
        ])
        .args(["--pid", &target.pid.to_string(), "--output"])
        .arg(into)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(copy);
    let mut child = wait::start(&mut command)?;
    let ended = wait::until(&mut child, Some(duration), libc::SIGINT, watched);
    let (status, _) = ended.map_err(|source| ProfileError::Spawn {
        command: "samply".to_owned(),
        source,
    })?;
    if into.metadata().is_ok_and(|file| file.len() > 0) {
        return Ok(());
    }
    let text = std::fs::read_to_string(said.path()).unwrap_or_default();
    if target::is_refusal(&text) {
        return Err(target::refusal(target.pid, &text, Path::new("/")));
    }
    Err(ProfileError::Failed {
        command: wait::shown(&command),
        status: status.to_string(),
        text,
    })
}
