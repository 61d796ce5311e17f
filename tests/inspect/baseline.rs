//! The baseline freezes, and may only shrink; `--fix` fixes.

use shakedown::inspect::{Baseline, Inspection, Settings, fix};

use crate::cases::Workspace;

fn ignored(tests: &[&str]) -> String {
    let tests: Vec<String> = tests
        .iter()
        .map(|name| format!("#[test] #[ignore] fn {name}() {{ assert!(true) }}"))
        .collect();
    format!("#[cfg(test)] mod tests {{ {} }}", tests.join("\n"))
}

#[test]
fn frozen_findings_pass_and_new_ones_do_not() {
    let workspace = Workspace::of(&[("src/lib.rs", &ignored(&["a", "b"]))]);
    let baseline = Baseline::of(&workspace.inspect().1.findings);
    assert_eq!(baseline.len(), 2);
    workspace.put(
        "src/lib.rs",
        &format!("//! Other lines.\n\n\n{}", ignored(&["c", "a"])),
    );
    let source = workspace.source();
    let settings = Settings::default();
    let report = Inspection::new(&source, &settings)
        .forgiving(baseline)
        .run()
        .unwrap();
    assert_eq!((report.frozen, report.thawed), (1, 1));
    assert_eq!(report.findings[0].item, "sample::tests::c");
    assert!(report.fails());
}

#[test]
fn it_survives_being_written_and_read() {
    let workspace = Workspace::of(&[("src/lib.rs", &ignored(&["a", "b"]))]);
    let baseline = Baseline::of(&workspace.inspect().1.findings);
    let path = workspace.path().join(".config/inspect-baseline.toml");
    baseline.write(&path).unwrap();
    assert_eq!(Baseline::read(&path).unwrap(), Some(baseline));
    insta::assert_snapshot!(workspace.read(".config/inspect-baseline.toml"));
}

#[test]
fn growth_is_counted() {
    let of = |tests: &[&str]| {
        Baseline::of(
            &Workspace::of(&[("src/lib.rs", &ignored(tests))])
                .inspect()
                .1
                .findings,
        )
    };
    assert_eq!(of(&["a"]).growth(&of(&["a", "b"])), 1);
    assert_eq!(of(&["a", "b"]).growth(&of(&["a"])), 0);
}

#[test]
fn there_may_be_none() {
    let workspace = Workspace::of(&[]);
    assert_eq!(
        Baseline::read(&workspace.path().join("none.toml")).unwrap(),
        None
    );
}

#[test]
fn an_unknown_key_names_its_line() {
    let workspace = Workspace::of(&[(
        "b.toml",
        "[[frozen]]\nrule = \"a\"\nitem = \"b\"\nsubject = \"c\"\ncounts = 1\n",
    )]);
    let error = Baseline::read(&workspace.path().join("b.toml"))
        .unwrap_err()
        .to_string();
    assert!(error.contains("line 5: unknown field `counts`"), "{error}");
}

#[test]
fn fixes_are_made_in_place() {
    let workspace = Workspace::of(&[
        (
            ".config/nextest.toml",
            "[profile.default]\nslow-timeout = { period = \"9s\", terminate-after = 1 }\n",
        ),
        ("src/lib.rs", ""),
        (
            "tests/db.rs",
            "use serial_test::serial;\n\n#[test]\n    #[serial]\nfn a() { assert!(true) }\n\n#[test] #[serial] fn b() { assert!(true) }\n",
        ),
    ]);
    let (source, report) = workspace.inspect();
    assert_eq!(fix(source.root(), &report.findings).unwrap(), 2);
    assert_eq!(
        workspace.read("tests/db.rs"),
        "use serial_test::serial;\n\n#[test]\nfn a() { assert!(true) }\n\n#[test]  fn b() { assert!(true) }\n"
    );
    assert_eq!(workspace.inspect().1.findings.len(), 0);
}

#[test]
fn entries_of_rules_that_did_not_run_are_not_gone() {
    let text = "#[cfg(test)] mod tests { #[test] #[ignore] fn a() { assert!(true) } }";
    let workspace = Workspace::of(&[("src/lib.rs", text)]);
    let (source, report) = workspace.inspect();
    let settings = Settings::default();
    let frozen = Baseline::of(&report.findings);
    assert_eq!(frozen.len(), 1);
    let other = Inspection::new(&source, &settings)
        .only(["fixed-port".to_owned()])
        .forgiving(frozen.clone());
    assert_eq!(other.run().unwrap().thawed, 0);
    workspace.put("src/lib.rs", "");
    let source = workspace.source();
    let all = Inspection::new(&source, &settings).forgiving(frozen);
    let report = all.run().unwrap();
    assert_eq!(report.thawed, 1);
    let shown = report.human(&source);
    let line = "1 entry of the baseline is no longer needed: shrink it with";
    assert!(shown.contains(line), "{shown}");
}
