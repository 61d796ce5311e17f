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
    let error = outcome.unwrap_err();
    assert_eq!(
        error.to_string(),
        "`.config/shakedown.toml` says of `own` what does not fit the sources"
    );
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.starts_with("no "), "{cause}");
}

const LEFT_TO_CLIPPY: &str = "[[inspect.forbid-call]]\nid = \"own-exit\"\ncalls = [\"std::process::exit\"]\nby = \"clippy\"\nreason = \"tests die\"";

/// What is found where a call is left to a clippy that is configured with `clippy`.
fn found_of_clippy(clippy: Option<&str>) -> Vec<String> {
    let files = [
        ("src/lib.rs", SOURCE),
        (".config/shakedown.toml", LEFT_TO_CLIPPY),
    ];
    let workspace = Workspace::of(&files);
    if let Some(text) = clippy {
        workspace.put("clippy.toml", text);
    }
    let (_, report) = workspace.inspect();
    let own = report.findings.iter().filter(|it| it.rule == "own-exit");
    own.map(|it| format!("{}:{}: {}", it.place.file, it.place.line, it.message))
        .collect()
}

#[test]
fn a_call_left_to_clippy_is_not_looked_for_but_clippy_must_know_it() {
    let entry = "{ path = \"std::process::exit\", reason = \"tests die\" }";
    let listed = format!("disallowed-methods = [{entry}]");
    assert_eq!(found_of_clippy(Some(&listed)), Vec::<String>::new());
    let missing = "clippy.toml:1: `clippy.toml` does not forbid `std::process::exit`";
    assert_eq!(found_of_clippy(None), [missing]);
    assert_eq!(found_of_clippy(Some("disallowed-methods = []")), [missing]);
    let other = "clippy.toml:2: `clippy.toml` forbids `std::process::exit` for another reason";
    for text in [
        "# why not\ndisallowed-methods = [\"std::process::exit\"]".to_owned(),
        format!("\n{}", listed.replace("tests die", "so there")),
    ] {
        assert_eq!(found_of_clippy(Some(&text)), [other]);
    }
}

#[test]
fn what_clippy_lacks_can_be_pasted() {
    let workspace = Workspace::of(&[
        ("src/lib.rs", SOURCE),
        (".config/shakedown.toml", LEFT_TO_CLIPPY),
    ]);
    let (_, report) = workspace.inspect();
    let finding = report.findings.iter().find(|it| it.rule == "own-exit");
    let help = &finding.unwrap().help[0];
    let entry = help.strip_prefix("in its `disallowed-methods`: ").unwrap();
    workspace.put("clippy.toml", &format!("disallowed-methods = [{entry}]"));
    let (source, report) = workspace.inspect();
    assert!(
        report.findings.iter().all(|it| it.rule != "own-exit"),
        "{}",
        report.human(&source)
    );
}

#[test]
fn what_clippy_cannot_do_is_not_left_to_it() {
    for more in ["tiers = [\"fast\"]", "reachable = true"] {
        let settings = format!("{LEFT_TO_CLIPPY}\n{more}");
        let workspace = Workspace::of(&[
            ("src/lib.rs", SOURCE),
            (".config/shakedown.toml", &settings),
        ]);
        let source = workspace.source();
        let settings = shakedown::inspect::Settings::of_workspace(source.root()).unwrap();
        let outcome = shakedown::inspect::Inspection::new(&source, &settings).run();
        let error = outcome.unwrap_err().to_string();
        assert!(error.starts_with("`own-exit` leaves to clippy"), "{error}");
    }
}
