//! The sentences that tests write.

use std::panic::AssertUnwindSafe;

use shakedown::inspect::Source;

use crate::cases::{Workspace, failure_of, fixture};

fn fails(check: impl FnOnce()) -> String {
    failure_of(AssertUnwindSafe(check))
}

#[test]
fn a_guarded_call_is_guarded() {
    let source = Source::at(fixture("unguarded-spawn", "good")).unwrap();
    let lifespan = source.function("sample::api::lifespan").unwrap();
    lifespan
        .calls("sniffer::spawn")
        .are_guarded_by("embed_sniffer");
}

#[test]
fn removing_the_guard_fails_with_the_way_to_the_call() {
    let source = Source::at(fixture("unguarded-spawn", "bad")).unwrap();
    let lifespan = source.function("api::lifespan").unwrap();
    let message = fails(|| {
        lifespan
            .calls("sniffer::spawn")
            .are_guarded_by("embed_sniffer");
    });
    insta::assert_snapshot!(message);
}

/// Whether `body` calls `start` only if `flag` is on.
#[track_caller]
fn check_guard(body: &str, guarded: bool) {
    let text = format!(
        "pub struct Config {{ pub flag: bool, pub other: bool, pub handle: Option<u8> }} \
         pub fn start() {{}} pub fn life(config: &Config) {{ {body} }}"
    );
    let source = Workspace::of(&[("src/lib.rs", &text)]).source();
    let calls = source.function("life").unwrap().calls("sample::start");
    let outcome = std::panic::catch_unwind(AssertUnwindSafe(|| calls.are_guarded_by("flag")));
    assert_eq!(outcome.is_ok(), guarded, "{body}");
}

#[test]
fn conditions_that_prove_a_flag() {
    check_guard("if config.flag { start() }", true);
    check_guard("if config.other && config.flag { start() }", true);
    check_guard(
        "if config.other { if config.flag == true { start() } }",
        true,
    );
    check_guard("if !config.flag { return; } start()", true);
    check_guard("if !config.flag || config.other { return; } start()", true);
    check_guard("if !config.flag { } else { start() }", true);
    check_guard("let on = config.flag; if on { start() }", true);
    check_guard(
        "let on = config.flag && config.other; if on { start() }",
        true,
    );
    check_guard("config.flag.then(start);", true);
    check_guard("config.flag.then(|| start());", true);
    check_guard("match config.flag { true => start(), false => {} }", true);
    check_guard(
        "match config.other { _ if config.flag => start(), _ => {} }",
        true,
    );
    check_guard("let _ = config.flag && { start(); true };", true);
    check_guard("while config.flag { start() }", true);
    check_guard("if std::env::var(\"flag\").is_ok() { start() }", true);
    check_guard(
        "if let Config { flag: true, .. } = config { if config.flag { start() } }",
        true,
    );
}

#[test]
fn conditions_that_prove_nothing() {
    check_guard("start()", false);
    check_guard("if config.other { start() }", false);
    check_guard("if config.flag || config.other { start() }", false);
    check_guard("if !config.flag { start() }", false);
    check_guard("if config.flag { } else { start() }", false);
    check_guard("if config.flag { return; } start()", false);
    check_guard("if config.flag { } start()", false);
    check_guard("if !config.flag { println!(); } start()", false);
    check_guard("match config.flag { true => {} false => start() }", false);
    check_guard("config.flag.then(|| ()); start();", false);
    check_guard("if config.flag == false { start() }", false);
    check_guard("if config.flag { start() } start()", false);
}

#[test]
fn an_option_guards_like_a_flag() {
    let text = "pub struct Config { pub handle: Option<u8> } pub fn start() {} \
        pub fn a(config: &Config) { if let Some(_) = config.handle { start() } } \
        pub fn b(config: &Config) { let Some(_) = config.handle else { return }; start() } \
        pub fn c(config: &Config) { if config.handle.is_none() { return; } start() }";
    let source = Workspace::of(&[("src/lib.rs", text)]).source();
    for name in ["a", "b", "c"] {
        let function = source.function(&format!("sample::{name}")).unwrap();
        function.calls("start").are_guarded_by("handle");
    }
}

#[test]
fn a_check_that_checks_nothing_fails() {
    let source = Source::at(fixture("unguarded-spawn", "good")).unwrap();
    let lifespan = source.function("lifespan").unwrap();
    let message = fails(|| {
        let _ = lifespan.calls("std::process::exit");
    });
    assert_eq!(message, "no function `std::process::exit` in the workspace");
    let begin = source.function("api::begin").unwrap();
    let message = fails(|| {
        let _ = begin.calls("api::lifespan");
    });
    assert!(message.ends_with("there is nothing to check"), "{message}");
}

