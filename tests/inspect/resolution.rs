//! Names: aliases, globs, re-exports, modules in odd places, receivers, macros.

use crate::cases::Workspace;

/// Whether the test `probe` reaches `sample::sink::drain`, certainly and perhaps.
#[track_caller]
fn check(files: &[(&str, &str)], certainly: bool, perhaps: bool) {
    let workspace = Workspace::of(files);
    workspace.put(
        "src/sink.rs",
        "pub fn drain() {} pub struct Sink; impl Sink { pub fn new() -> Self { Self } pub fn pour(&self) { drain() } } \
         pub trait Pour { fn tip(&self); } impl Pour for Sink { fn tip(&self) { drain() } } \
         pub mod prelude { pub use super::drain as go; pub use super::Sink; }",
    );
    let source = workspace.source();
    let reaches = std::panic::catch_unwind(|| {
        source.tests().never_reach("sample::sink::drain");
    });
    assert_eq!(reaches.is_err(), certainly, "certainly");
    assert_eq!(
        !source.tests().may_reach("sample::sink::drain").is_empty(),
        perhaps,
        "perhaps"
    );
}

/// One file, `src/lib.rs`, with a test `probe` of this body.
#[track_caller]
fn reaches(uses: &str, body: &str) {
    let text = format!("pub mod sink; {uses} #[test] fn probe() {{ {body} }}");
    check(&[("src/lib.rs", &text)], true, true);
}

#[test]
fn follows_paths() {
    reaches("", "crate::sink::drain()");
    reaches("", "self::sink::drain()");
    reaches("", "sample::sink::drain()");
}

#[test]
fn follows_aliases_groups_and_self() {
    reaches("use sink::drain as nap;", "nap()");
    reaches("use crate::{sink::{self as s}};", "s::drain()");
    reaches("use sink::{self, Sink};", "sink::drain()");
}

#[test]
fn follows_globs_and_re_exports() {
    reaches("use sink::prelude::*;", "go()");
    reaches(
        "mod again { pub use crate::sink::prelude::*; } use again::go as gone;",
        "gone()",
    );
}

#[test]
fn tells_a_module_from_the_function_of_its_name() {
    let text = "pub mod sink; mod one; pub use one::one; #[test] fn probe() { one() }";
    check(
        &[
            ("src/lib.rs", text),
            ("src/one.rs", "pub fn one() { crate::sink::drain() }"),
        ],
        true,
        true,
    );
}

#[test]
fn follows_uses_inside_bodies() {
    reaches("", "use sink::*; drain()");
    reaches("fn drain() {}", "{ use sink::drain; drain(); }");
}

#[test]
fn a_circle_of_globs_ends() {
    reaches(
        "mod a { pub use super::b::*; } mod b { pub use super::a::*; pub use super::sink::*; }",
        "a::drain()",
    );
}

#[test]
fn follows_methods_of_known_receivers() {
    reaches("", "sink::Sink::new().pour()");
    reaches(
        "fn make() -> std::sync::Arc<sink::Sink> { todo!() }",
        "let it = make(); it.pour();",
    );
    reaches(
        "struct Holder { inner: Option<sink::Sink> }",
        "let h: Holder = todo!(); h.inner.as_ref().unwrap().pour();",
    );
    reaches("static SINK: sink::Sink = sink::Sink;", "SINK.pour();");
    reaches("fn with(it: &sink::Sink) { it.pour() }", "with(todo!())");
}

#[test]
fn follows_traits_to_all_implementations() {
    reaches(
        "use sink::Pour;",
        "let it: Box<dyn Pour> = todo!(); it.tip();",
    );
    reaches(
        "use sink::Pour; fn with(it: impl Pour) { it.tip() }",
        "with(sink::Sink)",
    );
    reaches(
        "use sink::Pour; fn with<T>(it: T) where T: Pour { it.tip() }",
        "with(sink::Sink)",
    );
}

#[test]
fn follows_functions_handed_on_and_closures() {
    reaches("fn run(f: fn()) { f() }", "run(sink::drain)");
    reaches("", "std::thread::spawn(|| sink::drain());");
    reaches(
        "static TABLE: &[(&str, fn())] = &[(\"a\", sink::drain)];",
        "for (_, f) in TABLE { f() }",
    );
}

#[test]
fn follows_macros() {
    reaches("", "assert_eq!((), sink::drain());");
    reaches(
        "macro_rules! go { () => { $crate::sink::drain() } }",
        "go!()",
    );
    reaches("", "select! { a = sink::drain() => {} }");
    reaches("my::items! { fn inner() { sink::drain() } }", "inner()");
}

#[test]
fn follows_nested_functions_and_associated_ones() {
    reaches("", "fn inner() { sink::drain() } inner();");
    reaches(
        "struct S; impl S { fn go() { Self::on() } fn on() { sink::drain() } }",
        "S::go()",
    );
}

#[test]
fn an_unknown_receiver_is_a_perhaps() {
    let text = "pub mod sink; #[test] fn probe() { something_generated().pour() }";
    check(&[("src/lib.rs", text)], false, true);
}

#[test]
fn a_local_variable_is_no_function() {
    let text = "pub mod sink; use sink::drain; #[test] fn probe() { let drain = 1; assert_eq!(drain, 1); }";
    check(&[("src/lib.rs", text)], false, false);
}

#[test]
fn finds_modules_in_odd_places() {
    check(
        &[
            (
                "src/lib.rs",
                "pub mod sink; #[path = \"odd/place.rs\"] mod placed; mod inline { mod deep; }",
            ),
            ("src/odd/place.rs", "mod child;"),
            (
                "src/odd/child.rs",
                "#[test] fn probe() { crate::sink::drain() }",
            ),
            ("src/inline/deep.rs", ""),
        ],
        true,
        true,
    );
    check(
        &[
            ("src/lib.rs", "pub mod sink; mod a;"),
            ("src/a/mod.rs", "mod b;"),
            ("src/a/b.rs", "mod c;"),
            (
                "src/a/b/c.rs",
                "#[test] fn probe() { super::super::super::sink::drain() }",
            ),
        ],
        true,
        true,
    );
}

#[test]
fn follows_tests_into_the_library() {
    check(
        &[
            ("src/lib.rs", "pub mod sink;"),
            ("tests/api/main.rs", "mod part;"),
            (
                "tests/api/part.rs",
                "use sample::sink::prelude::*; #[test] fn probe() { go() }",
            ),
        ],
        true,
        true,
    );
}

#[test]
fn sees_tests_inside_macros_that_are_no_items() {
    check(
        &[(
            "src/lib.rs",
            "pub mod sink; proptest! { #[test] fn probe(x in 0..9) { crate::sink::drain() } }",
        )],
        true,
        true,
    );
}

#[test]
fn knows_where_things_are_with_any_line_ends_and_letters() {
    let workspace = Workspace::of(&[(
        "src/lib.rs",
        "\u{feff}// ä\r\n#[cfg(test)]\r\nmod tests {\r\n    /* é */ #[test] #[ignore] fn später() { assert!(true); }\r\n}\r\n",
    )]);
    let (_, report) = workspace.inspect();
    let place = &report.findings[0].place;
    assert_eq!((place.line, place.column), (4, 21));
    let text = workspace.read("src/lib.rs");
    assert_eq!(&text[place.start..place.end], "#[ignore]");
}
