//! Several runs of one configuration, and what is drawn of one over time.

use std::path::Path;

use serde_json::json;
use shakedown::story::{Archive, Metric, Profile, RunSet, StoryConfig, Tale};

/// A table and a record whose measured window has `histogram`, as a run leaves them.
fn write(directory: &Path, stem: &str, histogram: &str, p50_ms: f64, started: &str) {
    let table = "Type,Name,Request Count,Failure Count,Median Response Time,Requests/s\n\
                 ,Aggregated,1000,0,7,100\n";
    std::fs::write(directory.join(format!("{stem}_stats.csv")), table).unwrap();
    let second = |second: u64, requests: u64| json!({ "second": second, "users": 10, "requests": requests, "failures": 0, "histogram": "1000:5" });
    let record = json!({
        "schema": 1, "name": "things", "started": started,
        "load": { "users": 10, "loop": "open", "rate": 100.0, "duration_s": 3.0 },
        "windows": { "ramp_s": 1.2, "measured_s": 3.3, "complete": true },
        "measured": { "requests": 1000, "failures": 0, "p50_ms": p50_ms, "p95_ms": p50_ms, "mean_ms": p50_ms,
                      "histogram": histogram },
        "series": [second(0, 50), second(1, 100), second(2, 100), second(3, 100), second(4, 12)],
    });
    std::fs::write(directory.join(format!("{stem}.json")), record.to_string()).unwrap();
}

fn two_runs() -> (tempfile::TempDir, Archive) {
    let directory = tempfile::tempdir().unwrap();
    // 1,000 requests of 1 ms; and 400 of 1 ms with 600 of 101 ms.
    write(
        directory.path(),
        "profile_10_things",
        "1000:1000",
        1.0,
        "2026-11-21T10:00:00Z",
    );
    write(
        directory.path(),
        "profile_10_things_run2",
        "1000:400,100000:600",
        101.0,
        "2026-11-21T10:01:00Z",
    );
    let archive = Archive::read(directory.path(), &StoryConfig::default()).unwrap();
    assert!(archive.bad.is_empty(), "{:?}", archive.bad);
    (directory, archive)
}

#[test]
fn the_throughput_of_a_closed_loop_is_without_its_last_answers() {
    let directory = tempfile::tempdir().unwrap();
    write(
        directory.path(),
        "things",
        "1000:1000",
        1.0,
        "2026-11-21T10:00:00Z",
    );
    let record = directory.path().join("things.json");
    let mut value: serde_json::Value =
        serde_json::from_slice(&std::fs::read(&record).unwrap()).unwrap();
    value["load"] = json!({ "users": 10, "loop": "closed", "duration_s": 3.9 });
    value["windows"]["measured_s"] = json!(40.0);
    std::fs::write(&record, value.to_string()).unwrap();
    let archive = Archive::read(directory.path(), &StoryConfig::default()).unwrap();
    let sets = RunSet::group(&archive.profiles);
    // Users ran from 1.2 s to 5.1 s: 100 requests ended in second 3, and 12 in second 4.
    assert_eq!(sets[0].value(Metric::Rps), Some(56.0));
}

#[test]
fn percentiles_of_repeated_runs_are_of_all_their_requests() {
    let (_directory, archive) = two_runs();
    let sets = RunSet::group(&archive.profiles);
    let [set] = sets.as_slice() else {
        panic!("one configuration, not {}", sets.len());
    };
    assert_eq!(
        set.value(Metric::P50),
        Some(1.0),
        "the mean of two medians is 51"
    );
    assert_eq!(set.value(Metric::P95), Some(101.0));
    assert_eq!(set.value(Metric::Mean), Some(51.0));
    assert_eq!(
        set.values(Metric::P50),
        [1.0, 101.0],
        "intervals are over runs"
    );
    let at_66 = set
        .curve()
        .into_iter()
        .find(|(percent, _)| *percent == 66.0);
    assert_eq!(at_66, Some((66.0, 1.0)));
}

#[test]
fn tables_without_histograms_show_the_middle_run_and_no_mean_of_percentiles() {
    let (directory, _) = two_runs();
    for file in std::fs::read_dir(directory.path()).unwrap().flatten() {
        if file.path().extension().is_some_and(|end| end == "json") {
            std::fs::remove_file(file.path()).unwrap();
        }
    }
    let second = directory.path().join("profile_10_things_run2_stats.csv");
    let table = std::fs::read_to_string(&second).unwrap();
    std::fs::write(&second, table.replace(",7,", ",900,")).unwrap();
    let archive = Archive::read(directory.path(), &StoryConfig::default()).unwrap();
    let sets = RunSet::group(&archive.profiles);
    assert_eq!(sets.len(), 1);
    assert_eq!(sets[0].value(Metric::P50), Some(7.0));
}

#[test]
fn the_last_second_of_a_run_is_no_crash_and_the_recorded_ramp_is_shaded() {
    let (_directory, archive) = two_runs();
    let run: &Profile = &archive.profiles[0];
    let seconds: Vec<(f64, f64)> = run
        .timeline()
        .iter()
        .map(|second| (second.at, second.rps.unwrap()))
        .collect();
    assert_eq!(
        seconds,
        [(0.0, 50.0), (1.0, 100.0), (2.0, 100.0), (3.0, 100.0)]
    );
    // All users of an open loop are there from the beginning; its ramp is of the rate.
    let told = shakedown::story::document(&Tale::new(&archive, &StoryConfig::default()));
    let plot = told.plots().find(|plot| plot.slug == "time-01").unwrap();
    assert_eq!(plot.wide.matches("class=\"shade\"").count(), 2);
    // 874 units for 3 seconds, of which 1.2 are the ramp.
    assert!(plot.wide.contains("width=\"349.6\""), "{}", plot.wide);
}

#[test]
fn what_the_server_used_is_of_the_measured_window_and_drawn_below() {
    let (directory, _) = two_runs();
    let path = directory.path().join("profile_10_things.json");
    let mut record: serde_json::Value =
        serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let sample = |at: f64, cores: f64| json!({ "at_s": at, "cpu_cores": cores, "rss_bytes": 50 << 20, "threads": 4 });
    record["server"] = json!({
        "pid": 1, "cores": 2, "cpu_cores": 0.7,
        // The ramp ends at 1.2 s: what was looked at within it is not of the window.
        "samples": [sample(1.0, 0.1), sample(2.0, 0.4), sample(3.0, 0.9), sample(4.0, 0.9)],
    });
    record["gauges"] = json!({ "writer.queue_depth": { "series": [[2.0, 7.0], [3.0, 9.0]] } });
    std::fs::write(&path, record.to_string()).unwrap();
    let archive = Archive::read(directory.path(), &StoryConfig::default()).unwrap();
    let run = &archive.profiles[0];
    assert_eq!(run.conditions.server_cpu_cores, Some(0.9));
    let queue: Vec<Option<f64>> = run
        .timeline()
        .iter()
        .map(|second| second.queue_depth)
        .collect();
    assert_eq!(queue, [None, Some(7.0), Some(9.0), None]);
    let alone = RunSet::of(std::slice::from_ref(run)).unwrap();
    let plot = shakedown::story::plot::timeline("time", "one run", alone.runs[0]).unwrap();
    for panel in [
        "cores of the server",
        "memory of the server, MiB",
        "writes that wait",
    ] {
        assert!(
            plot.wide.contains(panel) && plot.narrow.contains(panel),
            "{panel}"
        );
    }
    roxmltree::Document::parse(&plot.file()).unwrap();
}
