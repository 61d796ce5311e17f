//! `cargo shakedown bench`, `gate --base` and `calibrate` over Rust functions: on a
//! copy of the sample, built by the real cargo and listed by the real nextest.
//!
//! The copy and what is built of it are kept in the target directory, and its
//! commits have fixed dates: a base that was built once is not built again.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::junit::Ended;
use crate::nested::{self, Nested, nextest, sample, target};

/// A copy of the sample, as a repository of its own.
struct Copy {
    root: PathBuf,
    _alone: File,
}

impl Copy {
    /// A copy with all of it in one commit, for one test at a time: cargo tells
    /// workspaces that share a target directory apart by what is newer.
    fn new() -> Self {
        let all = target().join("sample-phases");
        std::fs::create_dir_all(&all).unwrap();
        let alone = File::create(all.join("lock")).unwrap();
        alone.lock().unwrap();
        let copy = Self {
            root: all.join("workspace"),
            _alone: alone,
        };
        let root = &copy.root;
        for entry in std::fs::read_dir(root).into_iter().flatten().flatten() {
            // What is built, and where git knows the base's checkout, stays.
            if entry.file_name() == ".git" || entry.file_name() == "target" {
                continue;
            }
            if entry.path().is_dir() {
                std::fs::remove_dir_all(entry.path()).unwrap();
            } else {
                std::fs::remove_file(entry.path()).unwrap();
            }
        }
        copy_all(&sample(), root);
        let shakedown = format!("path = {:?}", env!("CARGO_MANIFEST_DIR"));
        copy.edit("Cargo.toml", "path = \"../..\"", &shakedown);
        std::fs::write(root.join(".gitignore"), "target\ndevelopment\n").unwrap();
        copy.git(&["init", "--quiet"]);
        // A branch without a commit: the first one is the same every time.
        copy.git(&["update-ref", "-d", "HEAD"]);
        copy.commit("as it was");
        copy
    }

    fn edit(&self, file: &str, from: &str, to: &str) {
        let path = self.root.join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file} has no `{from}`");
        std::fs::write(&path, text.replacen(from, to, 1)).unwrap();
    }

    fn commit(&self, what: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", what]);
    }

    fn git(&self, arguments: &[&str]) -> String {
        let mut git = Command::new("git");
        without_hooks(&mut git);
        let output = git
            .args(["-c", "user.name=t", "-c", "user.email=t@example.org"])
            .args(["-c", "commit.gpgsign=false"])
            .args(arguments)
            .env("GIT_AUTHOR_DATE", "2026-01-01T10:00:00Z")
            .env("GIT_COMMITTER_DATE", "2026-01-01T10:00:00Z")
            .current_dir(&self.root)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "git {arguments:?}: {said}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// `cargo shakedown`, run in `directory` of the copy. The target directory is
    /// exported, as where many workspaces share one.
    fn shakedown(&self, directory: &str) -> Nested {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-shakedown"));
        nested::detach(&mut command);
        without_hooks(&mut command);
        command
            .arg("shakedown")
            .current_dir(self.root.join(directory))
            .env("CARGO_NET_OFFLINE", "true")
            .env("CARGO_TARGET_DIR", target().join("sample-phases/shared"));
        nested::other(command)
    }

    /// The artifact that was written last.
    fn artifact(&self) -> Value {
        let outcome = self
            .shakedown("")
            .args(["export", "--format", "json"])
            .run();
        outcome.exits(0);
        serde_json::from_str(&outcome.stdout).unwrap()
    }
}

/// Removes what git sets for a hook that runs the suite: every git would be that of
/// the repository of the hook.
fn without_hooks(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("GIT_") {
            command.env_remove(name);
        }
    }
}

