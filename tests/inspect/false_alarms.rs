//! What public crates do for good reason, and rules took for a mistake: left alone. Beside
//! each stands what is still found.

use crate::cases::Workspace;

/// Whether `rule` finds something in a package of these files.
#[track_caller]
fn check(rule: &str, files: &[(&str, &str)], expected: bool) {
    let (source, report) = Workspace::of(files).inspect();
    let found = report.findings.iter().any(|it| it.rule == rule);
    let shown = report.human_with(&source, false, true);
    assert_eq!(found, expected, "{rule} of {files:?}\n{shown}");
}

/// As [`check`], for a test file with an async test of this body.
#[track_caller]
fn check_test(rule: &str, body: &str, expected: bool) {
    let text = format!("use std::time::Duration; #[tokio::test] async fn probe() {{ {body} }}");
    check(rule, &[("tests/probe.rs", &text)], expected);
}

#[test]
fn a_sleep_that_is_handed_on_is_a_timer() {
    const RULE: &str = "sleep-in-test";
    let limit = "let t = std::pin::pin!(tokio::time::sleep(Duration::from_secs(1)).map(|_| panic!())); done(t).await;";
    check_test(RULE, limit, false);
    let raced = "let t = tokio::time::sleep(Duration::from_secs(1)); first(t, work()).await;";
    check_test(RULE, raced, false);
    check_test(
        RULE,
        "tokio::time::sleep(Duration::from_secs(1)).await;",
        true,
    );
    check_test(RULE, "std::thread::sleep(Duration::from_secs(1));", true);
}

#[test]
fn a_child_that_was_killed_may_be_waited_for() {
    const RULE: &str = "unbounded-wait";
    let start = "let mut child = std::process::Command::new(\"x\").spawn().unwrap();";
    let killed = format!("{start} child.kill().unwrap(); child.wait().unwrap();");
    check_test(RULE, &killed, false);
    check_test(RULE, &format!("{start} child.wait().unwrap();"), true);
    let after = format!("{start} child.wait().unwrap(); child.kill().unwrap();");
    check_test(RULE, &after, true);
}

#[test]
fn a_loop_in_the_child_of_a_fork_is_in_another_process() {
    const RULE: &str = "capture-loop-in-test";
    let forked = "match unsafe { fork() }.unwrap() { ForkResult::Child => loop { pause() }, \
        ForkResult::Parent { child } => assert!(kill(child)) }";
    let test = |body: &str| format!("#[test] fn probe() {{ {body} }}");
    check(RULE, &[("tests/probe.rs", &test(forked))], false);
    for child in ["Child", "Ok(ForkResult::Child)", "Some(Child)"] {
        let forked = forked.replacen("ForkResult::Child", child, 1);
        check(RULE, &[("tests/probe.rs", &test(&forked))], false);
        let slept = forked.replace("loop { pause() }", "std::thread::sleep(LONG)");
        check("sleep-in-test", &[("tests/probe.rs", &test(&slept))], false);
    }
    let other = forked.replacen("ForkResult::Child", "child", 1);
    check(RULE, &[("tests/probe.rs", &test(&other))], true);
    let parent = forked.replace("assert!(kill(child))", "loop { wait(child); }");
    check(RULE, &[("tests/probe.rs", &test(&parent))], true);
}

#[test]
fn a_loop_of_another_system_does_not_run_here() {
    const RULE: &str = "capture-loop-in-test";
    let library = |condition: &str| {
        format!(
            "{condition} mod handler {{ pub fn run() {{ loop {{ std::thread::park() }} }} \
             #[test] fn probe() {{ run(); assert!(true) }} }}"
        )
    };
    for condition in [
        "#[cfg(windows)]",
        "#[cfg(all(target_os = \"windows\", feature = \"a\"))]",
    ] {
        check(RULE, &[("src/lib.rs", &library(condition))], false);
    }
    for condition in [
        "",
        "#[cfg(unix)]",
        "#[cfg(not(windows))]",
        "#[cfg(any(windows, unix))]",
    ] {
        check(RULE, &[("src/lib.rs", &library(condition))], true);
    }
}

