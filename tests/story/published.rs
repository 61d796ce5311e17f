//! The published story, told again from its own figures.

use shakedown::story::{Comparison, Metric, StoryConfig, Tale, document, markdown};

use crate::archives::archive;

/// The rows as they were published: users, commit, requests, failures, p50, p95, p99,
/// mean and RPS.
const ROWS: [&str; 9] = [
    "- | 3106d03 | 7,410 | 20 | 740 | 87,000 | 187,000 | 12,999.71 | 5.5",
    "- | 255c2e5 | 1,042 | 514 | 6,700 | 150,000 | 186,000 | 58,835.59 | 2.3",
    "- | 2dd86fb | 6,012 | 0 | 240 | 134,000 | 194,000 | 16,217.04 | 2.4",
    "- | e967aaa | 259,381 | 0 | 300 | 1,600 | 2,200 | 514.41 | 934.3",
    "- | fb69a06 | 396,672 | 0 | 100 | 1,900 | 2,900 | 465.03 | 963.6",
    "1500 | fb69a06 | 232,648 | 0 | 690 | 6,500 | 9,500 | 1,773.51 | 880.4",
    "1500 | fb69a06 | 277,214 | 0 | 340 | 5,700 | 8,400 | 1,489.08 | 992.7",
    "1500 | fb69a06 | 308,024 | 0 | 700 | 2,700 | 4,200 | 929.88 | 1,585.1",
    "1500 | fb69a06 | 3,532 | 0 | 270 | 115,000 | 122,000 | 21,728.92 | 46.2",
];

#[test]
fn the_published_figures_are_printed_as_they_were_published() {
    let archive = archive("published");
    let text = markdown(
        &document(&Tale::new(&archive, &StoryConfig::default())),
        "plots",
    );
    let table = text.split("## Headline table").nth(1).unwrap();
    // Without the number of the run, and without what sets it apart.
    let printed: Vec<String> = table
        .lines()
        .filter(|line| line.starts_with("| R") && !line.starts_with("| Run"))
        .take(ROWS.len())
        .map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            [&cells[1..2], &cells[3..]].concat().join(" | ")
        })
        .collect();
    for row in ROWS {
        assert!(
            printed.iter().any(|line| line == row),
            "{row} in {printed:#?}"
        );
    }
    assert_eq!(printed.len(), ROWS.len());
    for words in ["tracing off, 12 workers", "tracing off, 1 core"] {
        assert!(table.contains(words), "{words}");
    }
}

#[test]
fn the_tracing_pair_of_the_published_story_is_found_by_itself() {
    let archive = archive("published");
    let tale = Tale::new(&archive, &StoryConfig::default());
    let tracing: Vec<&Comparison<'_>> = tale
        .comparisons
        .iter()
        .filter(|comparison| comparison.heading() == "tracing: on → off")
        .collect();
    assert_eq!(
        tracing.len(),
        1,
        "only the runs of 1,500 users differ in tracing alone"
    );
    let pair = tracing[0];
    assert_eq!(pair.equal, [("users", "1500"), ("commit", "fb69a06")]);
    let change = |metric| pair.delta(metric).unwrap().change.unwrap();
    assert!((change(Metric::Rps) - (992.7 / 880.4 - 1.0)).abs() < 1e-9);
    assert!((change(Metric::P50) - (340.0 / 690.0 - 1.0)).abs() < 1e-9);
}
