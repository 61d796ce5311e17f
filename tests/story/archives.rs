//! A directory of profiles becomes a story: the figures, what was found, what was skipped.

use std::path::{Path, PathBuf};

use shakedown::story::{
    Archive, Comparison, Factors, Finding, Metric, RunSet, StoryConfig, StoryError, Tale, Verdict,
    document, markdown, summary,
};

pub(crate) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/story")
        .join(name)
}

pub(crate) fn archive(name: &str) -> Archive {
    Archive::read(&fixture(name), &StoryConfig::default()).unwrap()
}

fn headings(tale: &Tale<'_>) -> Vec<String> {
    let comparisons = tale.comparisons.iter();
    comparisons.map(Comparison::heading).collect()
}

#[test]
fn the_story_of_named_tables_reads_as_it_should() {
    let archive = archive("names");
    let tale = Tale::new(&archive, &StoryConfig::default());
    insta::assert_snapshot!("names_summary", summary(&tale));
    insta::assert_snapshot!("names_markdown", markdown(&document(&tale), "plots"));
}

#[test]
fn the_story_of_recorded_runs_reads_as_it_should() {
    let archive = archive("records");
    let tale = Tale::new(&archive, &StoryConfig::default());
    insta::assert_snapshot!("records_summary", summary(&tale));
    insta::assert_snapshot!("records_markdown", markdown(&document(&tale), "plots"));
}

#[test]
fn the_same_files_tell_the_same_story_byte_for_byte() {
    for name in ["names", "records"] {
        let tell = || {
            let archive = archive(name);
            let tale = Tale::new(&archive, &StoryConfig::default());
            let document = document(&tale);
            (
                markdown(&document, "plots"),
                shakedown::story::html(&document),
            )
        };
        assert_eq!(tell(), tell());
    }
}

#[test]
fn bad_files_are_listed_with_their_place_and_the_rest_is_told() {
    let archive = archive("names");
    let bad: Vec<String> = archive
        .bad
        .iter()
        .map(|bad| format!("{}: {}", bad.file, bad.cause))
        .collect();
    assert_eq!(
        bad,
        [
            "notes.csv: line 1, column 1: no table of Locust's has the header `date,what`",
            "profile_900_half_written_stats.csv: line 2, column 1: the row has 5 cells, the header 22",
        ]
    );
    assert_eq!(archive.profiles.len(), 5);
}

#[test]
fn runs_without_statistics_are_listed_and_strict_fails() {
    let directory = tempfile::tempdir().unwrap();
    let names = fixture("names");
    let history = "profile_800_notracing_12_workers_c0ffee1_stats_history.csv";
    std::fs::copy(names.join(history), directory.path().join(history)).unwrap();
    let record = "profile_50_dashboard_database-sqlite_tracing-off_2_workers_feed5eed.json";
    std::fs::copy(
        fixture("records").join(record),
        directory.path().join(record),
    )
    .unwrap();
    std::fs::write(directory.path().join("notes.json"), "{\"of\": \"others\"}").unwrap();
    let archive = Archive::read(directory.path(), &StoryConfig::default()).unwrap();
    let bad: Vec<&str> = archive.bad.iter().map(|bad| bad.file.as_str()).collect();
    assert_eq!(bad, [record, history]);
    assert_eq!(
        archive.bad[1].cause,
        "belongs to a run without statistics (`profile_800_notracing_12_workers_c0ffee1_stats.csv`)"
    );
}

#[test]
fn a_story_of_people_fits_on_a_few_screens() {
    let archive = archive("records");
    let text = markdown(
        &document(&Tale::new(&archive, &StoryConfig::default())),
        "plots",
    );
    let headings = text.lines().filter(|line| line.starts_with('#'));
    for heading in headings {
        assert!(heading.chars().count() <= 80, "{heading}");
    }
    let (story, files) = text.split_once("## Runs").unwrap();
    assert!(
        !story.contains("_stats.csv"),
        "file names stand in one table: {story}"
    );
    assert!(files.contains("_run4_feed5eed_stats.csv"));
}

#[test]
fn pairs_that_differ_in_one_factor_are_found_and_others_are_not() {
    let archive = archive("names");
    let tale = Tale::new(&archive, &StoryConfig::default());
    assert_eq!(
        headings(&tale),
        [
            "cores: not stated → 1",
            "workers: not stated → 12",
            "tracing: on → off",
        ],
        "12 workers against one core differ in two factors, the old commit in users too; \
         all are pairs with the base, so the largest effect is first"
    );
    for comparison in &tale.comparisons {
        assert_eq!(comparison.differences.len(), 1);
    }
}

