//! What a session-wide resource costs: attaching to it, and the first start on
//! top of the resource's own. Measured in real test processes, unoptimised, of
//! the sample workspace.
#![expect(
    clippy::unwrap_used,
    reason = "test code: clippy exempts the bodies of test functions, but not what they call"
)]

#[path = "../session/scenario.rs"]
#[expect(dead_code, reason = "the session tests use all of it")]
mod scenario;

use scenario::{Scenario, finish};

/// First starts measured.
const STARTS: usize = 20;

#[test]
fn attaching_and_the_first_start() {
    let all = Scenario::new();
    finish(
        all.nextest("test(/^shared::/)")
            .args(["--test-threads", "1"]),
    )
    .succeeded();
    let mut nextest = microseconds(&all, "attach");
    nextest.remove(0); // started it

    let mut added: Vec<u64> = (0..STARTS)
        .map(|_| {
            let one = Scenario::new();
            let filter = "binary(a) & test(=shared::a::t0)";
            finish(&mut one.nextest(filter)).succeeded();
            microseconds(&one, "attach")[0] - microseconds(&one, "own")[0]
        })
        .collect();

    println!("session resources, unoptimised test binaries, microseconds");
    println!(
        "{}",
        line("attach under nextest, a process each", &mut nextest)
    );
    println!(
        "{}",
        line("first start, less the resource's own", &mut added)
    );
}

fn microseconds(scenario: &Scenario, file: &str) -> Vec<u64> {
    let notes = scenario.notes(file);
    notes.iter().map(|note| note.parse().unwrap()).collect()
}

fn line(what: &str, measured: &mut [u64]) -> String {
    measured.sort_unstable();
    let at = |percent: usize| measured[(measured.len() - 1) * percent / 100];
    format!(
        "{what:40} min {:>6}  median {:>6}  p95 {:>6}  max {:>6}  (n = {})",
        measured[0],
        at(50),
        at(95),
        at(100),
        measured.len(),
    )
}
