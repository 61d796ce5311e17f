//! `feature-without-test`, against a git base.

use std::process::Command;

use shakedown::inspect::{Inspection, Report, Settings, Source};

use crate::cases::{Workspace, files, fixture};

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
    commit_all(&workspace);
    workspace
}

/// Makes a repository with everything in one commit.
fn commit_all(workspace: &Workspace) {
    git(workspace, &["init", "--quiet", "--initial-branch=main"]);
    git(workspace, &["add", "."]);
    git(workspace, &["commit", "--quiet", "--message=one"]);
}

fn found(workspace: &Workspace) -> Vec<String> {
    let (_, report) = since_main(workspace);
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

/// A repository whose first commit is the fixture's `base`, with the files of `side` on top.
fn fixture_repository(side: &str) -> Workspace {
    let workspace = Workspace::empty();
    for (part, commit) in [("base", true), (side, false)] {
        let directory = fixture("feature-without-test", part);
        for path in files(&directory) {
            let name = path.strip_prefix(&directory).unwrap().to_str().unwrap();
            workspace.put(name, &std::fs::read_to_string(&path).unwrap());
        }
        if commit {
            commit_all(&workspace);
        }
    }
    workspace
}

fn since_main(workspace: &Workspace) -> (Source, Report) {
    let source = workspace.source();
    let settings = Settings::default();
    let inspection = Inspection::new(&source, &settings).since("main");
    let only = inspection.only(["feature-without-test".to_owned()]);
    let report = only.run().unwrap();
    (source, report)
}

#[test]
fn finds_in_its_bad_fixture_what_it_is_for() {
    let (source, report) = since_main(&fixture_repository("bad"));
    let shown = report.human_with(&source, false, true);
    insta::assert_snapshot!("finds_feature-without-test", shown);
}

#[test]
fn finds_nothing_in_its_good_fixture() {
    let (source, report) = since_main(&fixture_repository("good"));
    assert!(report.findings.is_empty(), "{}", report.human(&source));
}

#[test]
fn an_item_that_moved_to_another_file_is_not_new() {
    let workspace = repository();
    git(&workspace, &["mv", "src/lib.rs", "src/other.rs"]);
    workspace.put("src/lib.rs", "mod other;\npub use other::old;\n");
    assert_eq!(found(&workspace), Vec::<String>::new());
}

#[test]
fn what_came_to_the_base_since_the_fork_is_not_of_this_change() {
    let workspace = repository();
    git(&workspace, &["checkout", "--quiet", "-b", "work"]);
    let text = workspace.read("src/lib.rs");
    workspace.put("src/lib.rs", &format!("pub fn mine() {{}}\n{text}"));
    git(
        &workspace,
        &["commit", "--quiet", "--all", "--message=mine"],
    );
    git(&workspace, &["checkout", "--quiet", "main"]);
    workspace.put(
        "src/lib.rs",
        &format!("pub fn mine() {{}}\npub fn theirs() {{}}\n{text}"),
    );
    git(
        &workspace,
        &["commit", "--quiet", "--all", "--message=theirs"],
    );
    git(&workspace, &["checkout", "--quiet", "work"]);
    assert_eq!(found(&workspace), ["mine"]);
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