/// Copies what git would track of a directory.
fn copy_all(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_name() == "target" {
            continue;
        }
        if entry.path().is_dir() {
            copy_all(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

#[test]
fn functions_are_measured_as_they_were_built_first_and_an_edit_is_told() {
    let copy = Copy::new();
    let code = copy.root.join("phases/src/lib.rs");
    // Below the workspace: it is found above.
    let outcome = copy
        .shakedown("phases/src")
        .env("SAMPLE_EDIT", &code)
        .args(["bench"])
        .run();
    outcome
        .exits(0)
        .says("phase 2 of 4: SUM, 20 samples")
        .says("SUM step")
        .says("SNAPSHOT: not measured: `camera` is not met: there is no camera")
        .says("micro-benchmark 1 of 1: add");
    let edited = std::fs::read_to_string(&code).unwrap();
    assert!(edited.contains("STATE: u32 = 2"), "{edited}");

    let artifact = copy.artifact();
    assert_eq!(artifact["revision"]["dirty"], true);
    let names = |list: &Value, key: &str| -> Vec<String> {
        let all = list.as_array().unwrap().iter();
        all.map(|of| of[key].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(
        names(&artifact["phases"], "phase"),
        ["EDIT", "SUM", "PROGRAM"]
    );
    assert_eq!(
        names(&artifact["phases"][1]["steps"], "name"),
        ["add", "check"]
    );
    assert_eq!(artifact["phases"][1]["build"], "dev");
    assert_eq!(names(&artifact["missing"], "phase"), ["SNAPSHOT"]);
    assert_eq!(names(&artifact["micro"], "name"), ["add"]);

    let unknown = copy.shakedown("").args(["bench", "--micro", "ad"]).run();
    unknown
        .exits(2)
        .says("error: no micro-benchmark `ad`; there are add");
    copy.shakedown("")
        .args(["gate"])
        .run()
        .exits(0)
        .says("ok   SUM (hard)")
        .says("none SNAPSHOT (soft): not measured: `camera` is not met");
}

#[test]
fn nextest_runs_phases_that_are_no_functions_too() {
    let filter = "test(=PROGRAM) | test(=SUM) | test(/^micro::/)";
    let outcome = nextest("bench", "sample-phases").args(["-E", filter]).run();
    outcome.exits(0);
    let passed = outcome.report.names(|ended| *ended == Ended::Passed);
    assert_eq!(passed, ["PROGRAM", "SUM", "micro::add"]);
}

#[test]
fn a_base_is_built_for_itself_also_where_all_share_a_target_directory() {
    let copy = Copy::new();
    // A step that the base does not know, and eight times the work.
    copy.edit("phases/src/lib.rs", "20_000", "160_000");
    let bench = "phases/tests/bench/main.rs";
    copy.edit(bench, "\"check\"", "\"look\"");
    copy.edit(".config/shakedown.toml", "\"check\"", "\"look\"");
    copy.edit(
        bench,
        "PROGRAM);",
        "PROGRAM);\nshakedown::phase!(FRESH = edit);",
    );
    let fresh = "[phase.FRESH]\ntarget = \"1 s\"\ngate = \"hard\"\nsamples = 3\n\n[phase.SUM]";
    copy.edit(".config/shakedown.toml", "[phase.SUM]", fresh);
    copy.commit("slower");

    let gate = ["gate", "--base", "HEAD~1"];
    let phases = ["--phase", "SUM", "--phase", "FRESH", "--phase", "SNAPSHOT"];
    copy.shakedown("")
        .args(gate.iter().chain(&phases))
        .run()
        .exits(100)
        .says("FAIL   SUM (hard): P95 +")
        .says("new    FRESH (hard): not compared: the base has no such phase")
        .says("none   SNAPSHOT (soft): not compared: `camera` is not met")
        .says("warning: this machine was not calibrated");

    let calibrate = [
        "calibrate",
        "--pairs",
        "4",
        "--phase",
        "SUM",
        "--phase",
        "SNAPSHOT",
    ];
    let calibrated = copy.shakedown("").args(calibrate).run();
    calibrated
        .says("SNAPSHOT: not calibrated: `camera` is not met")
        .says("noise-1.json")
        .says(" SUM: ");
}
