//! `cargo shakedown story` and `cargo shakedown compare` as a user sees them.

use std::cell::RefCell;
use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::rc::Rc;

use shakedown::cli::{self, Exit, Output};

use crate::archives::fixture;

/// What a command printed.
#[derive(Clone, Default)]
struct Printed(Rc<RefCell<Vec<u8>>>);

impl Write for Printed {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Printed {
    fn text(&self) -> String {
        String::from_utf8(self.0.borrow().clone()).unwrap()
    }
}

fn shakedown(arguments: &[&str]) -> (Exit, String, String) {
    let (data, talk) = (Printed::default(), Printed::default());
    let arguments = ["cargo-shakedown"].iter().chain(arguments);
    let exit = cli::run(
        arguments.map(OsString::from),
        &mut Output::new(data.clone(), talk.clone()),
    );
    (exit, data.text(), talk.text())
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn help_says_what_each_flag_does() {
    for command in ["story", "compare"] {
        let (exit, data, _) = shakedown(&[command, "--help"]);
        assert_eq!(exit, Exit::Fine);
        insta::assert_snapshot!(format!("{command}_help"), data);
    }
}

#[test]
fn the_page_is_not_overwritten_by_the_markdown() {
    let directory = tempfile::tempdir().unwrap();
    let page = directory.path().join("Story.html");
    let (exit, _, talk) = shakedown(&["story", path(&fixture("names")), "--output", path(&page)]);
    assert_eq!(exit, Exit::Usage);
    assert!(
        talk.contains("name the Markdown, such as `Story.md`"),
        "{talk}"
    );
    assert!(!page.exists());
}

#[test]
fn the_story_is_printed_and_written_where_it_should_be() {
    let directory = tempfile::tempdir().unwrap();
    let story = directory.path().join("Story.md");
    let names = fixture("names");
    let (exit, data, talk) = shakedown(&[
        "story",
        path(&names),
        "--output",
        path(&story),
        "--title",
        "Ours",
    ]);
    assert_eq!(exit, Exit::Fine, "{talk}");
    assert!(data.contains("tracing: on → off"), "{data}");
    assert!(
        talk.contains("skipped: notes.csv: line 1, column 1"),
        "{talk}"
    );
    assert!(fs::read_to_string(&story).unwrap().starts_with("# Ours\n"));
    assert!(story.with_extension("html").exists());
    assert!(
        directory
            .path()
            .join("Story-plots/percentiles.svg")
            .exists()
    );
}

#[test]
fn a_skipped_file_is_a_finding_only_when_strict() {
    let names = fixture("names");
    let (exit, ..) = shakedown(&["story", path(&names), "--dry-run"]);
    assert_eq!(exit, Exit::Fine);
    let (exit, ..) = shakedown(&["story", path(&names), "--dry-run", "--strict"]);
    assert_eq!(exit.code(), 100);
}

#[test]
fn a_dry_run_writes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let profiles = directory.path().join("profiles");
    fs::create_dir(&profiles).unwrap();
    fs::copy(
        fixture("names").join("profile_800_c0ffee1.csv"),
        profiles.join("profile_800_c0ffee1.csv"),
    )
    .unwrap();
    let (exit, ..) = shakedown(&["story", path(&profiles), "--dry-run"]);
    assert_eq!(exit, Exit::Fine);
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    let (exit, ..) = shakedown(&["story", path(&profiles)]);
    assert_eq!(exit, Exit::Fine);
    assert!(directory.path().join("Performance-Story.md").exists());
}

#[test]
fn nothing_to_tell_is_an_error_with_help() {
    let empty = tempfile::tempdir().unwrap();
    let cases = [
        (path(empty.path()), Exit::Usage),
        ("no/such/profiles", Exit::InputOutput),
    ];
    for (directory, expected) in cases {
        let (exit, data, talk) = shakedown(&["story", directory]);
        assert_eq!(exit, expected);
        assert_eq!(data, "");
        assert!(
            talk.contains(directory) && talk.contains("help: "),
            "{talk}"
        );
    }
}

#[test]
fn settings_that_are_not_there_and_sides_that_are_not_are_errors_with_help() {
    let names = fixture("names");
    let run = names.join("profile_800_c0ffee1.csv");
    let cases: [&[&str]; 3] = [
        &["story", path(&names), "--dry-run", "--config", "typo.toml"],
        &["compare", path(&run), path(&run), "--config", "typo.toml"],
        &["compare", "no/such", path(&run)],
    ];
    for arguments in cases {
        let (exit, data, talk) = shakedown(arguments);
        assert_eq!(
            (exit, data.as_str()),
            (Exit::InputOutput, ""),
            "{arguments:?}"
        );
        let named = ["typo.toml", "no/such"]
            .iter()
            .any(|name| talk.contains(&format!("`{name}`")));
        assert!(named && talk.contains("help: "), "{talk}");
    }
}

#[test]
fn compare_prints_text_or_one_json_document() {
    let names = fixture("names");
    let (before, after) = (
        names.join("profile_800_c0ffee1.csv"),
        names.join("profile_800_notracing_c0ffee1.csv"),
    );
    let (exit, text, _) = shakedown(&["compare", path(&before), path(&after)]);
    assert_eq!(exit, Exit::Fine);
    assert!(text.contains("+18.8%"), "{text}");
    let (exit, json, talk) = shakedown(&["compare", path(&before), path(&after), "--json"]);
    assert_eq!((exit, talk.as_str()), (Exit::Fine, ""));
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["deltas"][0]["metric"], "requests");
}