#[test]
fn an_unknown_or_ambiguous_name_is_an_error() {
    let source = Source::at(fixture("unguarded-spawn", "good")).unwrap();
    let error = source.function("api::lifespam").unwrap_err();
    assert_eq!(
        error.to_string(),
        "no function `api::lifespam` in the workspace; did you mean `sample::api::lifespan`?"
    );
    let twice =
        Workspace::of(&[("src/lib.rs", "mod a { fn f() {} } mod b { fn f() {} }")]).source();
    let error = twice.function("f").unwrap_err();
    assert_eq!(
        error.to_string(),
        "`f` is ambiguous: `sample::a::f`, `sample::b::f`"
    );
}

#[test]
fn tests_never_reach_what_they_do_not_call() {
    let source = Source::at(fixture("capture-loop-in-test", "good")).unwrap();
    let tests = source.tests().with_flag_off("embed_sniffer");
    tests.never_reach("sample::sniffer::capture");
}

#[test]
fn reaching_shows_the_calls_on_the_way() {
    let source = Source::at(fixture("capture-loop-in-test", "bad")).unwrap();
    let message = fails(|| {
        source
            .tests()
            .in_tier("fast")
            .never_reach("std::thread::spawn");
    });
    insta::assert_snapshot!(message);
}

/// A sniffer, and tests of it in the fast suite and in the live tier.
fn sniffed(fast: &str, settings: &str) -> Workspace {
    Workspace::of(&[
        (
            "src/lib.rs",
            "pub mod sniffer { mod capture { pub fn spawn() { run() } fn run() {} } pub use capture::spawn; } \
             pub struct Options { pub interface: Option<u8> } \
             pub fn command(options: &Options) { if let Some(_) = &options.interface { sniffer::spawn() } }",
        ),
        (
            "tests/live/main.rs",
            "#[test] fn captures() { sample::sniffer::spawn() }",
        ),
        (
            "tests/api/main.rs",
            &format!("#[test] fn probe() {{ {fast} }}"),
        ),
        (".config/shakedown.toml", settings),
    ])
}

const ALLOWED: &str = "[inspect.rules.capture-loop-in-test]\nflags = [\"interface\"]\n\
    allowed = [{ loop = \"sample::sniffer::capture::run\", tiers = [\"live\"], reason = \"stopped\" }]";

#[test]
fn what_settings_allow_of_a_loop_holds_for_the_sentence_too() {
    const LOOP: &str = "sample::sniffer::capture::run";
    const COMMAND: &str = "sample::command(&todo!())";
    let allowed = sniffed(COMMAND, ALLOWED);
    allowed.source().tests().never_reach(LOOP);
    let unsaid = sniffed(COMMAND, "");
    let message = fails(|| unsaid.source().tests().never_reach(LOOP));
    for test in ["tests::api::probe", "tests::live::captures"] {
        assert!(message.contains(test), "{message}");
    }
    let started = sniffed("sample::sniffer::spawn()", ALLOWED);
    let message = fails(|| started.source().tests().never_reach(LOOP));
    let claim = "not so: tests outside live never reach `sample::sniffer::capture::run`";
    assert!(message.starts_with(claim), "{message}");
    assert!(!message.contains("tests::live::captures"), "{message}");
}

#[test]
fn the_rule_and_the_sentence_find_the_same() {
    for (fast, found) in [
        ("sample::command(&todo!())", false),
        ("sample::sniffer::spawn()", true),
    ] {
        let (source, report) = sniffed(fast, ALLOWED).inspect();
        let mut rules = report.findings.iter().map(|it| it.rule.as_str());
        let shown = report.human(&source);
        assert_eq!(
            rules.any(|it| it == "capture-loop-in-test"),
            found,
            "{shown}"
        );
    }
}

#[test]
fn the_end_of_a_re_exported_path_is_enough() {
    let workspace = sniffed("sample::command(&todo!())", "");
    let source = workspace.source();
    let _ = source.function("sniffer::spawn").unwrap();
    let _ = source.function("sample::sniffer::spawn").unwrap();
    assert!(source.function("other::spawn").is_err());
    workspace.put(
        "src/lib.rs",
        "pub mod a { pub mod s { mod x { pub fn go() {} } pub use x::go; } } \
         pub mod b { pub mod s { mod y { pub fn go() {} } pub use y::go; } }",
    );
    let error = workspace
        .source()
        .function("s::go")
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "`s::go` is ambiguous: `sample::a::s::x::go`, `sample::b::s::y::go`"
    );
}

#[test]
fn tiers_tell_tests_apart() {
    let source = Source::at(fixture("marker-mismatch", "good")).unwrap();
    assert_eq!(source.tests().count(), 1);
    assert_eq!(source.tests().in_tier("stress").count(), 1);
    assert_eq!(source.tests().outside_tier("stress").count(), 0);
}

