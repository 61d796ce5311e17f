//! The subcommands as a user sees them.

use std::path::Path;

use shakedown::fixtures::scratch;

#[path = "../cli/invocation.rs"]
mod invocation;

use crate::gates::mixed;
use crate::published::root;
pub(crate) use invocation::shakedown;

fn config() -> String {
    root().join(".config/shakedown.toml").display().to_string()
}

#[test]
fn help_says_what_each_is_for() {
    for command in ["bench", "gate", "calibrate", "trend", "export", "workbook"] {
        insta::assert_snapshot!(format!("help_{command}"), shakedown(&[command, "--help"]));
    }
}

#[test]
fn results_fit_eighty_columns() {
    let text = shakedown(&["bench", "show", "--config", &config()])
        .replace(&root().display().to_string(), "[root]");
    assert!(text.starts_with("exit 0\n"), "{text}");
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    insta::assert_snapshot!("published_results", text);
}

#[test]
fn an_unknown_phase_is_an_error_that_lists_those_there_are() {
    let text = shakedown(&["bench", "--phase", "NO_SUCH", "--config", &config()]);
    assert!(text.starts_with("exit 2\n"), "{text}");
    assert!(
        text.contains("no phase `NO_SUCH`") && text.contains("SBOM_FIRST, IMAGE_UNPACK"),
        "{text}"
    );
}

#[test]
fn a_command_is_measured_judged_and_archived() {
    let directory = scratch();
    let config = directory.join(".config/shakedown.toml");
    std::fs::create_dir(directory.join(".config")).unwrap();
    let phase = "target = \"10 s\"\ngate = \"hard\"\nsamples = 4\nrun = { command = [\"true\"] }\n";
    std::fs::write(&config, format!("[phase.ONE]\n{phase}[phase.TWO]\n{phase}")).unwrap();
    let config = config.display().to_string();
    let text = shakedown(&[
        "bench",
        "--phase",
        "TWO",
        "--samples",
        "7",
        "--config",
        &config,
    ]);
    assert!(
        text.starts_with("exit 0\n") && text.contains("TWO: P95 "),
        "{text}"
    );
    let table = text.lines().find(|line| line.starts_with("TWO ")).unwrap();
    assert_eq!(table.split_whitespace().nth(1), Some("7"));
    assert!(!text.contains("ONE"), "{text}");
    let archive = directory.join("development/bench-artifacts");
    let (path, artifact) = shakedown::workbook::latest(&archive).unwrap();
    assert_eq!(artifact.phases.len(), 1);
    assert!(artifact.calibration.unwrap().before_us > 0.0);
    assert!(text.contains(&path.display().to_string()), "{text}");
    let shown = shakedown(&["bench", "show", &path.display().to_string()]);
    assert!(shown.contains("TWO: P95 "), "{shown}");
    let gate = shakedown(&["gate", "--config", &config, "--phase", "TWO"]);
    assert!(
        gate.starts_with("exit 0\n") && gate.contains("ok   TWO (hard)"),
        "{gate}"
    );
    let whole = shakedown(&["gate", "--config", &config]);
    assert!(
        whole.starts_with("exit 100\n") && whole.contains("fail ONE (hard): not measured"),
        "{whole}"
    );
}

#[test]
fn a_failing_phase_archives_nothing() {
    // A failure in this process, on purpose or not, would keep a `scratch`.
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    std::fs::create_dir(directory.join(".config")).unwrap();
    let config = directory.join(".config/shakedown.toml");
    let text = "[phase.BAD]\ntarget = \"1 s\"\ngate = \"hard\"\nsamples = 4\nrun = { command = [\"false\"] }\n";
    std::fs::write(&config, text).unwrap();
    let text = shakedown(&["bench", "--config", &config.display().to_string()]);
    assert!(
        text.starts_with("exit 3\n") && text.contains("error: phase `BAD`: `false` ended with"),
        "{text}"
    );
    assert!(!directory.join("development").exists());
}

#[test]
fn a_failing_phase_does_not_lose_what_was_measured() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    std::fs::create_dir(directory.join(".config")).unwrap();
    let config = directory.join(".config/shakedown.toml");
    let table = |name: &str, program: &str| {
        format!(
            "[phase.{name}]\ntarget = \"9 s\"\ngate = \"hard\"\nsamples = 2\n\
             run = {{ command = [\"{program}\"] }}\n"
        )
    };
    let text = table("ONE", "true") + &table("BAD", "false") + &table("TWO", "true");
    std::fs::write(&config, text).unwrap();
    let text = shakedown(&["bench", "--config", &config.display().to_string()]);
    assert!(
        text.starts_with("exit 3\n") && text.contains("error: phase `BAD`: `false` ended with"),
        "{text}"
    );
    let (_, artifact) =
        shakedown::workbook::latest(&directory.join("development/bench-artifacts")).unwrap();
    let names: Vec<&str> = artifact.phases.iter().map(|of| of.phase.as_str()).collect();
    assert_eq!(names, ["ONE", "TWO"]);
    assert_eq!(artifact.missing[0].phase, "BAD");
    assert!(artifact.missing[0].reason.contains("it failed"));
}

