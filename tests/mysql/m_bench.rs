//! What a test pays for MariaDB: a server, and a migrated database in it.

use std::time::{Duration, Instant};

use shakedown::db::mysql::{Database, MySqlServer};

use crate::m_live::contract::{fresh, template};

const SERVERS: usize = 10;
const DATABASES: usize = 50;

fn timed<T>(times: &mut Vec<Duration>, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let value = work();
    times.push(start.elapsed());
    value
}

#[expect(
    clippy::print_stdout,
    reason = "the measurement is the result of the test"
)]
fn report(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100].as_micros();
    println!("{what:<44} median {:>7} us  p95 {:>7} us", at(50), at(95));
}

#[test]
fn a_server_and_a_database_per_test() {
    drop(MySqlServer::start().unwrap()); // initialises the data directory
    let (mut starts, mut stops) = (Vec::new(), Vec::new());
    for _ in 0..SERVERS {
        let server = timed(&mut starts, MySqlServer::start).unwrap();
        timed(&mut stops, || drop(server));
    }
    report("server: copied, started, ready", starts);
    report("server: killed, removed", stops);
    let server = MySqlServer::shared().unwrap();
    let mut migrated = Vec::new();
    for _ in 0..5 {
        let empty = Database::create(&server).unwrap();
        timed(&mut migrated, || decnet::db::migrate_mysql(&empty.url())).unwrap();
    }
    report("database: migrated each time", migrated);
    let first = Instant::now();
    drop(fresh().unwrap());
    println!("template: built and cloned in {:?}", first.elapsed());
    let (mut clones, mut selects) = (Vec::new(), Vec::new());
    for _ in 0..DATABASES {
        let clone = timed(&mut clones, || template().fresh(&server)).unwrap();
        timed(&mut selects, || clone.execute("SELECT 1")).unwrap();
    }
    report("database: cloned from the template", clones);
    report("  of which one call of the client `mariadb`", selects);
}