const TABLE: &str = "pub enum Layer { Tcp, Udp } pub struct Dissector { pub name: &'static str, pub parse: fn() } \
    pub static BY_NAME: &[Dissector] = &[Dissector { parse: f, name: \"tcp\" }, Dissector { name: \"udp\", parse: f }]; \
    pub const BY_LAYER: [(Layer, fn()); 2] = [(Layer::Tcp, f), (Layer::Udp, f)]; \
    pub static MAP: LazyLock<HashMap<&str, fn()>> = LazyLock::new(|| HashMap::from([(\"tcp\", f as fn())])); \
    pub static PERFECT: Map<u16, fn()> = phf_map! { 80 => f, 443 => f }; \
    pub static NO_TABLE: u8 = 1; fn f() {}";

#[test]
fn tables_have_their_keys() {
    let source = Workspace::of(&[("src/lib.rs", TABLE)]).source();
    source
        .static_table("sample::BY_NAME")
        .unwrap()
        .keys_are(["udp", "tcp"]);
    source
        .static_table("BY_LAYER")
        .unwrap()
        .keys_are(["Tcp", "Layer::Udp"]);
    source.static_table("MAP").unwrap().keys_are(["tcp"]);
    source
        .static_table("PERFECT")
        .unwrap()
        .keys_are(["80", "443"]);
    let by_layer = source.static_table("BY_LAYER").unwrap();
    by_layer.keys_are_the_variants_of("sample::Layer").unwrap();
    assert!(source.static_table("NO_TABLE").is_err());
}

#[test]
fn names_are_found_through_re_exports() {
    let text = "pub mod sniffer { mod table { pub static T: &[(&str, fn())] = &[(\"a\", super::f)]; } \
        pub use table::T; pub use table::T as Again; fn f() {} }";
    let source = Workspace::of(&[("src/lib.rs", text)]).source();
    for name in [
        "sample::sniffer::T",
        "sample::sniffer::Again",
        "sample::sniffer::table::T",
    ] {
        source.static_table(name).unwrap().keys_are(["a"]);
    }
    assert!(source.static_table("sample::sniffer::f").is_err());
}

#[test]
fn any_field_of_a_struct_may_be_the_key() {
    let text = "pub enum P { Tcp, Udp } pub struct D { pub protocol: P, pub name: &'static str } \
        pub static T: &[D] = &[D { protocol: P::Tcp, name: \"tcp\" }, D { protocol: P::Udp, name: \"udp\" }];";
    let source = Workspace::of(&[("src/lib.rs", text)]).source();
    let table = source.static_table("T").unwrap();
    table.keys_are(["tcp", "udp"]);
    table.keys_are_the_variants_of("P").unwrap();
}

#[test]
fn missing_unexpected_and_doubled_keys_fail() {
    let text = "static T: &[(&str, u8)] = &[(\"a\", 1), (\"b\", 2), (\"a\", 3)];";
    let source = Workspace::of(&[("src/lib.rs", text)]).source();
    let table = source.static_table("T").unwrap();
    let message = fails(|| table.keys_are(["a", "c"]));
    for part in ["`a` is in it twice", "`b` is unexpected", "`c` is missing"] {
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn threads_are_spawned_in_their_place_only() {
    let text = "pub mod sniffer { pub fn capture() { std::thread::Builder::new().name(String::new()).spawn(|| {}).unwrap(); } \
        pub fn parse() {} }";
    let source = Workspace::of(&[("src/lib.rs", text)]).source();
    let sniffer = source.module("sample::sniffer").unwrap();
    sniffer.spawns_threads_only_in("sample::sniffer::capture");
    let elsewhere = format!("{text} pub mod other {{}}")
        .replace("fn parse() {}", "fn parse() { std::thread::spawn(|| ()); }");
    let source = Workspace::of(&[("src/lib.rs", &elsewhere)]).source();
    let sniffer = source.module("sample::sniffer").unwrap();
    let message = fails(|| sniffer.spawns_threads_only_in("sample::sniffer::capture"));
    assert!(
        message.contains("`sample::sniffer::parse` starts threads"),
        "{message}"
    );
    let other = source.module("sample::other").unwrap();
    let message = fails(|| other.spawns_threads_only_in("sample::other"));
    assert!(message.ends_with("there is nothing to check"), "{message}");
}

#[test]
fn modules_never_name_what_they_must_not() {
    let source = Source::at(fixture("layering", "bad")).unwrap();
    source
        .module("sample::model")
        .unwrap()
        .never_names("sample::api");
    let db = source.module("sample::db").unwrap();
    let message = fails(|| db.never_names("sample::api"));
    assert!(message.contains("src/db.rs:3:17"), "{message}");
}

#[test]
fn functions_have_attributes() {
    let text = "#[must_use] pub fn kept() -> u8 { 1 } pub fn dropped() -> u8 { 1 }";
    let source = Workspace::of(&[("src/lib.rs", text)]).source();
    source.function("kept").unwrap().has_attribute("must_use");
    let dropped = source.function("dropped").unwrap();
    let message = fails(|| dropped.has_attribute("must_use"));
    assert!(
        message.contains("`sample::dropped` lacks `#[must_use]`"),
        "{message}"
    );
}
