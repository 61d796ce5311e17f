//! Reading what Locust 0.13 to 2.47 wrote, and what is not quite it.

use std::path::{Path, PathBuf};

use shakedown::locust::read::{
    Cause, Exception, Failure, History, Malformed, Rate, ReadError, Stats, Table, parse, read,
};
use shakedown::story::{Archive, StoryConfig};

fn golden(version: &str, file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/locust")
        .join(version)
        .join(file)
}

fn stats(version: &str) -> Stats {
    match read(&golden(version, "run_stats.csv")).unwrap() {
        Table::Stats(stats) => stats,
        other => panic!("not statistics: {other:?}"),
    }
}

fn history(version: &str) -> History {
    match read(&golden(version, "run_stats_history.csv")).unwrap() {
        Table::History(history) => history,
        other => panic!("not a history: {other:?}"),
    }
}

fn failures(version: &str) -> Vec<Failure> {
    match read(&golden(version, "run_failures.csv")).unwrap() {
        Table::Failures(failures) => failures,
        other => panic!("no failures: {other:?}"),
    }
}

fn exceptions(version: &str) -> Vec<Exception> {
    match read(&golden(version, "run_exceptions.csv")).unwrap() {
        Table::Exceptions(exceptions) => exceptions,
        other => panic!("no exceptions: {other:?}"),
    }
}

fn parsed_stats(text: &str) -> Stats {
    match parse(text.as_bytes()).unwrap() {
        Table::Stats(stats) => stats,
        other => panic!("not statistics: {other:?}"),
    }
}

fn refused(text: &str) -> Malformed {
    parse(text.as_bytes()).unwrap_err()
}

#[test]
fn statistics_of_every_version_have_their_aggregate() {
    for (version, requests, failures, p95, columns) in [
        ("1.1", 1040, 113, 42.0, 12),
        ("2.20.0", 581, 124, 36.0, 11),
        ("2.47.0", 3037, 613, 36.0, 11),
    ] {
        let stats = stats(version);
        let all = stats.aggregated().unwrap();
        let sum: u64 = stats.endpoints().map(|row| row.requests).sum();
        assert_eq!(
            all.requests, sum,
            "{version}: the aggregate holds every endpoint"
        );
        assert_eq!(stats.rate, Rate::WholeRun);
        assert_eq!(stats.percentiles.len(), columns, "{version}");
        assert_eq!(
            (all.requests, all.failures),
            (requests, failures),
            "{version}"
        );
        assert_eq!(stats.percentile_ms(all, 95.0), Some(p95), "{version}");
    }
}

#[test]
fn names_keep_their_quotes_and_commas_in_every_version() {
    for version in ["1.1", "2.20.0", "2.47.0"] {
        let name = "/slow \"quoted\", comma";
        assert!(
            stats(version).rows.iter().any(|row| row.name == name),
            "{version}"
        );
        assert!(
            history(version)
                .rows
                .iter()
                .any(|row| row.stats.name == name),
            "{version}: the history, whose quotes 1.1 did not double"
        );
    }
}

#[test]
fn a_history_counts_up_to_the_statistics() {
    // 2.20.0 was stopped between the two writes of its last second.
    for (version, missing) in [("1.1", 0), ("2.20.0", 83), ("2.47.0", 0)] {
        let history = history(version);
        let last = history.aggregated().last().unwrap();
        let all = stats(version).aggregated().unwrap().requests;
        assert_eq!(last.stats.requests + missing, all, "{version}");
        assert!(last.users.is_some());
        let times: Vec<u64> = history.aggregated().map(|row| row.timestamp).collect();
        assert!(times.is_sorted(), "{version}");
        let first = history.aggregated().next().unwrap();
        assert_eq!(
            history.percentile_ms(first, 95.0),
            None,
            "`N/A` is no number"
        );
    }
}

#[test]
fn failures_have_times_since_2_44() {
    assert_eq!(failures("1.1")[1].error, "Wrong body, expected \"x\"");
    let old = failures("2.20.0");
    let new = failures("2.47.0");
    assert_eq!(old[0].first_seen, None);
    assert_eq!(new[0].first_seen.as_deref(), Some("2026-11-21T19:29:02Z"));
    assert_eq!(
        new.iter().map(|failure| failure.occurrences).sum::<u64>(),
        613
    );
}

