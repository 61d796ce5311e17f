//! `.config/nextest.toml`: valid, complete, and in agreement with the tests that
//! exist.

use crate::nested;
use serde_json::{Value, json};
use shakedown::tier::TIERS;
use std::collections::BTreeSet;
use std::path::Path;
use toml::Table;

/// The test binaries of the fast tier, beside unit tests. Any other joins the
/// fast suite unasked, so a new one is entered here, or belongs into a tier.
const FAST: &[&str] = &[
    "api",
    "cli",
    "contract",
    "fixtures",
    "harness",
    "inspect",
    "load",
    "mysql", // all of it in modules `m_live` and `m_bench`
    "service_testing",
    "session",
    "sniffer",
    "story",
    "workbook",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> Table {
    toml::from_str(&std::fs::read_to_string(root().join(path)).unwrap()).unwrap()
}

fn shipped() -> Table {
    read(".config/nextest.toml")
}

fn as_json(table: &Table) -> Value {
    serde_json::to_value(table).unwrap()
}

/// nextest's own schema of its configuration.
fn schema() -> Value {
    let mut command = nested::cargo();
    command.args(["nextest", "self", "schema", "repo-config"]);
    let outcome = nested::other(command).run();
    outcome.exits(0);
    serde_json::from_str(&outcome.stdout).unwrap()
}

#[test]
fn nextest_knows_every_key_of_both_configurations() {
    let schema = jsonschema::validator_for(&schema()).unwrap();
    for path in [
        ".config/nextest.toml",
        "fixtures/sample/.config/nextest.toml",
    ] {
        let document = as_json(&read(path));
        let errors: Vec<_> = schema
            .iter_errors(&document)
            .map(|error| format!("{path}: {}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{}", errors.join("\n"));
    }
}

#[test]
fn a_key_that_nextest_would_only_warn_about_is_found() {
    let schema = jsonschema::validator_for(&schema()).unwrap();
    let mut document = as_json(&shipped());
    assert!(schema.is_valid(&document));
    document["profile"]["stress"]["no-capture"] = json!(true);
    assert!(!schema.is_valid(&document));
}

/// The overrides of the profile that all inherit from.
fn overrides(configuration: &Table) -> Vec<&Table> {
    let overrides = configuration["profile"]["default"]["overrides"].as_array();
    let overrides = overrides.unwrap().iter();
    overrides.map(|value| value.as_table().unwrap()).collect()
}

/// The names in `binary(=name)` and `binary(/^(name|name)$/)`.
fn binaries(filter: &str) -> BTreeSet<&str> {
    let inside = filter.split("binary(").skip(1);
    let inside = inside.map(|text| text.split_once([')', '$']).unwrap().0);
    let names = inside.flat_map(|text| text.trim_start_matches(['=', '/', '^', '(']).split('|'));
    names.collect()
}

#[test]
fn every_tier_has_a_profile_of_its_name_that_runs_it_alone() {
    let configuration = shipped();
    for tier in TIERS {
        let profile = configuration["profile"][tier.profile()].as_table().unwrap();
        assert_eq!(profile["inherits"].as_str(), Some("tier"), "{tier}");
        assert_eq!(
            profile["default-filter"].as_str().unwrap(),
            format!("binary(={tier}) | test(/(^|::)m_{tier}(::|$)/)")
        );
    }
    let fast = configuration["profile"]["default"]["default-filter"].as_str();
    let names: Vec<_> = TIERS.iter().map(|tier| tier.name()).collect();
    let names = names.join("|");
    assert_eq!(
        fast.unwrap(),
        format!("not (binary(/^({names})$/) | test(/(^|::)m_({names})(::|$)/))")
    );
}

#[test]
fn the_sample_is_filtered_as_the_project_is() {
    let (shipped, sample) = (shipped(), read("fixtures/sample/.config/nextest.toml"));
    let profiles = TIERS.iter().map(|tier| tier.profile());
    for profile in profiles.chain(["default", "all"]) {
        assert_eq!(
            shipped["profile"][profile]["default-filter"],
            sample["profile"][profile]["default-filter"],
            "{profile}"
        );
    }
}

#[test]
fn limits_of_a_tier_stand_in_overrides_that_every_profile_inherits() {
    let configuration = shipped();
    for (name, profile) in configuration["profile"].as_table().unwrap() {
        let has = profile.get("slow-timeout").is_some();
        assert_eq!(has, name == "default", "slow-timeout in profile `{name}`");
    }
    let mut limited = BTreeSet::new();
    for entry in overrides(&configuration) {
        if entry.contains_key("slow-timeout") {
            limited.extend(binaries(entry["filter"].as_str().unwrap()));
        }
    }
    for tier in TIERS {
        assert!(limited.contains(tier.name()), "`{tier}` has no override");
    }
}

#[test]
fn every_limit_ends_the_test_and_leaves_time_for_its_stacks() {
    let configuration = shipped();
    let default = configuration["profile"]["default"].as_table().unwrap();
    let of_overrides = overrides(&configuration);
    let limits = of_overrides
        .iter()
        .filter_map(|entry| entry.get("slow-timeout"));
    for limit in limits.chain([&default["slow-timeout"]]) {
        assert!(limit["terminate-after"].as_integer() > Some(0), "{limit}");
        let grace = limit["grace-period"].as_str().unwrap();
        let seconds: u32 = grace.trim_end_matches('s').parse().unwrap();
        assert!(seconds >= 5, "{limit}");
    }
    assert_eq!(default["leak-timeout"]["result"].as_str(), Some("fail"));
    assert!(default.contains_key("global-timeout"));
    for (name, script) in configuration["scripts"]["setup"].as_table().unwrap() {
        assert!(
            script["slow-timeout"]["terminate-after"].as_integer() > Some(0),
            "setup script `{name}`"
        );
    }
}

#[test]
fn every_override_says_why() {
    let text = std::fs::read_to_string(root().join(".config/nextest.toml")).unwrap();
    let lines: Vec<_> = text.lines().collect();
    for (index, line) in lines.iter().enumerate() {
        if line.starts_with("[[profile.") {
            let before = lines[index - 1];
            assert!(before.starts_with("# "), "line {}: `{line}`", index + 1);
        }
    }
}

#[test]
fn flaky_tests_fail_where_tests_are_repeated() {
    for (name, profile) in shipped()["profile"].as_table().unwrap() {
        if profile.get("retries").is_some() {
            let result = profile.get("flaky-result").and_then(toml::Value::as_str);
            assert_eq!(result, Some("fail"), "profile `{name}`");
        }
    }
}

/// `name version` of each package in a lock file that comes from the registry.
fn locked(path: &str) -> BTreeSet<String> {
    let lock = read(path);
    let packages = lock["package"].as_array().unwrap().iter();
    let from_registry = packages.filter(|package| package.get("source").is_some());
    let text = |package: &toml::Value| format!("{} {}", package["name"], package["version"]);
    from_registry.map(text).collect()
}

#[test]
fn the_sample_builds_offline_from_what_the_project_has_fetched() {
    let (project, sample) = (locked("Cargo.lock"), locked("fixtures/sample/Cargo.lock"));
    let foreign: Vec<_> = sample.difference(&project).collect();
    assert!(
        !sample.is_empty() && foreign.is_empty(),
        "not in Cargo.lock: {foreign:?}; copy it to fixtures/sample and run \
         `cargo metadata --offline` there"
    );
}

/// The names of the integration tests of each package, from cargo.
fn test_targets() -> Vec<(String, String)> {
    let mut command = nested::cargo();
    command
        .current_dir(root())
        .env_remove("CARGO_TARGET_DIR")
        .args([
            "metadata",
            "--no-deps",
            "--offline",
            "--format-version",
            "1",
        ]);
    let outcome = nested::other(command).run();
    outcome.exits(0);
    let metadata: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let mut found = Vec::new();
    for package in metadata["packages"].as_array().unwrap() {
        for target in package["targets"].as_array().unwrap() {
            if target["kind"] == json!(["test"]) {
                let text = |value: &Value| value.as_str().unwrap().to_owned();
                found.push((text(&package["name"]), text(&target["name"])));
            }
        }
    }
    found
}

#[test]
fn every_test_binary_is_a_tier_or_known_to_be_fast() {
    let targets = test_targets();
    for (package, target) in &targets {
        let tier = TIERS.iter().any(|tier| tier.name() == target);
        let fast = package != "shakedown" || FAST.contains(&target.as_str());
        assert!(
            tier || fast,
            "`{package}::{target}` would join the fast suite unasked; file it under a tier, \
             or enter it in FAST in {}",
            file!()
        );
    }
    for tier in TIERS {
        let own = ("shakedown".to_owned(), tier.name().to_owned());
        assert!(targets.contains(&own), "no test binary `{tier}`");
    }
}

#[test]
fn every_tier_binary_declares_its_tier() {
    for tier in TIERS {
        let path = root().join(format!("tests/{tier}/main.rs"));
        let text = std::fs::read_to_string(&path).unwrap();
        let declaration = format!("shakedown::tier!({tier});");
        assert!(text.contains(&declaration), "{} lacks it", path.display());
    }
}
