//! `cargo shakedown tiers` on a listing that was saved, and on bad ones.

use std::path::Path;

use shakedown::fixtures::scratch;

use crate::invocation::shakedown;

const LISTING: &str = r#"{"rust-suites": {
    "svc::api": {"binary-name": "api", "binary-path": "/bin/true", "kind": "test", "cwd": "/",
        "testcases": {"reads": {}, "m_stress::holds": {}}},
    "svc::fuzz": {"binary-name": "fuzz", "binary-path": "/bin/true", "kind": "test", "cwd": "/",
        "testcases": {"parses": {}}},
    "svc::docker": {"binary-name": "docker", "binary-path": "NEEDY", "kind": "test", "cwd": "/",
        "testcases": {"builds": {}}}
}}"#;

/// A stand-in for a test binary whose `requires!` is unmet.
const NEEDY: &str =
    "#!/bin/sh\nprintf 'docker\\tunmet\\tno engine\\n' >> \"$SHAKEDOWN_REQUIREMENTS\"\n";

fn saved_listing(directory: &Path) -> String {
    use std::os::unix::fs::PermissionsExt as _;
    let needy = directory.join("needy");
    std::fs::write(&needy, NEEDY).unwrap();
    std::fs::set_permissions(&needy, std::fs::Permissions::from_mode(0o755)).unwrap();
    let listing = directory.join("list.json");
    let text = LISTING.replace("NEEDY", needy.to_str().unwrap());
    std::fs::write(&listing, text).unwrap();
    listing.to_str().unwrap().to_owned()
}

#[test]
fn help_says_what_is_built_and_run() {
    insta::assert_snapshot!(shakedown(&["tiers", "--help"]));
}

#[test]
fn the_table_counts_tests_and_says_what_is_not_met() {
    let scratch = scratch();
    let listing = saved_listing(scratch.path());
    insta::assert_snapshot!(shakedown(&["tiers", "--from-listing", &listing]));
}

#[test]
fn json_has_the_same_rows() {
    let scratch = scratch();
    let listing = saved_listing(scratch.path());
    insta::assert_snapshot!(shakedown(&[
        "tiers",
        "--format",
        "json",
        "--from-listing",
        &listing
    ]));
}

#[test]
fn a_listing_that_is_no_json_says_where_and_what_to_do() {
    let scratch = scratch();
    let path = scratch.path().join("list.json");
    std::fs::write(&path, "error: no such profile").unwrap();
    let shown = shakedown(&["tiers", "--from-listing", path.to_str().unwrap()]);
    insta::assert_snapshot!(shown.replace(scratch.path().to_str().unwrap(), "<scratch>"));
}

#[test]
fn a_missing_listing_is_an_input_output_error() {
    insta::assert_snapshot!(shakedown(&[
        "tiers",
        "--from-listing",
        "/nonexistent/list.json"
    ]));
}