#[test]
fn tracebacks_keep_their_line_breaks() {
    for version in ["2.20.0", "2.47.0"] {
        let exceptions = exceptions(version);
        assert_eq!(exceptions[0].message, "bad \"thing\", happened");
        assert_eq!(exceptions[0].traceback.lines().count(), 8, "{version}");
        assert_eq!(exceptions[0].nodes, "local");
    }
}

#[test]
fn the_two_files_of_0_13_2_make_one_table() {
    let requests = parsed_stats(
        "\"Method\",\"Name\",\"# requests\",\"# failures\",\"Median response time\",\"Average response time\",\
         \"Min response time\",\"Max response time\",\"Average Content Size\",\"Requests/s\"\n\
         \"GET\",\"/a\",10,1,5,6,1,20,100,2.50\n\
         \"GET\",\"/never\",0,0,0,0,0,0,0,0.00\n\
         \"None\",\"Total\",10,1,5,6,1,20,100,2.50",
    );
    let distribution = parsed_stats(
        "\"Name\",\"# requests\",\"50%\",\"95%\",\"100%\"\n\
         \"GET /a\",10,5,18,20\n\
         \"GET /never\",0,\"N/A\",\"N/A\",\"N/A\"\n\
         \"None Total\",10,5,19,20",
    );
    let stats = requests.with_distribution(&distribution);
    let all = stats.aggregated().unwrap();
    assert_eq!((all.requests, all.failures), (10, 1));
    assert_eq!(stats.percentile_ms(all, 95.0), Some(19.0));
    assert_eq!(stats.percentile_ms(&stats.rows[0], 95.0), Some(18.0));
    assert_eq!(stats.percentile_ms(&stats.rows[1], 95.0), None);
}

#[test]
fn the_layouts_of_0_14_are_read_with_their_own_column_names_and_order() {
    let stats = parsed_stats(
        "\"Type\",\"Name\",\"# requests\",\"# failures\",\"Median response time\",\"Average response time\",\
         \"Min response time\",\"Max response time\",\"Average Content Size\",\"Requests/s\",\"Requests Failed/s\",\
         \"50%\",\"95%\",\"99.999\",\"100%\"\n\
         \"GET\",\"/say \"hi\", twice\",4,2,5,6,1,20,100,2.50,1.25,5,18,20,20\n\
         \"None\",\"Aggregated\",4,2,5,6,1,20,100,2.50,1.25,5,18,20,20",
    );
    assert_eq!(stats.rows[0].name, "/say \"hi\", twice");
    assert_eq!(stats.rows[0].failures_per_second, Some(1.25));
    assert_eq!(
        stats.percentile_ms(stats.aggregated().unwrap(), 99.999),
        Some(20.0)
    );

    let text = "\"Type\",\"Name\",\"Timestamp\",\"# requests\",\"# failures\",\"Requests/s\",\"Requests Failed/s\",\"50%\"\n\
                \"None\",\"Aggregated\",\"1580000000\",7,0,3.50,0.00,12\n";
    let Table::History(history) = parse(text.as_bytes()).unwrap() else {
        panic!("not a history");
    };
    let row = history.aggregated().next().unwrap();
    assert_eq!((row.timestamp, row.users), (1_580_000_000, None));
    assert_eq!(history.percentile_ms(row, 50.0), Some(12.0));
}

#[test]
fn the_web_page_table_says_that_its_rate_is_current() {
    let stats = parsed_stats(
        "Type\tName\t# Requests\t# Fails\tMedian (ms)\t95%ile (ms)\t99%ile (ms)\tAverage (ms)\tMin (ms)\tMax (ms)\tAverage size (bytes)\tCurrent RPS\tCurrent Failures/s\r\n\
         GET\t/say \"hi\", twice\t3\t1\t60.16\t60\t60\t60.16\t60\t60\t47\t0\t0\r\n\
         \tAggregated\t3\t1\t60.16\t60\t60\t60.16\t60\t60\t47\t0.5\t0\r\n",
    );
    assert_eq!(stats.rate, Rate::Current);
    let all = stats.aggregated().unwrap();
    assert_eq!(all.median_ms, Some(60.16));
    assert_eq!(stats.percentile_ms(all, 99.0), Some(60.0));
    assert_eq!(all.requests_per_second, Some(0.5));
    assert_eq!(stats.rows[0].name, "/say \"hi\", twice");
}