#[test]
fn repeated_runs_are_one_configuration_with_a_verdict() {
    let archive = archive("records");
    let tale = Tale::new(&archive, &StoryConfig::default());
    let of = |heading: &str| {
        let mut comparisons = tale.comparisons.iter();
        comparisons
            .find(|comparison| comparison.heading() == heading)
            .unwrap()
    };
    let tracing = of("tracing: on → off");
    assert_eq!(
        (tracing.before.runs.len(), tracing.after.runs.len()),
        (4, 4)
    );
    let rps = tracing.delta(Metric::Rps).unwrap();
    assert_eq!(rps.verdict, Some(Verdict::Better));
    let interval = rps.interval.unwrap();
    let change = rps.change.unwrap();
    assert!(
        interval.low <= change && change <= interval.high,
        "{interval:?} holds {change}"
    );
    let workers = of("workers: 1 → 2");
    assert!(workers.deltas.iter().all(|delta| delta.verdict.is_none()));
}

#[test]
fn another_machine_its_load_and_a_saturated_generator_are_said() {
    let archive = archive("records");
    let tale = Tale::new(&archive, &StoryConfig::default());
    let workers = tale
        .comparisons
        .iter()
        .find(|comparison| comparison.heading() == "workers: 1 → 4")
        .unwrap();
    let said = workers.cautions.join("\n");
    for word in ["different machines", "different load", "was saturated"] {
        assert!(said.contains(word), "{word} in {said}");
    }
    assert_eq!(tale.comparisons[0].cautions, Vec::<String>::new());
    assert!(tale.comparisons.last().unwrap().changes_machine());
    let told = markdown(&document(&tale), "plots");
    let short = told
        .split("## In short")
        .nth(1)
        .unwrap()
        .split("\n## ")
        .next()
        .unwrap();
    assert!(
        short.contains("workers: 1 → 2") && !short.contains("1 → 4"),
        "{short}"
    );
}

#[test]
fn evidence_tells_a_saturated_server_from_a_saturated_generator() {
    let archive = archive("records");
    let tale = Tale::new(&archive, &StoryConfig::default());
    let of = |workers: &str| {
        let set: &RunSet<'_> = tale
            .sets
            .iter()
            .find(|set| {
                let factors: &Factors = set.factors;
                factors.get("workers") == Some(workers) && factors.get("tracing") == Some("off")
            })
            .unwrap();
        Finding::of(set)
    };
    assert!(matches!(of("4")[0], Finding::GeneratorSaturated { .. }));
    assert!(matches!(of("4")[1], Finding::MachineBusy { .. }));
    assert!(
        matches!(of("2")[0], Finding::WorkersBusy { .. }),
        "two workers used two of four cores"
    );
    let in_flight = of("2")
        .iter()
        .any(|finding| matches!(finding, Finding::InFlight { users, .. } if *users == 50.0));
    assert!(in_flight);
}

#[test]
fn a_record_counts_the_measured_window_and_not_the_ramp() {
    let archive = archive("records");
    let file = "profile_50_dashboard_database-sqlite_tracing-off_1_workers_feed5eed_stats.csv";
    let run = archive.profiles.iter().find(|run| run.file == file);
    let run = run.unwrap();
    // The record has 10 requests of the ramp, and 17,589 that ended in seconds 4 to 12.
    assert_eq!(run.numbers.requests, 19_707.0);
    assert_eq!(run.numbers.rps, Some(17_589.0 / 9.0));
    assert!(
        run.numbers.p50_ms.unwrap().fract() != 0.0,
        "microseconds, not Locust's whole ones"
    );
}

#[test]
fn names_of_others_are_read_by_pattern() {
    let directory = tempfile::tempdir().unwrap();
    let table = std::fs::read(fixture("names").join("profile_800_c0ffee1.csv")).unwrap();
    for name in ["soak-90-at-main.csv", "soak-120-at-main.csv"] {
        std::fs::write(directory.path().join(name), &table).unwrap();
    }
    let path = directory.path().join("shakedown.toml");
    std::fs::write(
        &path,
        "[[story.names]]\npattern = \"soak-{users}-at-{branch}\"\n",
    )
    .unwrap();
    let config = StoryConfig::read(&path).unwrap();
    let archive = Archive::read(directory.path(), &config).unwrap();
    let tale = Tale::new(&archive, &config);
    assert_eq!(headings(&tale), ["users: 90 → 120"]);
    assert_eq!(tale.comparisons[0].equal, [("branch", "main")]);
}

#[test]
fn a_directory_that_is_not_there_is_an_error_that_names_it() {
    let error = Archive::read(Path::new("no/such/profiles"), &StoryConfig::default()).unwrap_err();
    assert!(matches!(error, StoryError::List { .. }));
    assert_eq!(
        error.to_string(),
        "cannot list the profiles in `no/such/profiles`"
    );
    assert!(error.help().is_some());
}

