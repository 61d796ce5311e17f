//! A phase of the workbook that is a stress run: `cargo shakedown bench` runs a
//! test of this tier and judges the times that its record holds.

use std::path::Path;
use std::process::Command;

/// Where rustup and cargo keep their own things: all that a nested run gets of this one's.
const TOOLCHAIN: [&str; 3] = ["CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN"];

#[test]
fn a_stress_run_is_measured_as_a_phase() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-shakedown"));
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let of_this_run = ["NEXTEST", "CARGO", "RUST", "SHAKEDOWN", "STRESS"];
        if of_this_run.iter().any(|prefix| text.starts_with(prefix))
            && !TOOLCHAIN.contains(&text.as_ref())
        {
            command.env_remove(&name);
        }
    }
    // As in the run that this one is in, or everything would be built again.
    if let Some(incremental) = std::env::var_os("CARGO_INCREMENTAL") {
        command.env("CARGO_INCREMENTAL", incremental);
    }
    let output = command
        .args(["shakedown", "bench", "--dry-run"])
        .args(["--phase", "INGEST_P95", "--samples", "500"])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")))
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}\n{errors}");
    let row = text.lines().find(|line| line.starts_with("INGEST_P95 "));
    let cells: Vec<&str> = row.unwrap_or_default().split_whitespace().collect();
    let requests: u64 = cells.get(1).and_then(|cell| cell.parse().ok()).unwrap_or(0);
    assert!(requests >= 500, "{text}");
}
