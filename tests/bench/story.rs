//! How long the story of a thousand runs takes, each with its table, history and
//! record: read, compared, and written as Markdown, page and plots.

use std::path::{Path, PathBuf};
use std::time::Instant;

use shakedown::story::{Archive, StoryConfig, Tale, document, publish};
use shakedown::{Failure, Result};

/// Configurations, and runs of each.
const CONFIGURATIONS: usize = 250;
const RUNS: usize = 4;
/// What the reader is held to by hand: 1,000 profiles in under five seconds.
const TARGET_S: f64 = 5.0;

fn profiles() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("development/profiles/2026-11-22")
}

/// The stem of a committed run that has everything.
fn committed() -> Result<String> {
    let records = std::fs::read_dir(profiles())?.flatten();
    let mut stems: Vec<String> = records
        .filter_map(|file| {
            let name = file.file_name().into_string().ok()?;
            name.strip_suffix(".json").map(str::to_owned)
        })
        .filter(|stem| {
            profiles()
                .join(format!("{stem}_stats_history.csv"))
                .exists()
        })
        .collect();
    stems.sort();
    stems
        .into_iter()
        .find(|stem| stem.contains("_ingest_") && !stem.contains("dirty"))
        .ok_or_else(|| Failure::new("no run of the ingest mix is archived"))
}

/// Copies of one run, of different users; bytes written.
fn copies(directory: &Path) -> Result<usize> {
    let stem = committed()?;
    let read = |end: &str| std::fs::read_to_string(profiles().join(format!("{stem}{end}")));
    let record = read(".json")?;
    let tables = [
        "_stats.csv",
        "_stats_history.csv",
        "_failures.csv",
        "_exceptions.csv",
    ];
    let tables: Vec<(&str, String)> = tables
        .into_iter()
        .map(|end| Ok((end, read(end)?)))
        .collect::<Result<_>>()?;
    let mut bytes = 0;
    for configuration in 1..=CONFIGURATIONS {
        // The first is that of the load.
        let users = format!("\"users\": {}", 10 * configuration);
        let record = record.replacen("\"users\": 1500", &users, 1);
        for run in 1..=RUNS {
            let stem = format!("profile_{}_ingest_run{run}_abc1234", 10 * configuration);
            std::fs::write(directory.join(format!("{stem}.json")), &record)?;
            bytes += record.len();
            for (end, table) in &tables {
                std::fs::write(directory.join(format!("{stem}{end}")), table)?;
                bytes += table.len();
            }
        }
    }
    Ok(bytes)
}

#[test]
fn a_thousand_runs_are_told() -> Result {
    let directory = tempfile::tempdir()?;
    let profiles = directory.path().join("profiles");
    std::fs::create_dir(&profiles)?;
    let bytes = copies(&profiles)?;
    let config = StoryConfig::default();
    let began = Instant::now();
    let archive = Archive::read(&profiles, &config)?;
    let read = began.elapsed();
    let tale = Tale::new(&archive, &config);
    let compared = began.elapsed();
    let published = publish(&document(&tale), &directory.path().join("Story.md"))?;
    let all = began.elapsed();
    assert_eq!(archive.profiles.len(), CONFIGURATIONS * RUNS);
    assert!(archive.bad.is_empty(), "{:?}", archive.bad);
    assert_eq!(tale.sets.len(), CONFIGURATIONS);
    assert!(published.html.exists() && !published.plots.is_empty());
    println!(
        "{} runs, {} MiB: read {:.2} s, compared {:.2} s, written {:.2} s; in all {:.2} s, {TARGET_S} s are the target \
         (this build is a test's: dependencies are not optimised)",
        archive.profiles.len(),
        bytes >> 20,
        read.as_secs_f64(),
        (compared - read).as_secs_f64(),
        (all - compared).as_secs_f64(),
        all.as_secs_f64()
    );
    Ok(())
}