#[test]
fn a_double_may_assert_when_it_is_called() {
    const RULE: &str = "assertion-free-test";
    let double = |body: &str| {
        format!(
            "struct Peer; impl Service for Peer {{ fn call(&self, n: u8) {{ {body} }} }} \
             #[test] fn probe() {{ sample::drive(Peer) }}"
        )
    };
    let library = (
        "src/lib.rs",
        "pub trait Service { fn call(&self, n: u8); } pub fn drive(s: impl Service) { s.call(1) }",
    );
    check(
        RULE,
        &[library, ("tests/probe.rs", &double("assert_eq!(n, 1)"))],
        false,
    );
    check(
        RULE,
        &[library, ("tests/probe.rs", &double("drop(n)"))],
        true,
    );
}

/// Whether a module declared by `line` counts as untested.
#[track_caller]
fn check_module(line: &str, expected: bool) {
    let root =
        format!("{line} pub fn a() -> u8 {{ 1 }} #[test] fn probe() {{ assert_eq!(a(), 1) }}");
    let part = ("src/part.rs", "pub fn b() -> u8 { 2 }");
    check("untested-module", &[("src/lib.rs", &root), part], expected);
}

#[test]
fn a_module_that_tests_are_not_built_with_need_not_be_tested() {
    check_module("pub mod part;", true);
    check_module("#[cfg(feature = \"unix\")] pub mod part;", true);
    check_module("#[cfg(fuzzing)] pub mod part;", false);
    check_module(
        "#[cfg(all(feature = \"a\", tokio_unstable))] pub mod part;",
        false,
    );
    check_module("cfg_rt! { pub mod part; }", true);
    check_module("cfg_not_rt! { pub mod part; }", false);
}

#[test]
fn an_example_of_another_file_is_a_test_and_macros_cannot_be_read() {
    const RULE: &str = "untested-module";
    let root =
        "//! ```\n//! let layer = sample::Limit::new(1);\n//! ```\nmod part; pub use part::Limit;";
    let part = (
        "src/part.rs",
        "pub struct Limit; impl Limit { pub fn new(n: u8) -> Self { Self } }",
    );
    check(RULE, &[("src/lib.rs", root), part], false);
    let prose = root.replace("//! ```", "//!");
    check(RULE, &[("src/lib.rs", &prose), part], true);
    let written = (
        "src/part.rs",
        "pub fn of() -> u8 { 1 } implement!(u8, u16);",
    );
    check(RULE, &[("src/lib.rs", "mod part;"), written], false);
    let local = (
        "src/part.rs",
        "pub fn of() -> u8 { 1 } thread_local! { static A: u8 = 1; }",
    );
    check(RULE, &[("src/lib.rs", "mod part;"), local], true);
}

/// Whether the function `part::of` counts as untested beside this type of the library.
#[track_caller]
fn check_named(ty: &str, expected: bool) {
    let root = format!("mod part; {ty} #[test] fn probe() {{ assert!(Named::default().ok()) }}");
    let part = (
        "src/part.rs",
        "pub fn of() -> u8 { 2 } pub fn serialize() {}",
    );
    check("untested-module", &[("src/lib.rs", &root), part], expected);
}

#[test]
fn functions_that_attributes_name_are_named() {
    for attribute in [
        "#[serde(deserialize_with = \"part::of\")]",
        "#[serde(default = \"crate::part::of\")]",
        "#[serde(with = \"part\")]",
        "#[arg(long, value_parser = part::of)]",
        "#[error(\"no {0}\", part::of())]",
    ] {
        check_named(&format!("struct Named {{ {attribute} field: u8 }}"), false);
        check_named(&format!("enum Named {{ {attribute} One }}"), false);
        check_named(&format!("{attribute} struct Named(u8);"), false);
    }
    check_named(
        "struct Named { #[serde(rename = \"part::of\")] field: u8 }",
        true,
    );
    check_named("struct Named { field: u8 }", true);
}
