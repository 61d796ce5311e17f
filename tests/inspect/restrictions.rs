//! Rules that a team writes as data.

use rstest::rstest;
use shakedown::inspect::Severity;

use crate::cases::Workspace;

const SOURCE: &str = "pub mod db { pub struct Store; impl Store { pub fn open() -> Self { Self } } } \
    pub mod api { use crate::db::Store; #[must_use] pub fn a() -> Store { Store::open() } pub fn b() { std::process::exit(1) } } \
    #[cfg(test)] mod tests { #[test] fn quits() { crate::api::b(); } }";

/// `rule: message (line)` of everything that the settings' own rules find.
fn found(settings: &str) -> Vec<String> {
    let workspace = Workspace::of(&[("src/lib.rs", SOURCE), (".config/shakedown.toml", settings)]);
    let (_, report) = workspace.inspect();
    let own = report
        .findings
        .iter()
        .filter(|it| it.rule.starts_with("own-") || it.rule == "stale-exception");
    own.map(|it| format!("{}: {}", it.rule, it.message))
        .collect()
}

#[test]
fn a_path_is_forbidden_outside_its_module() {
    let text = "[[inspect.forbid-path]]\nid = \"own-db\"\npaths = [\"sample::db::Store\"]\noutside = [\"sample::db\"]\nreason = \"r\"";
    let expected = "own-db: `sample::db::Store` must not be named here";
    let open = "own-db: `sample::db::Store::open` must not be named here";
    assert_eq!(found(text), [expected, expected, open]);
}

#[test]
fn a_path_is_forbidden_inside_a_module() {
    let text = "[[inspect.forbid-path]]\nid = \"own-db\"\npaths = [\"sample::db::*\"]\ninside = [\"sample::tests\"]\nreason = \"r\"";
    assert_eq!(found(text), Vec::<String>::new());
}

#[test]
fn a_call_is_forbidden_everywhere_or_in_tiers() {
    let everywhere = "[[inspect.forbid-call]]\nid = \"own-exit\"\ncalls = [\"std::process::exit\"]\nreason = \"r\"";
    assert_eq!(
        found(everywhere),
        ["own-exit: `std::process::exit` must not be called here"]
    );
    let fast = format!("{everywhere}\ntiers = [\"fast\"]");
    assert_eq!(found(&fast), Vec::<String>::new());
}

#[test]
fn a_call_is_forbidden_through_others() {
    let text = "[[inspect.forbid-call]]\nid = \"own-exit\"\ncalls = [\"std::process::exit\"]\ntiers = [\"fast\"]\nreachable = true\nreason = \"r\"";
    assert_eq!(
        found(text),
        ["own-exit: test `quits` gets to std::process::exit"]
    );
    assert_eq!(found(&text.replace("fast", "stress")), Vec::<String>::new());
}

#[test]
fn an_attribute_is_required() {
    let text = "[[inspect.require-attribute]]\nid = \"own-must-use\"\nitems = \"sample::api::*\"\nkind = \"function\"\nattribute = \"must_use\"\nreason = \"r\"";
    assert_eq!(
        found(text),
        ["own-must-use: `sample::api::b` lacks `#[must_use]`"]
    );
    let excepted = format!(
        "{text}\nexceptions = [{{ item = \"sample::api::b\", reason = \"returns nothing\" }}]"
    );
    assert_eq!(found(&excepted), Vec::<String>::new());
}

#[test]
fn reason_and_help_are_shown() {
    let text = "[[inspect.forbid-call]]\nid = \"own-exit\"\ncalls = [\"std::process::exit\"]\nreason = \"tests die\"\ninstead = \"return a code\"\nseverity = \"warning\"";
    let workspace = Workspace::of(&[("src/lib.rs", SOURCE), (".config/shakedown.toml", text)]);
    let (_, report) = workspace.inspect();
    let finding = report
        .findings
        .iter()
        .find(|it| it.rule == "own-exit")
        .unwrap();
    assert_eq!(finding.notes, ["tests die"]);
    assert_eq!(finding.help, ["return a code"]);
    assert_eq!(finding.severity, Severity::Warning);
    assert!(!report.fails());
}

#[rstest]
#[case("[[inspect.forbid-path]]\nid = \"own\"\npaths = [\"sample::db::Stor\"]\nreason = \"r\"")]
#[case(
    "[[inspect.forbid-path]]\nid = \"own\"\npaths = [\"a\"]\noutside = [\"sample::bd\"]\nreason = \"r\""
)]
#[case(
    "[[inspect.require-attribute]]\nid = \"own\"\nitems = \"sample::apis::*\"\nkind = \"type\"\nattribute = \"a\"\nreason = \"r\""
)]
fn a_pattern_that_names_nothing_is_an_error(#[case] settings: &str) {
    let workspace = Workspace::of(&[("src/lib.rs", SOURCE), (".config/shakedown.toml", settings)]);
    let source = workspace.source();
    let settings = shakedown::inspect::Settings::of_workspace(source.root()).unwrap();
    let outcome = shakedown::inspect::Inspection::new(&source, &settings).run();
    assert!(outcome.unwrap_err().to_string().starts_with("no "));
}
