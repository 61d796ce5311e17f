//! `feature-without-test`, against a git base.

use std::process::Command;

use shakedown::inspect::{Inspection, Settings};

use crate::cases::Workspace;

fn git(workspace: &Workspace, arguments: &[&str]) {
    let output = Command::new("git")
        .args([
            "-c",
            "user.name=t",
            "-c",
            "user.email=t@example.invalid",
            "-c",
            "commit.gpgsign=false",
        ])
        .args(arguments)
        .current_dir(workspace.path())
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

fn repository() -> Workspace {
    let workspace = Workspace::of(&[
        (
            "src/lib.rs",
            "pub fn old() {}\n#[cfg(test)] mod tests { #[test] fn works() { super::old(); assert!(true) } }\n",
        ),
        ("tests/api.rs", "#[test] fn works() { assert!(true) }\n"),
    ]);
    git(&workspace, &["init", "--quiet", "--initial-branch=main"]);
    git(&workspace, &["add", "."]);
    git(&workspace, &["commit", "--quiet", "--message=one"]);
    workspace
}

fn found(workspace: &Workspace) -> Vec<String> {
    let source = workspace.source();
    let settings = Settings::default();
    let inspection = Inspection::new(&source, &settings).since("main");
    let report = inspection
        .only(["feature-without-test".to_owned()])
        .run()
        .unwrap();
    report.findings.into_iter().map(|it| it.subject).collect()
}

#[test]
fn new_public_items_without_a_test_are_found() {
    let workspace = repository();
    assert_eq!(found(&workspace), Vec::<String>::new());
    let text = workspace.read("src/lib.rs");
    workspace.put("src/lib.rs", &format!("pub fn new() {{}}\npub struct S; impl S {{ pub fn go() {{}} fn own() {{}} }}\nfn hidden() {{}}\n{text}"));
    assert_eq!(found(&workspace), ["new", "S", "S::go"]);
}

#[test]
fn a_test_that_changed_with_them_is_enough() {
    let workspace = repository();
    let text = workspace.read("src/lib.rs");
    workspace.put("src/lib.rs", &format!("pub fn new() {{}}\n{text}"));
    workspace.put(
        "tests/api.rs",
        "#[test] fn works() { sample::new(); assert!(true) }\n",
    );
    assert_eq!(found(&workspace), Vec::<String>::new());
    let workspace = repository();
    let text = workspace
        .read("src/lib.rs")
        .replace("super::old()", "super::new()");
    workspace.put("src/lib.rs", &format!("pub fn new() {{}}\n{text}"));
    assert_eq!(found(&workspace), Vec::<String>::new());
}

#[test]
fn an_unknown_base_is_an_error() {
    let workspace = repository();
    let source = workspace.source();
    let settings = Settings::default();
    let error = Inspection::new(&source, &settings)
        .since("gone")
        .run()
        .unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("`git merge-base gone HEAD` failed"),
        "{error}"
    );
}
