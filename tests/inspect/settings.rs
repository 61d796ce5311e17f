//! `.config/shakedown.toml`: what is wrong in it is said, with its line.

use std::path::Path;

use rstest::rstest;
use shakedown::inspect::{Inspection, Settings, Source};

use crate::cases::{Workspace, inspect};

#[rstest]
#[case::unknown_key("[inspect]\nfast-target = []", 2, "unknown field `fast-target`")]
#[case::unknown_rule(
    "[inspect.rules.slep-in-test]\nseverity = \"off\"",
    1,
    "unknown field `slep-in-test`"
)]
#[case::unknown_severity(
    "\n[inspect.rules.sleep-in-test]\nseverity = \"fatal\"",
    3,
    "unknown variant `fatal`"
)]
#[case::a_rule_s_key_elsewhere(
    "[inspect.rules.sleep-in-test]\nloops = []",
    2,
    "unknown field `loops`"
)]
#[case::no_reason(
    "[[inspect.forbid-path]]\nid = \"a\"\npaths = [\"b\"]",
    1,
    "missing field `reason`"
)]
#[case::an_empty_reason(
    "[[inspect.layer]]\nmodule = \"a\"\nreason = \" \"",
    3,
    "must not be empty"
)]
#[case::an_exception_without_reason(
    "[inspect.rules.fixed-port]\nexceptions = [{ item = \"a\" }]",
    2,
    "missing field `reason`"
)]
#[case::a_tier_that_is_none(
    "[[inspect.forbid-call]]\nid = \"a\"\ncalls = [\"b\"]\nreason = \"c\"\ntiers = [\"stres\"]",
    5,
    "no tier `stres`"
)]
#[case::an_allowed_loop_without_reason(
    "[inspect.rules.capture-loop-in-test]\nallowed = [{ loop = \"a\", tiers = [\"live\"] }]",
    2,
    "missing field `reason`"
)]
#[case::no_toml("[inspect", 1, "")]
fn says_what_is_wrong_and_where(#[case] text: &str, #[case] line: usize, #[case] message: &str) {
    let error = Settings::parse(Path::new("x.toml"), text)
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with(&format!("`x.toml`, line {line}: ")),
        "{error}"
    );
    assert!(error.contains(message), "{error}");
}

#[test]
fn tiers_are_those_of_the_markers() {
    let text = "[inspect.rules.capture-loop-in-test]\nallowed-tiers = [\"slow\"]";
    let error = Settings::parse(Path::new("x.toml"), text).unwrap_err();
    let markers = shakedown::tier::TIERS
        .map(shakedown::tier::Tier::name)
        .join(", ");
    let expected = format!("no tier `slow`; there are fast, {markers}");
    assert!(error.to_string().contains(&expected), "{error}");
    for tier in shakedown::tier::TIERS {
        let text = text.replace("slow", tier.name());
        assert!(
            Settings::parse(Path::new("x.toml"), &text).is_ok(),
            "{tier}"
        );
    }
}

#[test]
fn leaves_other_tables_alone() {
    let text = "[workbook]\nphases = []\n[inspect]\nfast-targets = [\"api\"]";
    let settings = Settings::parse(Path::new("x.toml"), text).unwrap();
    assert_eq!(settings.fast_targets, Some(vec!["api".to_owned()]));
}

const IGNORED: &str = "#[cfg(test)] mod tests { #[test] #[ignore] fn a() { assert!(true) } #[test] #[ignore] fn b() { assert!(true) } }";

fn with_settings(text: &str) -> Workspace {
    Workspace::of(&[("src/lib.rs", IGNORED), (".config/shakedown.toml", text)])
}

#[test]
fn exceptions_are_kept_with_their_reason() {
    let workspace = with_settings(
        "[inspect.rules.ignored-without-reason]\nexceptions = [{ item = \"sample::tests::a\", reason = \"by hand\" }]",
    );
    let (_, report) = workspace.inspect();
    assert_eq!(report.findings.len(), 1);
    assert_eq!(report.findings[0].item, "sample::tests::b");
    assert_eq!(report.excepted[0].1, "by hand");
}

#[test]
fn an_exception_covers_a_module_but_no_name_that_merely_begins_alike() {
    let workspace = with_settings(
        "[inspect.rules.ignored-without-reason]\nexceptions = [{ item = \"sample::tests\", reason = \"by hand\" }]",
    );
    assert_eq!(workspace.inspect().1.findings.len(), 0);
    let workspace = with_settings(
        "[inspect.rules.ignored-without-reason]\nexceptions = [{ item = \"sample::te\", reason = \"by hand\" }]",
    );
    assert_eq!(workspace.inspect().1.excepted.len(), 0);
}

#[test]
fn a_stale_exception_is_an_error_at_its_line() {
    let workspace = with_settings(
        "[inspect.rules.ignored-without-reason]\nexceptions = [\n    { item = \"sample::gone\", reason = \"by hand\" },\n]",
    );
    let (_, report) = workspace.inspect();
    let stale = report
        .findings
        .iter()
        .find(|it| it.rule == "stale-exception")
        .unwrap();
    assert_eq!(
        (stale.place.file.as_str(), stale.place.line),
        (".config/shakedown.toml", 3)
    );
    assert!(report.fails());
}

#[test]
fn severities_decide_what_fails() {
    let set = |severity: &str| {
        with_settings(&format!(
            "[inspect.rules.ignored-without-reason]\nseverity = \"{severity}\""
        ))
    };
    assert!(set("error").inspect().1.fails());
    assert!(!set("warning").inspect().1.fails());
    assert_eq!(set("off").inspect().1.findings.len(), 0);
    let warned = inspect(set("warning").path()).1;
    assert_eq!(warned.findings.len(), 2);
}

#[test]
fn a_setting_that_names_nothing_is_an_error() {
    let workspace =
        with_settings("[[inspect.layer]]\nmodule = \"sample::gone\"\nreason = \"because\"");
    let source = Source::at(workspace.path()).unwrap();
    let settings = Settings::of_workspace(source.root()).unwrap();
    let error = Inspection::new(&source, &settings).run().unwrap_err();
    assert_eq!(
        error.to_string(),
        "`.config/shakedown.toml` says of `layering` what does not fit the sources"
    );
    let cause = std::error::Error::source(&error).unwrap();
    assert_eq!(
        cause.to_string(),
        "no module `sample::gone` in the workspace"
    );
}

#[test]
fn a_layer_that_allows_or_forbids_nothing_is_an_error() {
    for list in ["may-use = [\"modle\"]", "must-not-use = [\"modle\"]"] {
        let text = format!("[[inspect.layer]]\nmodule = \"sample\"\n{list}\nreason = \"r\"");
        let workspace = with_settings(&text);
        let source = Source::at(workspace.path()).unwrap();
        let settings = Settings::of_workspace(source.root()).unwrap();
        let outcome = Inspection::new(&source, &settings).run();
        assert!(outcome.is_err(), "{list}");
    }
}