#[test]
fn the_oldest_layouts_are_read_from_whole_files() {
    let of = |file: &str| match read(&golden("0.13.2", file)).unwrap() {
        Table::Stats(stats) => stats,
        other => panic!("{file} holds no statistics: {other:?}"),
    };
    let older = of("run_requests.csv").with_distribution(&of("run_distribution.csv"));
    let newer = stats("0.14");
    for stats in [&older, &newer] {
        let all = stats.aggregated().unwrap();
        assert_eq!((all.requests, all.failures), (150, 2));
        assert_eq!(all.requests_per_second, Some(15.06));
        assert_eq!(stats.percentile_ms(all, 95.0), Some(130.0));
        let slow = stats
            .rows
            .iter()
            .find(|row| row.name == "/slow \"quoted\", comma");
        assert_eq!(stats.percentile_ms(slow.unwrap(), 99.0), Some(190.0));
    }
    assert_eq!(
        history("0.14").aggregated().last().unwrap().stats.requests,
        150
    );
    assert_eq!(failures("0.14")[0].occurrences, 2);
    // And runs of them are told.
    for (version, seconds) in [("0.13.2", 0), ("0.14", 2)] {
        let archive = Archive::read(&golden(version, ""), &StoryConfig::default()).unwrap();
        assert_eq!(
            (archive.profiles.len(), archive.bad.len()),
            (1, 0),
            "{:?}",
            archive.bad
        );
        assert_eq!(archive.profiles[0].timeline().len(), seconds);
        assert_eq!(archive.profiles[0].numbers.p99_ms, Some(170.0));
    }
}

#[test]
fn line_ends_a_byte_order_mark_and_float_counts_change_nothing() {
    let text = "Type,Name,Request Count,Failure Count,Median Response Time\nGET,/a,3,1,2\n,Aggregated,3,1,2\n";
    let expected = parsed_stats(text);
    for other in [
        text.replace('\n', "\r\n"),
        text.replace('\n', "\r"),
        format!("\u{feff}{text}"),
        text.replace(",3,1,", ",3.0,1.0,"),
        text.trim_end().to_owned(),
        text.replace('\n', "\n\n"),
    ] {
        assert_eq!(parsed_stats(&other), expected, "{other:?}");
    }
}

#[test]
fn what_is_wrong_is_said_with_line_column_and_cause() {
    let header = "Type,Name,Request Count,Failure Count,Median Response Time\r\n";
    let cases = [
        ("", "line 1, column 1: the file is empty"),
        ("\r\n\r\n", "line 1, column 1: the file is empty"),
        (
            "{\"a\": 1}",
            "line 1, column 1: no table of Locust's has the header `{\"a\": 1}`",
        ),
        (
            "Type,Name,Request Count,# requests,50%\n",
            "line 1, column 25: `# requests` repeats a column that stands further left",
        ),
        (
            &format!("{header}GET,/é,3,1,2\r\nGET,/é,x3,1,2\r\n"),
            "line 3, column 8: `x3` in column `Request Count` is not a whole number",
        ),
        (
            &format!("{header}GET,/a,3,1,fast\r\n"),
            "line 2, column 12: `fast` in column `Median Response Time` is not a number",
        ),
        (
            &format!("{header}GET,/a,3,1\r\n"),
            "line 2, column 1: the row has 4 cells, the header 5",
        ),
        (
            &format!("{header}GET,\"/a,3,1,2\r\n"),
            "line 2, column 5: a quoted cell starts here and never ends",
        ),
        (
            &format!("{header}GET,\"/a\"b,3,1,2\r\n"),
            "line 2, column 9: text follows a closing quote; quotes inside a cell must be doubled",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(refused(text).to_string(), expected, "{text:?}");
    }
    let not_text = parse(b"Type,Name\nGET,/\xff\n").unwrap_err();
    assert_eq!(
        (not_text.line, not_text.column, not_text.cause),
        (2, 6, Cause::NotUtf8)
    );
}

#[test]
fn a_file_error_names_the_file() {
    let missing = read(Path::new("no/such/file.csv")).unwrap_err();
    assert_eq!(missing.to_string(), "cannot read `no/such/file.csv`");
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("half.csv");
    std::fs::write(&path, "Type,Na").unwrap();
    let error = read(&path).unwrap_err();
    assert!(matches!(&error, ReadError::Malformed { source, .. } if source.line == 1));
    assert_eq!(
        error.to_string(),
        format!("`{}` is malformed", path.display())
    );
}
