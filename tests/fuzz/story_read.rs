//! The story, told from damaged archives: it is told or refused, never panics,
//! and what is drawn stays a drawing.
//!
//! `SHAKEDOWN_FUZZ_CASES` divided by 500 is how many archives are tried (2,000
//! by default), `SHAKEDOWN_FUZZ_SEED` where the sequence starts.

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use shakedown::story::{
    Archive, Factors, NamePattern, StoryConfig, Tale, document, factors_of_name, html, markdown,
};

use crate::locust_read::{Dice, damage, setting};

/// A record and its table, from the fixtures of the story.
fn run() -> (Vec<u8>, Vec<u8>) {
    let stem = "profile_50_dashboard_database-sqlite_tracing-off_1_workers_feed5eed";
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/story/records");
    let read = |end: &str| fs::read(directory.join(format!("{stem}{end}"))).unwrap();
    (read(".json"), read("_stats.csv"))
}

/// Replaces a number somewhere in `bytes` by one that nobody measured.
fn distort(bytes: &mut Vec<u8>, dice: &mut Dice) {
    const NUMBERS: [&str; 8] = [
        "0",
        "-1",
        "1e300",
        "-1e-300",
        "18446744073709551615",
        "null",
        "\"\"",
        "0.5",
    ];
    let start = dice.below(bytes.len().max(1));
    let Some(offset) = bytes[start..].iter().position(u8::is_ascii_digit) else {
        return;
    };
    let from = start + offset;
    let rest = &bytes[from..];
    let length = rest
        .iter()
        .position(|byte| !(byte.is_ascii_digit() || *byte == b'.'))
        .unwrap_or(rest.len());
    let number = NUMBERS[dice.below(NUMBERS.len())].bytes();
    bytes.splice(from..from + length, number);
}

#[test]
fn a_story_of_damaged_archives_never_panics_and_draws_well_formed_plots() {
    let cases = setting("SHAKEDOWN_FUZZ_CASES", 1_000_000) / 500;
    let mut dice = Dice::new(setting("SHAKEDOWN_FUZZ_SEED", 0x5eed));
    let (record, table) = run();
    let directory = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: &[u8]| fs::write(directory.path().join(name), bytes).unwrap();
    put("profile_50_tracing-on_feed5eed_stats.csv", &table);
    put("profile_50_tracing-on_feed5eed.json", &record);
    for _ in 0..cases.max(1) {
        let (mut record, mut table) = (record.clone(), table.clone());
        for _ in 0..=dice.below(5) {
            distort(&mut record, &mut dice);
            distort(&mut table, &mut dice);
        }
        if dice.below(8) == 0 {
            damage(&mut record, &mut dice);
        }
        if dice.below(8) == 0 {
            damage(&mut table, &mut dice);
        }
        put("profile_60_feed5eed_stats.csv", &table);
        put("profile_60_feed5eed.json", &record);
        let config = StoryConfig::default();
        let archive = Archive::read(directory.path(), &config).unwrap();
        let document = document(&Tale::new(&archive, &config));
        assert!(markdown(&document, "plots").starts_with("# "));
        assert!(html(&document).ends_with("</html>\n"));
        for plot in document.plots() {
            let drawing = plot.file();
            roxmltree::Document::parse(&drawing).unwrap();
            assert!(
                !drawing.contains("\"NaN") && !drawing.contains("\"inf"),
                "{drawing}"
            );
        }
    }
}

proptest! {
    #[test]
    fn any_name_has_factors(name in "(?s).{0,60}") {
        drop(factors_of_name(&name));
    }

    #[test]
    fn a_pattern_reads_what_it_was_filled_with(users in "[0-9]{1,5}", branch in "[a-z]{1,9}") {
        let pattern = NamePattern::new("load-{users}-on-{branch}", Factors::new()).unwrap();
        let factors = pattern.factors_of(&format!("load-{users}-on-{branch}")).unwrap();
        prop_assert_eq!(factors.get("users"), Some(users.as_str()));
        prop_assert_eq!(factors.get("branch"), Some(branch.as_str()));
    }

    #[test]
    fn any_pattern_is_understood_or_refused(pattern in "[a-z{}_]{0,20}", name in "[a-z_]{0,20}") {
        if let Ok(pattern) = NamePattern::new(&pattern, Factors::new()) {
            drop(pattern.factors_of(&name));
        }
    }
}
