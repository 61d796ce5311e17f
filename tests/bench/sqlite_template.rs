//! What a fresh migrated database costs a test: copy, open, first write, read.
#![expect(
    clippy::unwrap_used,
    reason = "test code: clippy exempts the bodies of test functions, but not what they call"
)]

use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use shakedown::db::sqlite::Template;
use shakedown::fixtures::scratch;

const ROUNDS: usize = 200;

/// A schema of the size of a service's: 20 tables, an index each.
fn schema() -> Vec<String> {
    (0..20)
        .map(|n| {
            format!(
                "CREATE TABLE table_{n} (id INTEGER PRIMARY KEY, name TEXT NOT NULL, address TEXT, \
                 payload BLOB, created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP);
                 CREATE INDEX table_{n}_by_name ON table_{n} (name, created_at);"
            )
        })
        .collect()
}

fn migrate(path: &Path, schema: &[String]) -> rusqlite::Result<()> {
    let database = Connection::open(path)?;
    schema
        .iter()
        .try_for_each(|step| database.execute_batch(step))
}

/// The times of one part of a round.
#[derive(Default)]
struct Part(Vec<Duration>);

impl Part {
    fn time<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let value = work();
        self.0.push(start.elapsed());
        value
    }

    /// Median and 95th percentile, microseconds.
    fn summary(&mut self) -> (u128, u128) {
        self.0.sort_unstable();
        let at = |percent: usize| self.0[(self.0.len() - 1) * percent / 100].as_micros();
        (at(50), at(95))
    }
}

/// Measures `ROUNDS` fresh databases under one `synchronous` setting.
fn measure(template: &Template, synchronous: &str) -> String {
    let [mut copy, mut open, mut write, mut read, mut all] = [const { Part(Vec::new()) }; 5];
    let dir = scratch();
    for round in 0..ROUNDS {
        // As in real life: each test has a directory of its own.
        let own = dir.join(format!("{synchronous}-{round}"));
        std::fs::create_dir(&own).unwrap();
        all.time(|| {
            let path = copy.time(|| template.fresh(&own)).unwrap();
            let database = open.time(|| {
                let database = Connection::open(&path)?;
                database.pragma_update(None, "synchronous", synchronous)?;
                Ok::<_, rusqlite::Error>(database)
            });
            let database = database.unwrap();
            let inserted =
                write.time(|| database.execute("INSERT INTO table_7 (name) VALUES ('ada')", []));
            assert_eq!(inserted.unwrap(), 1);
            let sql = "SELECT name FROM table_7";
            let name: String = read
                .time(|| database.query_row(sql, [], |row| row.get(0)))
                .unwrap();
            assert_eq!(name, "ada");
        });
    }
    let mut table =
        format!("fresh SQLite database, synchronous = {synchronous}, {ROUNDS} rounds (us)\n");
    for (name, part) in [
        ("all", &mut all),
        ("  copy", &mut copy),
        ("  open", &mut open),
        ("  first write", &mut write),
        ("  read", &mut read),
    ] {
        let (median, p95) = part.summary();
        let _ = writeln!(table, "  {name:<14} median {median:>7}  p95 {p95:>7}");
    }
    table
}

#[test]
fn a_fresh_database_per_test() {
    let steps = schema();
    let key = steps.clone();
    let template = Template::new("bench")
        .key(key)
        .build_with(move |path| migrate(path, &steps));
    let built = Instant::now();
    let path = template.path().unwrap();
    println!(
        "template: {} KiB, built or found in {:?}",
        std::fs::metadata(&path).unwrap().len() / 1024,
        built.elapsed()
    );
    for synchronous in ["OFF", "NORMAL", "FULL"] {
        println!("{}", measure(&template, synchronous));
    }
    let dir = scratch();
    let mut migrated = Part::default();
    for n in 0..3 {
        let path = dir.join(format!("migrated-{n}"));
        migrated.time(|| migrate(&path, &schema())).unwrap();
    }
    println!(
        "for comparison, migrating each time: median {} us",
        migrated.summary().0
    );
}
