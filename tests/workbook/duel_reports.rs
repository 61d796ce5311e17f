//! The gate against a base: hard and soft, slower, undecided, not compared.

use std::path::Path;

use shakedown::workbook::{
    Compared, Decision, Duel, DuelReport, NotCompared, Outcome, Phase, Revision, Settings,
    Tolerance,
};

/// The outcome of a duel whose new side takes `factor` as long, with this spread.
fn outcome(factor: f64, spread: f64) -> Outcome {
    let pairs: Vec<(f64, f64)> = (0..16)
        .map(|n| {
            let disturbed = 1.0 + spread * f64::from(n % 5 - 2);
            (10.0, 10.0 * factor * disturbed)
        })
        .collect();
    Duel::new(Tolerance::default(), 1).judge(&pairs)
}

fn phase(name: &str, gate: &str) -> Phase {
    let text = format!("[phase.{name}]\ntarget = \"1 s\"\ngate = \"{gate}\"\nsamples = 1\n");
    let settings = Settings::parse(Path::new("shakedown.toml"), &text);
    settings.unwrap().phases.remove(0)
}

fn refused(reason: &str) -> Result<Outcome, NotCompared> {
    Err(NotCompared::Refused(reason.to_owned()))
}

fn report(phases: Vec<(&str, &str, Result<Outcome, NotCompared>)>) -> DuelReport {
    let compared = phases
        .into_iter()
        .map(|(name, gate, outcome)| Compared::new(phase(name, gate), outcome));
    DuelReport::new(
        compared.collect(),
        Revision::of("c0ffee1", true),
        "0ldc0de".to_owned(),
    )
}

fn slower() -> Result<Outcome, NotCompared> {
    let outcome = outcome(1.5, 0.01);
    assert_eq!(outcome.decision, Decision::Fail);
    Ok(outcome)
}

fn alike() -> Result<Outcome, NotCompared> {
    let outcome = outcome(1.0, 0.01);
    assert_eq!(outcome.decision, Decision::Pass);
    Ok(outcome)
}

fn unsure() -> Result<Outcome, NotCompared> {
    let outcome = outcome(1.1, 0.2);
    assert_eq!(outcome.decision, Decision::Inconclusive);
    Ok(outcome)
}

/// How a JUnit document has each phase.
fn junit(report: &DuelReport) -> Vec<(String, String)> {
    let text = report.junit();
    let document = roxmltree::Document::parse(&text).unwrap();
    let cases = document
        .descendants()
        .filter(|node| node.has_tag_name("testcase"));
    cases
        .map(|case| {
            let inner = case.first_element_child().unwrap();
            (
                case.attribute("name").unwrap().to_owned(),
                inner.tag_name().name().to_owned(),
            )
        })
        .collect()
}

#[test]
fn a_soft_phase_that_is_slower_warns_and_gets_a_ticket() {
    let report = report(vec![("LAZY", "soft", slower()), ("FINE", "hard", alike())]);
    assert!(!report.fails());
    let human = report.human();
    assert!(human.contains("slower LAZY (soft): P95 +"), "{human}");
    assert!(human.contains("pass   FINE (hard): P95 "), "{human}");
    let github = report.github();
    assert!(
        github.starts_with("::warning title=phase LAZY::P95 +"),
        "{github}"
    );
    assert_eq!(github.lines().count(), 1, "{github}");
    let expected = [("LAZY", "system-out"), ("FINE", "system-out")];
    assert_eq!(
        junit(&report),
        expected.map(|(a, b)| (a.to_owned(), b.to_owned()))
    );
    assert!(report.junit().contains("<system-out>warning: P95 +"));
    let tickets = report.tickets();
    assert_eq!(tickets.len(), 1);
    assert_eq!(tickets[0].0, "LAZY-0ldc0de-c0ffee1.md");
    assert!(
        tickets[0]
            .1
            .contains("cargo shakedown gate --phase LAZY --base 0ldc0de"),
        "{}",
        tickets[0].1
    );
    let with_changes = "- commit: `c0ffee1` (with changes)\n- base: `0ldc0de`\n";
    assert!(tickets[0].1.contains(with_changes), "{}", tickets[0].1);
}

#[test]
fn a_hard_phase_that_is_slower_fails() {
    let report = report(vec![("STRICT", "hard", slower())]);
    assert!(report.fails() && report.tickets().is_empty());
    assert!(report.human().starts_with("FAIL   STRICT (hard): P95 +"));
    assert!(report.github().starts_with("::error title=phase STRICT::"));
    assert!(report.junit().contains("type=\"regression\""));
}

#[test]
fn what_is_not_compared_stays_and_fails_where_it_is_hard() {
    let why = "its tolerance of 10.0% is tighter than this machine's noise allows (20.0%)";
    let report = report(vec![
        ("STRICT", "hard", refused(why)),
        ("LAZY", "soft", refused(why)),
    ]);
    assert!(report.fails());
    insta::assert_snapshot!(report.human(), @r"
    FAIL   STRICT (hard): not compared: its tolerance of 10.0% is tighter than this machine's noise allows (20.0%)
    none   LAZY (soft): not compared: its tolerance of 10.0% is tighter than this machine's noise allows (20.0%)
    ");
    insta::assert_snapshot!(report.github(), @r"
    ::error title=phase STRICT::not compared: its tolerance of 10.0%25 is tighter than this machine's noise allows (20.0%25)
    ::warning title=phase LAZY::not compared: its tolerance of 10.0%25 is tighter than this machine's noise allows (20.0%25)
    ");
    let expected = [("STRICT", "failure"), ("LAZY", "skipped")];
    assert_eq!(
        junit(&report),
        expected.map(|(a, b)| (a.to_owned(), b.to_owned()))
    );
    assert!(report.junit().contains("failures=\"1\" skipped=\"1\""));
}

#[test]
fn a_phase_that_the_base_does_not_have_cannot_be_slower_than_it() {
    let report = report(vec![("FRESH", "hard", Err(NotCompared::New))]);
    assert!(!report.fails());
    assert_eq!(
        report.human(),
        "new    FRESH (hard): not compared: the base has no such phase\n"
    );
}

#[test]
fn what_stays_undecided_warns_and_says_what_it_would_have_seen() {
    let report = report(vec![("NOISY", "hard", unsure())]);
    assert!(!report.fails() && report.tickets().is_empty());
    assert!(report.human().starts_with("unsure NOISY (hard): P95 "));
    let github = report.github();
    assert!(
        github.starts_with("::warning ") && github.contains("would have been seen"),
        "{github}"
    );
}
