//! What programs read: JSON, SARIF, workflow commands.

use shakedown::inspect::{Inspection, Report, Settings, Source};

use crate::cases::fixture;

fn report() -> Report {
    let source = Source::at(fixture("unguarded-spawn", "bad")).unwrap();
    let settings = Settings::of_workspace(source.root()).unwrap();
    let inspection = Inspection::new(&source, &settings).only(["unguarded-spawn".to_owned()]);
    inspection.run().unwrap()
}

#[test]
fn json_has_everything() {
    insta::assert_snapshot!(report().json());
}

#[test]
fn github_has_a_line_per_finding() {
    insta::assert_snapshot!(report().github());
}

#[test]
fn sarif_has_rules_results_and_fingerprints() {
    let mut sarif: serde_json::Value = serde_json::from_str(&report().sarif()).unwrap();
    let driver = &mut sarif["runs"][0]["tool"]["driver"];
    assert!(
        driver["rules"][0]["help"]["markdown"]
            .as_str()
            .unwrap()
            .starts_with("# unguarded-spawn")
    );
    driver["rules"][0]["help"] = "..".into();
    driver["semanticVersion"] = "..".into();
    insta::assert_json_snapshot!(sarif);
}
