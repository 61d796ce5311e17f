//! The published workbook as data: its table and its verdicts come out again.

use std::path::{Path, PathBuf};

use shakedown::story::{Block, Document, Span, html, markdown};
use shakedown::workbook::{
    Artifact, GateReport, Settings, Verdict, archived, bins, judge, workbook,
};

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/workbook")
}

pub(crate) fn artifact() -> Artifact {
    Artifact::read(&root().join("bench-artifacts/2025-07-14/phase-stats.json")).unwrap()
}

fn page() -> Document {
    let settings = Settings::above(&root()).unwrap();
    let found = archived(&settings.archive()).unwrap();
    workbook(&settings, &found.artifacts())
}

/// Phase, target, gate, samples, mean, P95, met, why.
type Row = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    f64,
    f64,
    &'static str,
    &'static str,
);

/// The table as it was published.
const PUBLISHED: [Row; 8] = [
    (
        "SBOM_FIRST",
        "5 s",
        "hard",
        "100",
        3.7,
        4.9,
        "yes",
        "the promise",
    ),
    (
        "IMAGE_UNPACK",
        "10 s",
        "soft",
        "50",
        6.4,
        9.2,
        "yes",
        "fallback path",
    ),
    (
        "DELTA_SBOM",
        "1 s",
        "hard",
        "100",
        0.46,
        0.83,
        "yes",
        "stay under 5 s for big bases",
    ),
    (
        "POLICY_EVAL",
        "50 ms",
        "hard",
        "1000",
        0.021,
        0.041,
        "yes",
        "gate latency invisible",
    ),
    (
        "QUOTA_WAIT",
        "soft 5 s, hard 60 s",
        "hard",
        "80",
        4.0,
        4.9,
        "yes",
        "graceful throttling",
    ),
    (
        "SCHED_RESCAN",
        "30 s",
        "soft",
        "10",
        18.3,
        24.9,
        "yes",
        "nightly batch",
    ),
    (
        "FEED_MERGE",
        "60 s",
        "soft",
        "3",
        38.1,
        41.0,
        "yes",
        "off-peak job at 01:00",
    ),
    (
        "API_P95",
        "200 ms",
        "hard",
        "20000",
        0.087,
        0.143,
        "yes",
        "UI snappiness",
    ),
];

#[test]
fn its_table_and_its_verdicts_come_out() {
    let page = page();
    let sheet = page.blocks.iter().find_map(|block| match block {
        Block::Table(sheet) if sheet.caption == "Results" => Some(sheet),
        _ => None,
    });
    let sheet = sheet.unwrap();
    let column = |name: &str| {
        sheet
            .columns
            .iter()
            .position(|(known, _)| known == name)
            .unwrap()
    };
    assert_eq!(sheet.rows.len(), PUBLISHED.len());
    for (row, expected) in sheet.rows.iter().zip(PUBLISHED) {
        let cell = |name: &str| match &row[column(name)].content {
            Span::Text(text) | Span::Code(text) | Span::Strong(text) => text.clone(),
        };
        let (phase, target, gate, samples, mean, p95, met, why) = expected;
        assert_eq!(cell("phase"), phase);
        assert_eq!(cell("target P95"), target, "{phase}");
        assert_eq!(cell("gate"), gate, "{phase}");
        assert_eq!(cell("samples"), samples, "{phase}");
        assert_eq!(cell("mean").parse::<f64>().unwrap(), mean, "{phase}");
        assert_eq!(cell("P95").parse::<f64>().unwrap(), p95, "{phase}");
        assert_eq!(cell("ok"), met, "{phase}");
        assert_eq!(cell("why"), why, "{phase}");
    }
    let artifact = artifact();
    assert!(artifact.phases.iter().all(|of| judge(of) == Verdict::Met));
    assert!(!GateReport::of(&artifact).fails());
}

#[test]
fn its_steps_add_up_to_their_total() {
    let delta = artifact();
    let delta = delta.phase("DELTA_SBOM").unwrap();
    let total: f64 = delta.steps.iter().map(|step| step.summary.mean_ms).sum();
    assert_eq!(total, 830.0);
    let text = markdown(&page(), "plots");
    assert!(
        text.contains("| single-layer scan | 655ms | 79 % |"),
        "{text}"
    );
    assert!(text.contains("| total | 830ms | 100 % |"), "{text}");
}

#[test]
fn its_distribution_is_shown_as_published() {
    let artifact = artifact();
    let bins = bins(artifact.phase("POLICY_EVAL").unwrap());
    let shares: Vec<f64> = bins.iter().map(|bin| bin.share).collect();
    assert_eq!(shares, [0.38, 0.42, 0.17, 0.03]);
    assert_eq!(bins.last().unwrap().to_ms, 50.0);
}

#[test]
fn every_section_of_the_form_is_there() {
    let page = page();
    let chapters: Vec<&str> = page
        .blocks
        .iter()
        .filter_map(|block| match block {
            Block::Chapter(name) => Some(name.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(
        chapters,
        [
            "Scope",
            "Machine",
            "Phases and gates",
            "Results",
            "Distributions",
            "Trend",
            "Harness",
            "Action items",
            "Change log"
        ]
    );
    let page = html(&page);
    for words in [
        "at most 5 seconds",
        "unpack of images over 300 MB",
        "Ice Lake",
        "tmpfs",
        "results published",
        "trend-sbom-first",
    ] {
        assert!(page.contains(words), "{words}");
    }
}

#[test]
fn a_breach_stands_among_the_action_items() {
    let settings = Settings::above(&root()).unwrap();
    let mut artifact = artifact();
    artifact.phases[1].summary.p95_ms = 31_000.0;
    let text = markdown(&workbook(&settings, &[artifact]), "plots");
    let actions = text.split("## Action items").nth(1).unwrap();
    assert!(
        actions.contains("`IMAGE_UNPACK`: P95 31.0s is above the limit of 30.0s"),
        "{actions}"
    );
}

#[test]
fn a_share_that_cannot_be_is_drawn_no_longer_than_a_whole() {
    let settings = Settings::above(&root()).unwrap();
    let mut artifact = artifact();
    let of = artifact.phases.iter_mut().find(|of| !of.bins.is_empty());
    of.unwrap().bins[0].share = 1e18;
    let text = markdown(&workbook(&settings, &[artifact]), "plots");
    assert!(text.contains(&format!("| {} |", "█".repeat(40))), "{text}");
}