#[test]
fn micro_benchmarks_are_shown_in_eighty_columns() {
    let directory = scratch();
    let config = gated(directory.path());
    let micro = |name: &str, ns: f64, instructions: Option<u64>| {
        serde_json::from_value(serde_json::json!({
            "name": name, "build": "release", "samples": 100, "calls": 1_000_000,
            "mean_ns": ns, "median_ns": ns, "p95_ns": ns * 1.5, "min_ns": ns * 0.9,
            "max_ns": ns * 3.0, "instructions": instructions,
            "work": { "count": 4096, "unit": "B" },
        }))
        .unwrap()
    };
    let artifact = mixed().with_micro(vec![
        micro("read_locust_history", 123_456_789.0, Some(1_234_567_890)),
        micro("parse", 12.5, None),
    ]);
    let path = artifact.write(&directory.join("more")).unwrap();
    let path = path.display().to_string();
    let text = shakedown(&["bench", "show", &path, "--config", &config]);
    let table = text.split_once("call (release build)").unwrap().1;
    for line in table.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    assert!(
        table.contains("12.5ns") && table.contains("328G B/s"),
        "{text}"
    );
    assert!(table.contains("1.23G"), "{text}");
}

/// An artifact in a workspace of its own; the path of its configuration.
fn gated(directory: &Path) -> String {
    std::fs::create_dir(directory.join(".config")).unwrap();
    let config = directory.join(".config/shakedown.toml");
    std::fs::write(&config, "").unwrap();
    mixed()
        .write(&directory.join("development/bench-artifacts"))
        .unwrap();
    config.display().to_string()
}

#[test]
fn a_broken_gate_exits_with_100_and_leaves_tickets_and_junit() {
    let directory = scratch();
    let config = gated(directory.path());
    let junit = directory.join("out/gate.xml").display().to_string();
    let text = shakedown(&["gate", "--config", &config, "--junit", &junit]);
    assert!(text.starts_with("exit 100\n"), "{text}");
    let xml = std::fs::read_to_string(&junit).unwrap();
    assert!(xml.contains("failures=\"1\""), "{xml}");
    let ticket = directory.join("development/bench-artifacts/tickets/SLOPPY-c0ffee1.md");
    std::fs::write(&ticket, "edited by somebody").unwrap();
    let again = shakedown(&["gate", "--config", &config, "--format", "github"]);
    assert!(
        again.contains("::error title=phase BROKEN::") && again.contains("stands"),
        "{again}"
    );
    assert_eq!(
        std::fs::read_to_string(&ticket).unwrap(),
        "edited by somebody"
    );
}

#[test]
fn where_nothing_was_judged_the_output_and_the_junit_document_say_so() {
    let directory = scratch();
    let config = gated(directory.path());
    let table = "[phase.OTHER]\ntarget = \"1 s\"\ngate = \"soft\"\nsamples = 1\n";
    std::fs::write(&config, table).unwrap();
    let junit = directory.join("gate.xml").display().to_string();
    let text = shakedown(&[
        "gate", "--config", &config, "--phase", "OTHER", "--format", "github", "--junit", &junit,
    ]);
    assert!(
        text.starts_with("exit 100\n") && text.contains("nothing was judged"),
        "{text}"
    );
    assert!(
        text.contains("::warning title=phase OTHER::not measured"),
        "{text}"
    );
    let xml = std::fs::read_to_string(&junit).unwrap();
    assert!(xml.contains("name=\"OTHER\"><skipped"), "{xml}");
}

#[test]
fn more_samples_than_a_phase_may_have_are_refused() {
    for command in ["bench", "gate", "calibrate"] {
        let mut arguments = vec![command, "--samples", "10000001"];
        if command == "gate" {
            arguments.extend(["--base", "HEAD"]);
        }
        let text = shakedown(&arguments);
        assert!(
            text.starts_with("exit 2\n") && text.contains("10000001 is not in 1..=10000000"),
            "{text}"
        );
    }
}

#[test]
fn an_empty_archive_is_an_error_with_help() {
    let directory = scratch();
    std::fs::create_dir(directory.join(".config")).unwrap();
    let config = directory.join(".config/shakedown.toml");
    std::fs::write(&config, "").unwrap();
    let config = config.display().to_string();
    for command in ["gate", "trend", "export"] {
        let text = shakedown(&[command, "--config", &config]);
        assert!(
            text.starts_with("exit 2\n") && text.contains("help: cargo shakedown bench"),
            "{text}"
        );
    }
}

#[test]
fn the_workbook_is_written_with_its_page_and_plots() {
    let directory = scratch();
    let path = directory.join("Workbook.md").display().to_string();
    let text = shakedown(&["workbook", "--config", &config(), "--output", &path]);
    assert!(
        text.starts_with("exit 0\n") && text.contains("wrote 8 plots"),
        "{text}"
    );
    let markdown = std::fs::read_to_string(&path).unwrap();
    insta::assert_snapshot!("published_workbook", markdown);
    assert!(directory.join("Workbook.html").is_file());
    assert!(directory.join("Workbook-plots/trend-api-p95.svg").is_file());
}

#[test]
fn the_trend_is_told_and_written() {
    let directory = scratch();
    let path = directory.join("Trend.md").display().to_string();
    let text = shakedown(&["trend", "--config", &config(), "--output", &path]);
    assert!(
        text.starts_with("exit 0\n") && text.contains("wrote 8 plots"),
        "{text}"
    );
    assert!(
        text.lines().any(|line| line.starts_with("API_P95 ")),
        "{text}"
    );
    for line in text
        .lines()
        .take_while(|line| !line.starts_with("---- stderr"))
    {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

#[test]
fn an_export_of_an_old_version_is_the_newest_one() {
    let json = shakedown(&["export", "--config", &config(), "--format", "json"]);
    assert!(json.contains("\"schema\": 1"), "{json}");
    let table = shakedown(&["export", "--config", &config()]);
    assert!(table.contains("| `SBOM_FIRST` |"), "{table}");
}