#[test]
fn a_thousand_profiles_are_told_in_full_and_comparisons_stay_readable() {
    let directory = tempfile::tempdir().unwrap();
    let table = std::fs::read(fixture("names").join("profile_800_c0ffee1.csv")).unwrap();
    for users in 1..=10 {
        for workers in 1..=10 {
            for commit in ["aaaaaa1", "bbbbbb2", "cccccc3", "dddddd4", "eeeeee5"] {
                for tracing in ["", "notracing_"] {
                    let name = format!("profile_{users}00_{tracing}{workers}_workers_{commit}.csv");
                    std::fs::write(directory.path().join(name), &table).unwrap();
                }
            }
        }
    }
    let config = StoryConfig::default();
    let archive = Archive::read(directory.path(), &config).unwrap();
    let tale = Tale::new(&archive, &config);
    assert_eq!(tale.sets.len(), 1_000);
    // 500 pairs of tracing; 100 families of users and of workers, 10 pairs
    // each; 200 of commits, 5 pairs each.
    assert_eq!(tale.comparisons.len(), 500 + 1_000 + 1_000 + 1_000);
    let document = document(&tale);
    let text = markdown(&document, "plots");
    assert!(text.contains("3494 further pairs"));
    assert!(text.contains("3434 more, with smaller effects"));
    assert!(
        text.lines().count() < 2_400,
        "1,000 rows of figures and 1,000 of files"
    );
    assert!(document.plots().count() <= 60);
}

/// A copy of the recorded runs, the first of which had its server sampled.
fn sampled(directory: &std::path::Path) -> Archive {
    let records = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/story/records");
    let stem = "profile_50_dashboard_database-sqlite_tracing-off_1_workers_feed5eed";
    for ending in [".json", "_stats.csv"] {
        let name = format!("{stem}{ending}");
        std::fs::copy(records.join(&name), directory.join(&name)).unwrap();
    }
    let path = directory.join(format!("{stem}.json"));
    let mut record: serde_json::Value =
        serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    record["flame"] = serde_json::json!({
        "samples": 4_000, "hertz": 999, "callers_by": "DWARF",
        "functions": [
            { "name": "sqlite3VdbeExec", "own": 0.41, "total": 0.5 },
            { "name": "decnet::api::ingest::store_logs", "own": 0.12, "total": 0.3 },
        ],
    });
    std::fs::write(&path, record.to_string()).unwrap();
    let folded = "decnet;main;sqlite3VdbeExec 1640\ndecnet;main;decnet::api::ingest::store_logs 480\ndecnet;main 1880\n";
    std::fs::write(directory.join(format!("{stem}_flame.folded")), folded).unwrap();
    Archive::read(directory, &StoryConfig::default()).unwrap()
}

#[test]
fn samples_of_the_server_are_evidence_in_words_and_as_a_flame_graph() {
    let directory = tempfile::tempdir().unwrap();
    let archive = sampled(directory.path());
    assert!(archive.bad.is_empty(), "{:?}", archive.bad);
    let told = document(&Tale::new(&archive, &StoryConfig::default()));
    let text = markdown(&told, "plots");
    let sentence = "4,000 samples of the server's processor time, by thread: 100% `decnet`; \
                    by what ran itself: 41% `sqlite3VdbeExec`, \
                    12% `decnet::api::ingest::store_logs`.";
    assert!(text.contains(sentence), "{text}");
    assert!(text.contains("plots/flame-01.svg"), "{text}");
    let plot = told.plots().find(|plot| plot.slug == "flame-01").unwrap();
    insta::assert_snapshot!("flame_narrow", plot.narrow);
    let page = shakedown::story::html(&told);
    assert!(page.contains("id=\"flame-01\"") && page.contains("sqlite3VdbeExec"));
}

#[test]
fn stacks_that_are_missing_are_said_and_the_words_stay() {
    let directory = tempfile::tempdir().unwrap();
    drop(sampled(directory.path()));
    let stacks = std::fs::read_dir(directory.path()).unwrap().flatten();
    for file in stacks.filter(|file| file.path().extension().is_some_and(|e| e == "folded")) {
        std::fs::remove_file(file.path()).unwrap();
    }
    let archive = Archive::read(directory.path(), &StoryConfig::default()).unwrap();
    assert!(
        archive.bad[0].file.ends_with("_flame.folded"),
        "{:?}",
        archive.bad
    );
    let told = document(&Tale::new(&archive, &StoryConfig::default()));
    assert!(told.plots().all(|plot| plot.slug != "flame-01"));
    assert!(markdown(&told, "plots").contains("41% `sqlite3VdbeExec`"));
}
