//! `gate --base` and `calibrate` over real commits and real processes.

use std::path::Path;
use std::process::Command;

use shakedown::fixtures::{Scratch, scratch};
use shakedown::workbook::Revision;

use crate::interrupted::{ended_by, runs};
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
        // As a hook of git sets them, which may run this suite.
        .env_remove("GIT_DIR")
        .env_remove("GIT_WORK_TREE")
        .env_remove("GIT_INDEX_FILE")
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

fn edit(config: &str, from: &str, to: &str) {
    let text = std::fs::read_to_string(config).unwrap();
    assert!(text.contains(from), "{text}");
    std::fs::write(config, text.replace(from, to)).unwrap();
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
        text.contains("FAIL   ASK (hard): not compared: both sides would ask the same server"),
        "{text}"
    );
    assert!(text.contains("FAIL   COUNT (hard): P95 +"), "{text}");
    assert!(
        text.contains("warning: this machine was not calibrated: `cargo shakedown calibrate`"),
        "{text}"
    );
    let xml = std::fs::read_to_string(&junit).unwrap();
    let xml = roxmltree::Document::parse(&xml).unwrap();
    let suite = xml
        .descendants()
        .find(|node| node.has_tag_name("testsuite"))
        .unwrap();
    assert_eq!(suite.attribute("failures"), Some("2"));
    assert_eq!(suite.attribute("skipped"), Some("0"));
}

#[test]
fn a_soft_phase_that_is_slower_holds_the_gate_and_leaves_a_ticket() {
    let (directory, config) = repository();
    edit(&config, "\"hard\"", "\"soft\"");
    commit(directory.path(), 5_000, "as it was");
    commit(directory.path(), 20_000, "slower");
    let gate = ["gate", "--config", &config, "--base", "HEAD~1"];
    let text = shakedown(&gate);
    assert!(
        text.starts_with("exit 0\n") && text.contains("slower COUNT (soft): P95 +"),
        "{text}"
    );
    let tickets = directory.join("development/bench-artifacts/tickets");
    let tickets: Vec<_> = std::fs::read_dir(tickets).unwrap().collect();
    assert_eq!(tickets.len(), 1);
}

#[test]
fn a_workspace_below_the_top_of_its_repository_has_its_base_there_too() {
    let (directory, _) = repository();
    let workspace = directory.join("services/one");
    std::fs::create_dir_all(&workspace).unwrap();
    for part in [".config", ".gitignore"] {
        std::fs::rename(directory.join(part), workspace.join(part)).unwrap();
    }
    let config = workspace
        .join(".config/shakedown.toml")
        .display()
        .to_string();
    commit(&workspace, 5_000, "as it was");
    commit(&workspace, 20_000, "slower");
    let text = shakedown(&["gate", "--config", &config, "--base", "HEAD~1"]);
    assert!(
        text.starts_with("exit 100\n") && text.contains("FAIL   COUNT (hard): P95 +"),
        "{text}"
    );
}

#[test]
fn only_the_last_two_checkouts_of_bases_are_kept() {
    let (directory, config) = repository();
    for what in ["one", "two", "three", "four"] {
        commit(directory.path(), 100, what);
    }
    let bases = directory.join("target/shakedown/base");
    let gate = |base: &str| {
        let text = shakedown(&["gate", "--config", &config, "--base", base]);
        assert!(!text.contains("error"), "{text}");
        let entries = std::fs::read_dir(&bases)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        let mut names: Vec<_> = entries.filter(|path| path.is_dir()).collect();
        names.sort();
        names
    };
    let first = gate("HEAD~3");
    gate("HEAD~2");
    let last = gate("HEAD~1");
    assert_eq!((first.len(), last.len()), (1, 2));
    assert!(!last.contains(&first[0]), "{first:?} {last:?}");
}

#[test]
fn an_artifact_as_a_base_must_say_which_code_it_was() {
    let (directory, config) = repository();
    commit(directory.path(), 5_000, "one");
    let base = |revision: Revision| {
        let mut artifact = crate::archive::artifact("2026-03-01T10:00:00Z");
        artifact.revision = revision;
        let path = artifact
            .write(&directory.join("development/bases"))
            .unwrap();
        let path = path.display().to_string();
        shakedown(&["gate", "--config", &config, "--base", &path])
    };
    let text = base(Revision::of("unknown", false));
    assert!(
        text.starts_with("exit 2\n") && text.contains("does not say which commit was measured"),
        "{text}"
    );
    assert!(text.contains("help: name a revision"), "{text}");
    let text = base(Revision::of("HEAD", true));
    assert!(
        text.contains("was measured with changes that no commit holds: the base is commit HEAD"),
        "{text}"
    );
}

