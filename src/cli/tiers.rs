//! `cargo shakedown tiers`: the tiers of a workspace, counted and checked.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};

use serde::Serialize;

use super::arguments::{Format, TiersOptions};
use super::listing::{Listing, Suite};
use super::table;
use super::{Error, Exit, Output};
use crate::tier::{TIERS, Tier};

/// One line of the table.
#[derive(Debug, Serialize)]
struct Row {
    tier: &'static str,
    tests: usize,
    command: String,
    about: &'static str,
    needs: Vec<Need>,
}

/// A precondition that a tier's binary declares with `requires!`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Need {
    name: String,
    met: bool,
    reason: String,
}

pub(super) fn run(options: &TiersOptions, output: &mut Output) -> Result<Exit, Error> {
    let listing = match &options.from_listing {
        Some(path) => Listing::of_file(path)?,
        None => Listing::of_workspace(options.manifest_path.as_deref(), output)?,
    };
    let rows = rows(&listing)?;
    let text = match options.format {
        Format::Human => human(&rows),
        Format::Json => {
            serde_json::to_string_pretty(&rows).expect("rows are strings, numbers and lists") + "\n"
        }
    };
    output.data(&text)?;
    Ok(Exit::Fine)
}

fn rows(listing: &Listing) -> Result<Vec<Row>, Error> {
    let mut rows = vec![Row {
        tier: "fast",
        tests: count(listing, None),
        command: "cargo nextest run".to_owned(),
        about: "every test without a marker",
        needs: Vec::new(),
    }];
    for tier in TIERS {
        rows.push(Row {
            tier: tier.name(),
            tests: count(listing, Some(tier)),
            command: tier.command().to_owned(),
            about: tier.description(),
            needs: needs(listing, tier)?,
        });
    }
    Ok(rows)
}

/// The tier of one test: its binary's, or the `m_<marker>` module it stands in.
fn tier_of(suite: &Suite, test: &str) -> Option<Tier> {
    let marked = || {
        test.split("::")
            .filter_map(|segment| segment.strip_prefix("m_"))
            .find_map(Tier::from_name)
    };
    tier_of_binary(suite).or_else(marked)
}

fn tier_of_binary(suite: &Suite) -> Option<Tier> {
    (suite.kind == "test")
        .then(|| Tier::from_name(&suite.binary_name))
        .flatten()
}

fn count(listing: &Listing, tier: Option<Tier>) -> usize {
    listing
        .suites
        .values()
        .map(|suite| {
            let tests = suite.testcases.keys();
            tests.filter(|test| tier_of(suite, test) == tier).count()
        })
        .sum()
}

/// Asks the tier's binaries what they require.
fn needs(listing: &Listing, tier: Tier) -> Result<Vec<Need>, Error> {
    let mut needs = BTreeSet::new();
    for suite in listing.suites.values() {
        if tier_of_binary(suite) == Some(tier) {
            needs.extend(ask(suite)?);
        }
    }
    Ok(needs.into_iter().collect())
}

/// Lists one binary with `SHAKEDOWN_REQUIREMENTS` set: each `requires!` appends
/// `name`, `met` or `unmet`, and its reason, separated by tabs.
fn ask(suite: &Suite) -> Result<Vec<Need>, Error> {
    let file = tempfile::NamedTempFile::new().map_err(|source| Error::Write { source })?;
    Command::new(&suite.binary_path)
        .args(["--list", "--format", "terse"])
        .env("SHAKEDOWN_REQUIREMENTS", file.path())
        .current_dir(&suite.cwd)
        .stdin(Stdio::null())
        .output()
        .map_err(|source| Error::Spawn {
            program: suite.binary_path.display().to_string(),
            source,
        })?;
    read_needs(file.path())
}

fn read_needs(path: &Path) -> Result<Vec<Need>, Error> {
    let text = std::fs::read_to_string(path).map_err(|source| Error::Read {
        path: path.to_owned(),
        source,
    })?;
    Ok(text.lines().filter_map(need).collect())
}

fn need(line: &str) -> Option<Need> {
    let mut cells = line.splitn(3, '\t');
    Some(Need {
        name: cells.next()?.to_owned(),
        met: cells.next()? == "met",
        reason: cells.next().unwrap_or_default().to_owned(),
    })
}

fn human(rows: &[Row]) -> String {
    let cells: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            vec![
                row.tier.to_owned(),
                row.tests.to_string(),
                row.command.clone(),
                needs_cell(&row.needs),
            ]
        })
        .collect();
    let mut text = table::render(&["tier", "tests", "command", "needs"], &cells, &[1]);
    let unmet: Vec<String> = rows
        .iter()
        .flat_map(|row| {
            let unmet = row.needs.iter().filter(|need| !need.met);
            unmet.map(|need| format!("  {}: {}: {}\n", row.tier, need.name, need.reason))
        })
        .collect();
    if !unmet.is_empty() {
        text.push_str("\nnot met here, so skipped unless asked for by name:\n");
        text.push_str(&unmet.concat());
    }
    text
}

fn needs_cell(needs: &[Need]) -> String {
    if needs.is_empty() {
        return "-".to_owned();
    }
    let names = needs
        .iter()
        .map(|need| format!("{} ({})", need.name, if need.met { "met" } else { "unmet" }));
    names.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(text: &str) -> Listing {
        serde_json::from_str(text).unwrap()
    }

    fn sample() -> Listing {
        listing(
            r#"{"rust-suites": {
                "svc::api": {"binary-name": "api", "binary-path": "/none", "kind": "test", "cwd": "/",
                    "testcases": {"reads": {}, "m_stress::holds": {}, "m_stresses::is_a_word": {}}},
                "svc::fuzz": {"binary-name": "fuzz", "binary-path": "/bin/true", "kind": "test", "cwd": "/",
                    "testcases": {"parses": {}}},
                "stress": {"binary-name": "stress", "binary-path": "/none", "kind": "lib", "cwd": "/",
                    "testcases": {"unit": {}}}
            }}"#,
        )
    }

    #[test]
    fn counts_tests_by_binary_and_by_marker_module() {
        let counts: Vec<(&str, usize)> = rows(&sample())
            .unwrap()
            .iter()
            .map(|row| (row.tier, row.tests))
            .collect();
        assert_eq!(counts[0], ("fast", 3));
        assert!(counts.contains(&("stress", 1)));
        assert!(counts.contains(&("fuzz", 1)));
        assert!(counts.contains(&("docker", 0)));
    }

    #[test]
    fn reads_what_a_binary_requires() {
        assert_eq!(
            need("docker\tunmet\tno engine at /var/run/docker.sock"),
            Some(Need {
                name: "docker".to_owned(),
                met: false,
                reason: "no engine at /var/run/docker.sock".to_owned()
            })
        );
        assert_eq!(need("docker"), None);
    }

    #[test]
    fn unmet_needs_are_said_below_the_table() {
        let rows = vec![Row {
            tier: "docker",
            tests: 2,
            command: "cargo nextest run --profile docker".to_owned(),
            about: "",
            needs: vec![Need {
                name: "docker".to_owned(),
                met: false,
                reason: "no engine".to_owned(),
            }],
        }];
        insta::assert_snapshot!(human(&rows), @"
        tier    tests  command                             needs
        docker      2  cargo nextest run --profile docker  docker (unmet)

        not met here, so skipped unless asked for by name:
          docker: docker: no engine
        ");
    }
}
