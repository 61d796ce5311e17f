//! Ctrl-C while something is measured or built.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use shakedown::fixtures::{Scratch, env_guard, poll, scratch};
use shakedown::workbook::latest;

/// A workspace with this configuration.
fn workspace(text: &str) -> Scratch {
    let directory = scratch();
    std::fs::create_dir(directory.join(".config")).unwrap();
    std::fs::write(directory.join(".config/shakedown.toml"), text).unwrap();
    directory
}

/// A command that says who it is, in the workspace, and never ends.
const NAP: &str = r#"["sh", "-c", "echo $$ > napping; exec sleep 600"]"#;

fn table(name: &str, command: &str) -> String {
    format!(
        "[phase.{name}]\ntarget = \"9 s\"\ngate = \"hard\"\nsamples = 2\n\
         run = {{ command = {command} }}\n"
    )
}

/// Runs the subcommand until the nap, sends `signal`, and waits for its end; the id of
/// the nap.
pub(crate) fn ended_by(signal: i32, arguments: &[&str], workspace: &Path) -> (Output, u32) {
    let running = Command::new(env!("CARGO_BIN_EXE_cargo-shakedown"))
        .arg("shakedown")
        .args(arguments)
        .current_dir(workspace)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let nap = poll::until(|| {
        let text = std::fs::read_to_string(workspace.join("napping")).unwrap_or_default();
        text.trim().parse().map_err(|error| format!("{error}"))
    });
    // SAFETY: only sends a signal, to a child that is waited for below.
    unsafe { libc::kill(running.id().cast_signed(), signal) };
    (running.wait_with_output().unwrap(), nap)
}

/// Whether the process is there and has not ended.
pub(crate) fn runs(id: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{id}/stat"));
    status.is_ok_and(|status| !status.contains(") Z "))
}

#[test]
fn what_runs_is_ended_and_what_was_measured_before_is_kept() {
    let text = table("ONE", "[\"true\"]") + &table("LONG", NAP) + &table("NEVER", "[\"true\"]");
    for signal in [libc::SIGINT, libc::SIGTERM] {
        let directory = workspace(&text);
        let (output, nap) = ended_by(signal, &["bench"], directory.path());
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(130), "{told}");
        assert!(!runs(nap), "{told}");
        assert!(told.ends_with("error: interrupted\n"), "{told}");
        let (_, artifact) = latest(&directory.join("development/bench-artifacts")).unwrap();
        let names: Vec<&str> = artifact.phases.iter().map(|of| of.phase.as_str()).collect();
        assert_eq!(names, ["ONE"]);
        // They did not fail: what an earlier artifact says of them still counts.
        assert!(artifact.missing.is_empty(), "{:?}", artifact.missing);
    }
}

#[test]
fn a_calibration_of_nothing_is_not_kept() {
    let directory = workspace(&table("LONG", NAP));
    let (output, nap) = ended_by(libc::SIGINT, &["calibrate"], directory.path());
    assert_eq!(output.status.code(), Some(130));
    assert!(!runs(nap));
    assert!(!directory.join("development").exists());
}

#[test]
fn nextest_is_ended_where_it_builds_for_long() {
    let directory = workspace(
        "[phase.ONE]\ntarget = \"9 s\"\ngate = \"hard\"\nsamples = 2\n", // a function
    );
    let cargo = directory.join("cargo");
    let script = "#!/bin/sh\necho $$ > napping\nexec sleep 600\n";
    std::fs::write(&cargo, script).unwrap();
    std::fs::set_permissions(&cargo, std::fs::Permissions::from_mode(0o755)).unwrap();
    let environment = env_guard();
    environment.set("CARGO", &cargo);
    let (output, nap) = ended_by(libc::SIGTERM, &["bench"], directory.path());
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    assert!(!runs(nap));
}

#[test]
fn a_build_ends_even_where_nobody_is_left_to_end_it() {
    let text = format!("[workbook]\nbuild = {NAP}\n") + &table("ONE", "[\"true\"]");
    let directory = workspace(&text);
    let (_, nap) = ended_by(libc::SIGKILL, &["bench"], directory.path());
    poll::until(|| !runs(nap));
}