#[test]
fn a_phase_that_fails_does_not_lose_the_calibration_of_the_others() {
    let (directory, config) = repository();
    let broken = "[phase.BROKEN]\ntarget = \"1 s\"\ngate = \"hard\"\nsamples = 3\n\
                  run = { command = [\"false\"] }\n[phase.COUNT]";
    edit(&config, "[phase.COUNT]", broken);
    edit(&config, "tolerance = 0.5", "tolerance = 9.9");
    commit(directory.path(), 1_000, "one");
    let text = shakedown(&["calibrate", "--config", &config, "--pairs", "4"]);
    assert!(
        text.starts_with("exit 3\n") && text.contains("error: phase `BROKEN`"),
        "{text}"
    );
    assert!(
        text.contains("none   BROKEN: not calibrated") && text.contains("ok     COUNT: tolerance"),
        "{text}"
    );
    assert!(text.contains("noise-1.json"), "{text}");
    let text = shakedown(&["gate", "--config", &config, "--base", "HEAD"]);
    assert!(
        text.contains("not calibrated on this machine: BROKEN"),
        "{text}"
    );
    // The failure was meant to be: no evidence of it is kept.
    directory.close().unwrap();
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
    let mut entries = std::fs::read_dir(&bases).unwrap();
    let base = entries
        .find_map(|entry| Some(entry.unwrap().path()).filter(|path| path.is_dir()))
        .unwrap();
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
        text.starts_with("exit 100\n") && text.contains("FAIL   COUNT (hard): P95 +"),
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
        text.starts_with("exit 100\n")
            && text.contains("FAIL   COUNT (hard): not compared: its tolerance"),
        "{text}"
    );
    assert!(
        text.contains("no phase can be compared, so nothing is built"),
        "{text}"
    );
    edit(&config, "\"hard\"", "\"soft\"");
    let junit = directory.join("gate.xml").display().to_string();
    let text = shakedown(&[
        "gate", "--config", &config, "--base", "HEAD", "--format", "github", "--junit", &junit,
    ]);
    assert!(
        text.starts_with("exit 0\n")
            && text.contains("::warning title=phase COUNT::not compared: its tolerance"),
        "{text}"
    );
    let xml = std::fs::read_to_string(&junit).unwrap();
    assert!(
        xml.contains("<skipped message=\"not compared: its tolerance"),
        "{xml}"
    );
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

#[test]
fn a_hard_phase_that_the_base_does_not_have_does_not_fail() {
    let (directory, config) = repository();
    commit(directory.path(), 1_000, "as it was");
    let fresh = "[phase.FRESH]\ntarget = \"10 s\"\ngate = \"hard\"\nsamples = 3\n\
                 run = { command = [\"sh\", \"fresh.sh\"] }\n[phase.COUNT]";
    edit(&config, "[phase.COUNT]", fresh);
    edit(
        &config,
        "\"hard\"\nsamples = 3\ntolerance",
        "\"soft\"\nsamples = 3\ntolerance",
    );
    std::fs::write(directory.join("fresh.sh"), "true\n").unwrap();
    commit(directory.path(), 1_000, "one more phase");
    let gate = ["gate", "--config", &config, "--base", "HEAD~1"];
    let text = shakedown(&gate);
    assert!(text.starts_with("exit 0\n"), "{text}");
    let says = "new    FRESH (hard): not compared: the base has no such phase";
    assert!(text.contains(says), "{text}");
    assert!(!text.contains("new    COUNT"), "{text}");
}

#[test]
fn a_base_without_a_configuration_has_no_phase() {
    let (directory, config) = repository();
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::remove_file(&config).unwrap();
    commit(directory.path(), 1_000, "no phase yet");
    std::fs::write(&config, text).unwrap();
    commit(directory.path(), 1_000, "the first one");
    let text = shakedown(&["gate", "--config", &config, "--base", "HEAD~1"]);
    assert!(
        text.starts_with("exit 0\n") && text.contains("new    COUNT (hard): not compared"),
        "{text}"
    );
}

#[test]
fn a_wait_that_did_not_wait_is_not_compared() {
    let (directory, config) = repository();
    edit(
        &config,
        "target = \"10 s\"",
        "target = \"60 s\"\nat-least = \"50 s\"",
    );
    commit(directory.path(), 10, "as it was");
    commit(directory.path(), 10, "the same");
    let text = shakedown(&["gate", "--config", &config, "--base", "HEAD~1"]);
    assert!(
        text.starts_with("exit 100\n")
            && text.contains("and none may take less than 50.0s")
            && text.contains("FAIL   COUNT (hard): not compared: it failed"),
        "{text}"
    );
}

