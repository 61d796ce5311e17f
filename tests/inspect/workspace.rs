//! This repository passes its own inspection; files that cannot be read are said.

use shakedown::inspect::Source;

use crate::cases::{Workspace, inspect};

#[test]
fn a_file_that_does_not_parse_is_a_warning() {
    let workspace = Workspace::of(&[("src/lib.rs", "mod broken;"), ("src/broken.rs", "fn a( {}")]);
    let (_, report) = workspace.inspect();
    assert_eq!(report.findings[0].rule, "unparsed-file");
    assert_eq!(report.findings[0].place.file, "src/broken.rs");
    assert!(!report.fails());
}

#[test]
fn a_directory_without_a_manifest_is_an_error() {
    let directory = tempfile::tempdir().unwrap();
    let error = Source::at(directory.path()).unwrap_err().to_string();
    assert!(error.starts_with("no `Cargo.toml` in `"), "{error}");
}

#[test]
fn members_are_found_by_pattern_and_by_path() {
    let workspace = Workspace::of(&[
        (
            "crates/a/Cargo.toml",
            "[package]\nname = \"a\"\n[dependencies]\nb-two = { path = \"../../b\" }\n",
        ),
        ("crates/a/src/lib.rs", "#[test] fn t() { b_two::sink() }"),
        ("b/Cargo.toml", "[package]\nname = \"b-two\"\n"),
        ("b/src/lib.rs", "pub fn sink() {}"),
    ]);
    workspace.put(
        "Cargo.toml",
        "[workspace]\nmembers = [\"crates/*\", \"b\"]\n",
    );
    let source = workspace.source();
    assert_eq!(source.tests().may_reach("b_two::sink"), ["a::t"]);
}

/// Whether a test that calls `body` is said to reach an endless loop.
#[track_caller]
fn check_loop(body: &str, endless: bool) {
    let text = format!("{body} #[test] fn probe() {{ run(); assert!(true) }}");
    let (_, report) = Workspace::of(&[("src/lib.rs", &text)]).inspect();
    let found = report
        .findings
        .iter()
        .any(|it| it.rule == "capture-loop-in-test");
    assert_eq!(found, endless, "{body}");
}

#[test]
fn a_loop_is_endless_only_if_nothing_leaves_it() {
    check_loop("fn run() { loop {} }", true);
    check_loop("fn run() { while true { println!(); } }", true);
    check_loop(
        "fn run() { loop { for i in 0..3 { if i == 2 { break } } } }",
        true,
    );
    check_loop(
        "fn run() { std::thread::spawn(|| loop { step() }); } fn step() {}",
        true,
    );
    check_loop(
        "fn run() { loop { if done() { break } } } fn done() -> bool { true }",
        false,
    );
    check_loop(
        "fn run() -> Option<u8> { loop { step()?; } } fn step() -> Option<u8> { None }",
        false,
    );
    check_loop("fn run() { 'a: loop { loop { break 'a } } }", false);
    check_loop("fn run() { loop { bail_if_done!() } }", false);
    check_loop("fn run() { loop { std::process::exit(1) } }", false);
    check_loop("fn run() { spawn(async { loop { tick().await } }) }", false);
}

#[test]
fn this_repository_passes_its_own_inspection() {
    let (source, report) = inspect(env!("CARGO_MANIFEST_DIR").as_ref());
    assert!(!report.fails(), "{}", report.human(&source));
    assert!(report.files > 50, "{} files", report.files);
}
