//! What is written in Locust's formats reads back the same, whatever the names.

use proptest::prelude::*;
use shakedown::locust::{
    Entry, ExceptionRow, FailureRow, HistoryRow, StatsRow, Timestamp, python_repr, read_exceptions,
    read_failures, read_history, read_stats, stats_rows, write_exceptions, write_failures,
    write_history, write_stats,
};

/// Names and errors with everything a CSV has to quote.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~\\r\\n\\t\"',äöü€]{0,24}",
        "[\",\\r\\n]{1,6}",
        Just(String::new())
    ]
}

fn entry() -> impl Strategy<Value = Entry> {
    let request = (0.0..70_000.0_f64, 0..1_000_000_u64, any::<bool>());
    let requests = prop::collection::vec(request, 0..60);
    (text(), text(), requests).prop_map(|(method, name, requests)| {
        let mut entry = Entry::new(&method, &name);
        for (time, size, failed) in requests {
            entry.record(time, size, failed);
        }
        entry
    })
}

fn time() -> impl Strategy<Value = Timestamp> {
    (0..4_000_000_000_i64)
        .prop_map(|second| Timestamp::from_second(second).expect("before the year 2100"))
}

proptest! {
    #[test]
    fn stats(entries in prop::collection::vec(entry(), 0..8), seconds in 0.0..1_000.0_f64) {
        let mut aggregated = Entry::aggregated();
        entries.iter().for_each(|entry| aggregated.merge(entry));
        let rows = stats_rows(&entries, &aggregated, seconds);
        let read: Vec<StatsRow> = read_stats(&write_stats(&rows)).unwrap();
        prop_assert_eq!(&read, &rows);
        let last = read.last().unwrap();
        let requests: u64 = entries.iter().map(|entry| entry.requests).sum();
        prop_assert_eq!((last.name.as_str(), last.requests), ("Aggregated", requests));
    }

    #[test]
    fn history(entries in prop::collection::vec((entry(), 0..9_000_u32), 0..8)) {
        let rows: Vec<HistoryRow> = entries
            .iter()
            .map(|(entry, rate)| {
                let rates = (f64::from(*rate) / 10.0, f64::from(rate / 2));
                HistoryRow::of(1_795_289_342, 20, entry, rates, None)
            })
            .collect();
        prop_assert_eq!(read_history(&write_history(&rows)).unwrap(), rows);
    }

    #[test]
    fn failures(rows in prop::collection::vec((text(), text(), text(), any::<u64>(), time(), time()), 0..8)) {
        let rows: Vec<FailureRow> = rows
            .into_iter()
            .map(|(method, name, error, occurrences, first_seen, last_seen)| FailureRow {
                method, name, error, occurrences, first_seen, last_seen,
            })
            .collect();
        prop_assert_eq!(read_failures(&write_failures(&rows)).unwrap(), rows);
    }

    #[test]
    fn exceptions(rows in prop::collection::vec((any::<u64>(), text(), text()), 0..8)) {
        let rows: Vec<ExceptionRow> = rows
            .into_iter()
            .map(|(count, message, traceback)| ExceptionRow {
                count, message, traceback, nodes: "local".to_owned(),
            })
            .collect();
        prop_assert_eq!(read_exceptions(&write_exceptions(&rows)).unwrap(), rows);
    }

    #[test]
    fn a_float_reads_back_as_itself(value in any::<f64>().prop_filter("finite", |v| v.is_finite())) {
        let text = python_repr(value);
        prop_assert_eq!(text.parse::<f64>().unwrap().to_bits(), value.to_bits(), "{}", text);
        prop_assert!(text.contains(['.', 'e']));
    }

    #[test]
    fn nonsense_is_refused_and_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(read_stats(&bytes).is_err());
        let mut after_header = write_failures(&[]);
        after_header.extend(&bytes);
        // A valid file may come of it; what matters is that it ends.
        let _ = read_failures(&after_header);
    }
}