#[test]
fn a_configuration_beside_the_workspace_has_its_base_in_the_same_place() {
    let (directory, config) = repository();
    let own = directory.join("bench.toml");
    std::fs::rename(&config, &own).unwrap();
    commit(directory.path(), 5_000, "as it was");
    commit(directory.path(), 20_000, "slower");
    let own = own.display().to_string();
    let text = shakedown(&["gate", "--config", &own, "--base", "HEAD~1"]);
    assert!(
        text.starts_with("exit 100\n") && text.contains("FAIL   COUNT (hard): P95 +"),
        "{text}"
    );
    assert!(directory.join("target/shakedown/base").is_dir());
}

#[test]
fn a_calibration_of_other_runs_is_told() {
    let (directory, config) = repository();
    commit(directory.path(), 1_000, "one");
    edit(&config, "tolerance = 0.5", "tolerance = 9.9");
    let calibrate = [
        "calibrate",
        "--config",
        &config,
        "--pairs",
        "4",
        "--samples",
        "5",
    ];
    shakedown(&calibrate);
    let gate = |samples: &str| {
        let gate = ["gate", "--config", &config, "--base", "HEAD", "--samples"];
        shakedown(&[&gate[..], &[samples]].concat())
    };
    let warning = "warning: COUNT: runs of 5 samples were calibrated, and these have 3";
    let text = gate("3");
    assert!(text.contains(warning), "{text}");
    let text = gate("5");
    assert!(!text.contains("were calibrated"), "{text}");
}

#[test]
fn a_broken_calibration_is_told_and_holds_up_nothing() {
    let (directory, config) = repository();
    edit(&config, "\"hard\"", "\"soft\"");
    commit(directory.path(), 100, "one");
    let day = directory.join("development/bench-artifacts/2026-01-01");
    std::fs::create_dir_all(&day).unwrap();
    std::fs::write(day.join("noise-1.json"), "{ cut off").unwrap();
    let text = shakedown(&["gate", "--config", &config, "--base", "HEAD"]);
    assert!(
        text.starts_with("exit 0\n") && text.contains("noise-1.json` is no calibration"),
        "{text}"
    );
}

/// As [`commit`], of any script.
fn commit_script(directory: &Path, script: &str) {
    std::fs::write(directory.join("work.sh"), script).unwrap();
    std::fs::write(directory.join("notes"), "").unwrap();
    git(directory, &["add", "-A"]);
    git(directory, &["commit", "-q", "-m", "any"]);
}

#[test]
fn changes_that_were_not_measured_are_told() {
    let (directory, config) = repository();
    commit(directory.path(), 100, "one");
    shakedown(&["bench", "--config", &config]);
    let gate = || shakedown(&["gate", "--config", &config]);
    let (warning, changes) = ("changes that were not measured", "(with changes)");
    let text = gate();
    assert!(
        text.starts_with("exit 0\n") && !text.contains(warning) && !text.contains(changes),
        "{text}"
    );
    std::fs::write(directory.join("work.sh"), "true\n").unwrap();
    let text = gate();
    assert!(text.contains(warning) && !text.contains(changes), "{text}");
    // What was measured with changes says so, and they were measured.
    shakedown(&["bench", "--config", &config]);
    let text = gate();
    assert!(!text.contains(warning) && text.contains(changes), "{text}");
}

#[test]
fn what_is_edited_during_a_comparison_is_told() {
    let (directory, config) = repository();
    let warning = "warning: files were edited or committed meanwhile";
    let gate = || shakedown(&["gate", "--config", &config, "--base", "HEAD"]);
    commit_script(directory.path(), "true\n");
    let text = gate();
    assert!(
        text.contains("COUNT (hard): P95 ") && !text.contains(warning),
        "{text}"
    );
    commit_script(directory.path(), "echo edited >> notes\n");
    let text = gate();
    assert!(
        text.contains("COUNT (hard): P95 ") && text.contains(warning),
        "{text}"
    );
}

#[test]
fn a_comparison_that_is_interrupted_judges_nothing() {
    let (directory, _) = repository();
    let place = directory.join("napping").display().to_string();
    commit_script(
        directory.path(),
        &format!("echo $$ > '{place}'\nexec sleep 600\n"),
    );
    let gate = ["gate", "--base", "HEAD"];
    let (output, nap) = ended_by(libc::SIGINT, &gate, directory.path());
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{told}");
    assert!(
        !runs(nap) && told.ends_with("error: interrupted\n"),
        "{told}"
    );
    assert!(output.stdout.is_empty(), "{output:?}");
}
