//! Prometheus itself reads what `cargo shakedown export` writes.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use shakedown::workbook::{Artifact, prometheus};

/// Whether Debian's `promtool` is here.
pub(crate) fn promtool_here() -> Result<(), String> {
    Command::new("promtool")
        .arg("--version")
        .output()
        .map(drop)
        .map_err(|error| format!("`promtool` does not start: {error} (Debian: prometheus)"))
}

#[test]
fn promtool_finds_nothing_to_complain_about() -> shakedown::Result {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let published = root.join("fixtures/workbook/bench-artifacts/2025-07-14/phase-stats.json");
    let mut artifact = Artifact::read(&published)?;
    // With every kind of metric: a histogram, and a name that must be quoted.
    let mut times = shakedown::workbook::Histogram::new();
    (1..1_000).for_each(|n| times.record(n * 100));
    artifact.phases[0].histogram = Some(times);
    artifact.rig.machine.cpu_model = "a \"quoted\" \\ model".to_owned();
    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    if let Some(mut stdin) = promtool.stdin.take() {
        stdin.write_all(prometheus(&artifact).as_bytes())?;
    }
    let output = promtool.wait_with_output()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        output.status.success() && said.trim().is_empty(),
        "{}: {said}",
        output.status
    );
    Ok(())
}
