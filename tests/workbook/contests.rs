//! `gate --base` and `calibrate` over real commits and real processes.

use std::path::Path;
use std::process::Command;

use shakedown::fixtures::{Scratch, scratch};

use crate::subcommand::shakedown;

fn git(directory: &Path, arguments: &[&str]) {
    let output = Command::new("git")
        .args([
            "-c",
            "user.name=t",
            "-c",
            "user.email=t@example.org",
            "-c",
            "commit.gpgsign=false",
        ])
        .args(arguments)
        .current_dir(directory)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// A script that counts to `steps`, as a commit.
fn commit(directory: &Path, steps: u32, what: &str) {
    let script = format!("i=0\nwhile [ $i -lt {steps} ]; do i=$((i+1)); done\n");
    std::fs::write(directory.join("work.sh"), script).unwrap();
    git(directory, &["add", "-A"]);
    git(directory, &["commit", "-q", "--allow-empty", "-m", what]);
}

/// A repository whose phase runs the script; the path of its configuration.
fn repository() -> (Scratch, String) {
    let directory = scratch();
    git(directory.path(), &["init", "-q"]);
    std::fs::create_dir(directory.join(".config")).unwrap();
    let config = directory.join(".config/shakedown.toml");
    let text = "[phase.COUNT]\ntarget = \"10 s\"\ngate = \"hard\"\nsamples = 3\ntolerance = 0.5\n\
                run = { command = [\"sh\", \"work.sh\"] }\n";
    std::fs::write(&config, text).unwrap();
    std::fs::write(directory.join(".gitignore"), "target\ndevelopment\n").unwrap();
    let config = config.display().to_string();
    (directory, config)
}

#[test]
fn what_cannot_be_compared_is_told_and_the_rest_is_compared() {
    let (directory, config) = repository();
    let more = "[phase.ASK]\ntarget = \"1 s\"\ngate = \"hard\"\nsamples = 3\n\
                run = { http = \"GET http://127.0.0.1:1/\" }\n";
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, format!("{more}{text}")).unwrap();
    commit(directory.path(), 5_000, "as it was");
    commit(directory.path(), 20_000, "slower");
    let junit = directory.join("gate.xml").display().to_string();
    let text = shakedown(&[
        "gate", "--config", &config, "--base", "HEAD~1", "--junit", &junit,
    ]);
    assert!(text.starts_with("exit 100\n"), "{text}");
    assert!(
        text.contains("none   ASK: both sides would ask the same server"),
        "{text}"
    );
    let xml = std::fs::read_to_string(&junit).unwrap();
    let xml = roxmltree::Document::parse(&xml).unwrap();
    let suite = xml
        .descendants()
        .find(|node| node.has_tag_name("testsuite"))
        .unwrap();
    assert_eq!(suite.attribute("failures"), Some("1"));
    assert_eq!(suite.attribute("skipped"), Some("1"));
}

#[test]
fn a_base_that_was_left_half_checked_out_is_mended() {
    let (directory, config) = repository();
    commit(directory.path(), 5_000, "as it was");
    commit(directory.path(), 5_000, "the same");
    let gate = || shakedown(&["gate", "--config", &config, "--base", "HEAD~1"]);
    let text = gate();
    assert!(!text.contains("error"), "{text}");
    let bases = directory.join("target/shakedown/base");
    let base = std::fs::read_dir(&bases)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    std::fs::remove_file(base.join("work.sh")).unwrap();
    let text = gate();
    assert!(!text.contains("error"), "{text}");
    std::fs::remove_dir_all(&base).unwrap();
    let text = gate();
    assert!(!text.contains("error"), "{text}");
}

#[test]
fn a_commit_that_does_four_times_the_work_is_a_regression() {
    let (directory, config) = repository();
    commit(directory.path(), 5_000, "as it was");
    commit(directory.path(), 20_000, "slower");
    let text = shakedown(&["gate", "--config", &config, "--base", "HEAD~1"]);
    assert!(
        text.starts_with("exit 100\n") && text.contains("FAIL   COUNT: P95 +"),
        "{text}"
    );
    // The other way round it is an improvement, and the base is there already.
    let text = shakedown(&["gate", "--config", &config, "--base", "HEAD"]);
    assert!(!text.contains("FAIL"), "{text}");
    commit(directory.path(), 1_000, "faster");
    let text = shakedown(&[
        "gate", "--config", &config, "--base", "HEAD~1", "--format", "github",
    ]);
    assert!(
        text.starts_with("exit 0\n") && !text.contains("::error"),
        "{text}"
    );
}

#[test]
fn a_base_that_does_not_exist_is_an_error() {
    let (directory, config) = repository();
    commit(directory.path(), 10, "one");
    let text = shakedown(&["gate", "--config", &config, "--base", "no-such-branch"]);
    assert!(
        text.starts_with("exit 3\n") && text.contains("no-such-branch"),
        "{text}"
    );
    assert!(text.contains("help: is it a git repository"), "{text}");
}

#[test]
fn a_tolerance_tighter_than_the_noise_is_refused_from_then_on() {
    let (directory, config) = repository();
    commit(directory.path(), 1_000, "one");
    let tight = std::fs::read_to_string(&config)
        .unwrap()
        .replace("0.5", "0.00001");
    std::fs::write(&config, tight).unwrap();
    let text = shakedown(&["calibrate", "--config", &config, "--pairs", "8"]);
    assert!(
        text.starts_with("exit 100\n") && text.contains("REFUSE COUNT: its tolerance"),
        "{text}"
    );
    let text = shakedown(&["gate", "--config", &config, "--base", "HEAD"]);
    assert!(
        text.starts_with("exit 100\n") && text.contains("COUNT: not gated: its tolerance"),
        "{text}"
    );
    assert!(text.contains("no phase is left to gate"), "{text}");
}

#[test]
fn a_tolerance_above_the_noise_is_accepted() {
    let (directory, config) = repository();
    commit(directory.path(), 1_000, "one");
    let wide = std::fs::read_to_string(&config)
        .unwrap()
        .replace("0.5", "9.9");
    std::fs::write(&config, wide).unwrap();
    let text = shakedown(&["calibrate", "--config", &config, "--pairs", "4"]);
    assert!(
        text.starts_with("exit 0\n") && text.contains("ok     COUNT: tolerance 990.0%"),
        "{text}"
    );
}
