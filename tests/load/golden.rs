//! Files of Locust 2.47 itself, read and written back, and its percentiles
//! computed again.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use shakedown::locust::{
    Median, REPORTED, ResponseTimes, StatsRow, read_exceptions, read_failures, read_history,
    read_stats, round_response_time, write_exceptions, write_failures, write_history, write_stats,
};

fn golden(name: &str) -> Vec<u8> {
    let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/locust/2.47.0");
    fs::read(directory.join(name)).unwrap()
}

#[track_caller]
fn same(ours: Vec<u8>, locusts: Vec<u8>) {
    // As text, so that a difference can be read.
    let text = |bytes| String::from_utf8(bytes).unwrap();
    assert_eq!(text(ours), text(locusts));
}

#[test]
fn every_file_read_and_written_again_is_the_same_to_the_byte() {
    let stats = golden("run_stats.csv");
    same(write_stats(&read_stats(&stats).unwrap()), stats);
    let history = golden("run_stats_history.csv");
    same(write_history(&read_history(&history).unwrap()), history);
    let failures = golden("run_failures.csv");
    same(write_failures(&read_failures(&failures).unwrap()), failures);
    let exceptions = golden("run_exceptions.csv");
    same(
        write_exceptions(&read_exceptions(&exceptions).unwrap()),
        exceptions,
    );
}

/// What `--json-file` keeps of an endpoint.
struct Final {
    requests: u64,
    times: Vec<u64>,
}

fn finals() -> BTreeMap<(String, String), Final> {
    let json: serde_json::Value = serde_json::from_slice(&golden("run.json")).unwrap();
    let entries = json.as_array().unwrap().iter();
    entries
        .map(|entry| {
            let text = |key: &str| entry[key].as_str().unwrap().to_owned();
            let mut times = ResponseTimes::default();
            for (bucket, count) in entry["response_times"].as_object().unwrap() {
                times.add(bucket.parse().unwrap(), count.as_u64().unwrap());
            }
            let requests = entry["num_requests"].as_u64().unwrap();
            assert_eq!(times.total(), requests);
            let times = times
                .buckets()
                .flat_map(|(bucket, count)| vec![bucket; usize::try_from(count).unwrap()]);
            let times = times.collect();
            ((text("method"), text("name")), Final { requests, times })
        })
        .collect()
}

/// The CSV is up to a second older than the JSON: it lacks its last requests, a
/// known gap of Locust. Whatever times those had, the time at a rank of the CSV
/// lies between the times at that rank and, as many further as are missing, in
/// the JSON.
#[test]
fn locusts_percentiles_are_where_our_rank_rule_says() {
    let finals = finals();
    let mut exact = 0;
    for row in read_stats(&golden("run_stats.csv")).unwrap() {
        let Some(last) = finals.get(&(row.method.clone(), row.name.clone())) else {
            assert_eq!(row.name, "Aggregated");
            continue;
        };
        let missing = usize::try_from(last.requests - row.requests).unwrap();
        for (value, p) in row.percentiles.unwrap().into_iter().zip(REPORTED) {
            let rank = ((row.requests as f64 * p) as usize).min(row.requests as usize - 1);
            let (least, most) = (last.times[rank], last.times[rank + missing]);
            assert!(
                (least..=most).contains(&value),
                "{p} of {row:?}: {least}..={most}"
            );
            exact += usize::from(least == most);
        }
        assert_eq!(
            row.percentiles.unwrap()[10],
            round_response_time(row.max_ms)
        );
    }
    assert_eq!(exact, 18, "cells of the sample that only one time fits");
}

#[test]
fn medians_of_locust_are_held_between_its_extremes() {
    for row in read_history(&golden("run_stats_history.csv")).unwrap() {
        let (least, most) = (row.min_ms, row.max_ms);
        match row.median {
            Median::Bucket(bucket) if row.requests > 0 => {
                assert!((least..=most).contains(&(bucket as f64)), "{row:?}");
            }
            Median::Bucket(_) => {}
            Median::Held(exact) => assert!(exact == least || exact == most, "{row:?}"),
        }
    }
}

#[test]
fn the_rates_of_all_rows_share_a_span() {
    let rows = read_stats(&golden("run_stats.csv")).unwrap();
    let span = |row: &StatsRow| row.requests as f64 / row.requests_per_second;
    let first = span(&rows[0]);
    for row in &rows {
        assert!((span(row) - first).abs() < 1e-9, "{row:?}");
    }
}

#[test]
fn another_file_is_refused_by_its_first_line() {
    let error = read_stats(&golden("run_failures.csv")).unwrap_err();
    insta::assert_snapshot!(error, @"column 1 is `Method` where a file of stats has `Type`");
    let cut = "Count,Message,Traceback\r\n";
    let error = read_exceptions(cut.as_bytes()).unwrap_err();
    insta::assert_snapshot!(error, @"column 4 is `` where a file of exceptions has `Nodes`");
    let wrong = "Count,Message,Traceback,Nodes\r\nmany,a,b,c\r\n";
    let error = read_exceptions(wrong.as_bytes()).unwrap_err();
    insta::assert_snapshot!(error, @"line 2: `Count` is `many`, which is not a count");
}
