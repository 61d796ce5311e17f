//! Targets and whole stacks, as settings name them.

use shakedown::story::{Archive, Reached, StoryConfig, Tale, document, markdown};

use crate::archives::fixture;

const SETTINGS: &str = r#"
[story]
about = """
A service of a page.
Durable means after the sync.

Another paragraph.
"""

[[story.target]]
name = "two workers"
select = { scenario = "dashboard", users = 50, workers = 2 }
min-rps = 3_000
max-p95 = "30 ms"

[[story.target]]
name = "one worker, too much asked"
select = { workers = 1 }
min-rps = 9_000

[[story.target]]
name = "four workers, at which the generator was the limit"
select = { workers = 4 }
min-rps = 9_000

[[story.target]]
name = "slow"
select = { workers = 2 }
max-p99 = "1 ms"

[[story.target]]
name = "eight workers"
select = { workers = 8 }

[[story.ratio]]
name = "one worker and tracing against four without"
before = { workers = 1, tracing = "on" }
after = { workers = 4, tracing = "off" }

[[story.ratio]]
name = "nothing of the kind"
before = { workers = 1 }
after = { service = "elsewhere" }
"#;

fn settings() -> StoryConfig {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("shakedown.toml");
    std::fs::write(&path, SETTINGS).unwrap();
    StoryConfig::read(&path).unwrap()
}

#[test]
fn targets_are_held_missed_open_or_not_measured() {
    let config = settings();
    let archive = Archive::read(&fixture("records"), &config).unwrap();
    let tale = Tale::new(&archive, &config);
    let verdicts: Vec<Reached> = tale
        .targets
        .iter()
        .map(|target| target.judge(tale.selected(&target.select)))
        .collect();
    assert_eq!(
        verdicts,
        [
            Reached::Held,
            Reached::Missed,
            Reached::Open,
            Reached::Missed,
            Reached::NotMeasured,
        ]
    );
}

#[test]
fn a_selection_means_the_set_up_that_is_nearest_to_the_base() {
    let config = settings();
    let archive = Archive::read(&fixture("records"), &config).unwrap();
    let tale = Tale::new(&archive, &config);
    let one = tale.selected(&tale.targets[1].select).unwrap();
    assert_eq!(
        one.factors.get("tracing"),
        tale.base().unwrap().factors.get("tracing"),
        "one worker was measured with tracing on and off"
    );
}

#[test]
fn what_settings_say_and_ask_is_in_the_story() {
    let config = settings();
    let archive = Archive::read(&fixture("records"), &config).unwrap();
    let text = markdown(&document(&Tale::new(&archive, &config)), "plots");
    let start = "# Performance story\n\nA service of a page. Durable means after the sync.\n\nAnother paragraph.\n\n";
    assert!(text.starts_with(start), "{text}");
    let (_, chapters) = text.split_once("## Targets").unwrap();
    let (targets, rest) = chapters.split_once("## Headline").unwrap();
    let (_, stacks) = rest.split_once("## Whole stacks").unwrap();
    let stacks = stacks.split("\n## ").next().unwrap();
    insta::assert_snapshot!(
        "targets_and_stacks",
        format!("{}\n\n{}", targets.trim(), stacks.trim())
    );
}
