//! decnet's sniffer, held by its source: a capture has no end of its own, so no test may
//! run it to find out whether it starts.

use std::panic::AssertUnwindSafe;
use std::path::Path;

use shakedown::inspect::{Error, Inspection, SETTINGS_FILE, Settings, Source};

use crate::cases::{Workspace, failure_of, files};

/// The guard in decnet's lifespan.
const GUARD: &str = "if config.embed_sniffer {";

#[test]
fn the_sniffer_starts_and_runs_only_where_it_should() -> Result<(), Error> {
    let source = Source::workspace()?;
    source
        .function("decnet::api::lifespan")?
        .calls("sniffer::spawn")
        .are_guarded_by("embed_sniffer");
    source
        .static_table("decnet::sniffer::DISSECTORS")?
        .keys_are([
            "ethernet",
            "linux-sll",
            "linux-sll2",
            "loopback",
            "raw-ip",
            "vlan",
            "ipv4",
            "ipv6",
            "tcp",
            "tcp-syn",
            "tls-client-hello",
            "tls-server-hello",
        ]);
    source
        .module("decnet::sniffer")?
        .spawns_threads_only_in("decnet::sniffer::capture");
    source.tests().never_reach("decnet::sniffer::capture::run");

    let table = source.static_table("decnet::sniffer::DISSECTORS")?;
    table.keys_are_the_variants_of("decnet::sniffer::Protocol")?;
    // The live tier does run it: the search is not blind.
    let reaching = source.tests().may_reach("decnet::sniffer::capture::run");
    let live = |path: &String| path.starts_with("tests::live::sniffer::");
    assert!(reaching.iter().any(live), "{reaching:?}");
    Ok(())
}

/// decnet's sources as they are, in a workspace of their own, with `edit` made to one file,
/// and with this repository's settings of the rules about the sniffer.
fn copy(edited: &str, edit: impl Fn(&str) -> String) -> Workspace {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let workspace = Workspace::empty();
    workspace.put(
        "Cargo.toml",
        "[workspace]\n[package]\nname = \"decnet\"\nversion = \"0.0.0\"\nedition = \"2024\"\n",
    );
    let sources = root.join("fixtures/decnet");
    for path in files(&sources.join("src")) {
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.strip_prefix(&sources).unwrap().to_str().unwrap();
        workspace.put(name, &if name == edited { edit(&text) } else { text });
    }
    let settings = std::fs::read_to_string(root.join(SETTINGS_FILE)).unwrap();
    let settings: toml::Table = settings.parse().unwrap();
    let rules = &settings["inspect"]["rules"];
    let spawns = rules["unguarded-spawn"].clone();
    let kept = toml::toml! { [inspect.rules] };
    let mut kept = toml::Value::Table(kept);
    kept["inspect"]["rules"]
        .as_table_mut()
        .unwrap()
        .insert("unguarded-spawn".to_owned(), spawns);
    workspace.put(SETTINGS_FILE, &toml::to_string(&kept).unwrap());
    workspace
}

/// What the rule finds in a copy.
fn unguarded(source: &Source) -> (bool, String) {
    let settings = Settings::of_workspace(source.root()).unwrap();
    let inspection = Inspection::new(source, &settings).only(["unguarded-spawn".to_owned()]);
    let report = inspection.run().unwrap();
    (report.fails(), report.human(source))
}

#[test]
fn without_the_guard_the_rule_and_the_sentence_fail() {
    let removed = copy("src/api/lifespan.rs", |text| {
        assert_eq!(text.matches(GUARD).count(), 1);
        text.replace(GUARD, "{")
    });
    let source = removed.source();
    let (fails, shown) = unguarded(&source);
    assert!(fails, "{shown}");
    // What follows the excerpt counts the files and lines of decnet.
    let (excerpt, _) = shown.rsplit_once("\n\n").unwrap();
    insta::assert_snapshot!("rule_without_the_guard", excerpt);
    let lifespan = source.function("decnet::api::lifespan").unwrap();
    let calls = lifespan.calls("sniffer::spawn");
    let message = failure_of(AssertUnwindSafe(|| calls.are_guarded_by("embed_sniffer")));
    insta::assert_snapshot!("sentence_without_the_guard", message);
}

#[test]
fn a_guard_by_another_flag_is_none() {
    let other = copy("src/api/lifespan.rs", |text| {
        text.replace(GUARD, "if config.developer {")
    });
    assert!(unguarded(&other.source()).0);
}

#[test]
fn a_test_of_the_api_that_would_start_the_capture_is_found() {
    let started = copy("src/api/lifespan.rs", |text| {
        let test = "#[cfg(test)] mod tests { #[test] fn captures() { \
            let handle = crate::sniffer::spawn(&todo!(), |_| {}); assert!(handle.is_ok()) } }";
        format!("{text}\n{test}\n")
    });
    let source = started.source();
    let message = failure_of(AssertUnwindSafe(|| {
        source.tests().never_reach("decnet::sniffer::capture::run");
    }));
    let test = "test `decnet::api::lifespan::tests::captures` reaches";
    assert!(message.contains(test), "{message}");
}
