//! `cargo shakedown inspect`: output and exit codes.

use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};

use shakedown::cli::{self, Exit, Output};

use crate::cases::{Workspace, fixture};

#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Buffer {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

/// Exit, data and talk of `cargo shakedown inspect` with these arguments.
fn command(arguments: &[&str]) -> (Exit, String, String) {
    let (data, talk) = (Buffer::default(), Buffer::default());
    let mut output = Output::new(data.clone(), talk.clone());
    let words = ["cargo-shakedown", "shakedown", "inspect"]
        .iter()
        .chain(arguments);
    let exit = cli::run(words.map(Into::into), &mut output);
    (exit, data.text(), talk.text())
}

fn in_workspace(path: &Path, arguments: &[&str]) -> (Exit, String, String) {
    let manifest = path.join("Cargo.toml");
    let mut all = vec!["--manifest-path", manifest.to_str().unwrap()];
    all.extend(arguments);
    command(&all)
}

#[test]
fn its_help_says_everything() {
    let (exit, data, _) = command(&["--help"]);
    assert_eq!(exit, Exit::Fine);
    insta::assert_snapshot!(data);
}

#[test]
fn findings_are_exit_100_and_none_is_exit_0() {
    let (exit, data, talk) = in_workspace(
        &fixture("unguarded-spawn", "bad"),
        &["--rule", "unguarded-spawn"],
    );
    assert_eq!((exit, talk.as_str()), (Exit::Findings, ""));
    assert!(data.starts_with("error[unguarded-spawn]: "), "{data}");
    let (exit, _, _) = in_workspace(
        &fixture("unguarded-spawn", "good"),
        &["--rule", "unguarded-spawn"],
    );
    assert_eq!(exit, Exit::Fine);
}

#[test]
fn formats_are_chosen() {
    let path = fixture("ignored-without-reason", "bad");
    for (format, start) in [
        ("json", "{\n"),
        ("sarif", "{\n"),
        ("github", "::error file=tests/backup.rs,line=4"),
    ] {
        let (_, data, _) = in_workspace(&path, &["--format", format]);
        assert!(data.starts_with(start), "{data}");
    }
}

#[test]
fn an_unknown_rule_is_a_usage_error() {
    let (exit, _, talk) = command(&["--explain", "sleep-in-tests"]);
    assert_eq!(exit, Exit::Usage);
    assert_eq!(
        talk,
        "error: no rule `sleep-in-tests`; did you mean `sleep-in-test`?\nhelp: cargo shakedown inspect --list\n"
    );
    let (exit, _, _) = in_workspace(&fixture("fixed-port", "good"), &["--rule", "gone"]);
    assert_eq!(exit, Exit::Usage);
}

#[test]
fn rules_are_listed_and_explained() {
    insta::assert_snapshot!(command(&["--list"]).1);
    assert!(
        command(&["--explain", "fixed-port"])
            .1
            .starts_with("# fixed-port\n")
    );
}

#[test]
fn a_mistake_in_the_settings_is_a_usage_error_with_its_line() {
    let workspace = Workspace::of(&[
        ("src/lib.rs", ""),
        (".config/shakedown.toml", "[inspect]\nfast = 1\n"),
    ]);
    let (exit, _, talk) = in_workspace(workspace.path(), &[]);
    assert_eq!(exit, Exit::Usage);
    assert!(
        talk.contains(".config/shakedown.toml`, line 2: unknown field `fast`"),
        "{talk}"
    );
}

#[test]
fn a_baseline_shrinks_and_does_not_grow() {
    let one = "#[cfg(test)] mod tests { #[test] #[ignore] fn a() { assert!(true) } }";
    let two = "#[cfg(test)] mod tests { #[test] #[ignore] fn a() { assert!(true) } #[test] #[ignore] fn b() { assert!(true) } }";
    let workspace = Workspace::of(&[("src/lib.rs", one)]);
    assert_eq!(in_workspace(workspace.path(), &["--freeze"]).0, Exit::Fine);
    assert_eq!(in_workspace(workspace.path(), &[]).0, Exit::Fine);
    assert_eq!(
        in_workspace(workspace.path(), &["--no-baseline"]).0,
        Exit::Findings
    );
    workspace.put("src/lib.rs", two);
    assert_eq!(in_workspace(workspace.path(), &[]).0, Exit::Findings);
    let (exit, _, talk) = in_workspace(workspace.path(), &["--freeze"]);
    assert_eq!(exit, Exit::Findings);
    assert!(
        talk.starts_with("error: the baseline may only shrink, and 1 finding is not in it"),
        "{talk}"
    );
    workspace.put("src/lib.rs", "");
    assert_eq!(in_workspace(workspace.path(), &["--freeze"]).0, Exit::Fine);
    assert!(
        !workspace
            .read(".config/inspect-baseline.toml")
            .contains("[[frozen]]")
    );
}

#[test]
fn what_is_mechanical_is_fixed() {
    let workspace = Workspace::of(&[
        (
            ".config/nextest.toml",
            "[profile.default]\nslow-timeout = { period = \"9s\", terminate-after = 1 }\n",
        ),
        ("src/lib.rs", ""),
        (
            "tests/db.rs",
            "#[test]\n#[serial_test::serial]\nfn a() { assert!(true) }\n",
        ),
    ]);
    let (exit, _, talk) = in_workspace(workspace.path(), &["--fix"]);
    assert_eq!((exit, talk.as_str()), (Exit::Fine, "fixed 1\n"));
    assert_eq!(
        workspace.read("tests/db.rs"),
        "#[test]\nfn a() { assert!(true) }\n"
    );
}
