//! Our numbers beside `wrk`'s, of the same server in the same run: closed loop
//! with the lean transport and with Goose's client, and open loop.
//!
//! The server answers after 10 to 19 ms, each as often, and measures what it took
//! itself. No generator can be faster than that; what it adds is its own time and
//! the way there and back. No time is twice the mean, because `wrk` 4 adds times of
//! its own invention for those that are (its correction for a closed loop).

use std::process::{Command, Stdio};
use std::time::Duration;

use shakedown::stress::goose::prelude::*;
use shakedown::stress::{Call, Histogram, Knobs, Progress, Run, Stress};

use crate::known::Known;

/// Times are spread evenly from here over ten milliseconds.
const SHORTEST: Duration = Duration::from_millis(10);
const USERS: usize = 20;
const SECONDS: u64 = 3;
/// Less than twenty users of a closed loop ask for.
const RATE: f64 = 1_000.0;
/// The percentiles that `wrk` prints.
const PERCENTILES: [f64; 4] = [0.50, 0.75, 0.90, 0.99];

/// The requirement of this module.
pub(crate) fn has_wrk() -> Result<(), String> {
    let found = Command::new("wrk").arg("-v").stdin(Stdio::null()).output();
    found.map(drop).map_err(|error| {
        format!("`wrk -v` does not run ({error}); `apt-get install wrk`, or `make live-tools`")
    })
}

async fn lean(user: &mut GooseUser) -> TransactionResult {
    Call::get("/").send(user).await?;
    Ok(())
}

async fn gooses_own(user: &mut GooseUser) -> TransactionResult {
    let response = user.get("").await?;
    if let Ok(response) = response.response {
        let _ = response.bytes().await;
    }
    Ok(())
}

/// What somebody measured, in milliseconds.
#[derive(Debug)]
struct Line {
    who: &'static str,
    requests: u64,
    times: [f64; 4],
    /// What the server took meanwhile.
    server: [f64; 4],
}

fn times(histogram: &Histogram) -> [f64; 4] {
    PERCENTILES.map(|p| histogram.percentile_us(p) as f64 / 1_000.0)
}

async fn ours(
    who: &'static str,
    server: &Known,
    transaction: Transaction,
    rate: Option<f64>,
) -> Line {
    let mut knobs = Knobs::default();
    knobs.users = if rate.is_some() { 10 * USERS } else { USERS };
    knobs.spawn_rate = 1_000.0;
    knobs.duration = Duration::from_secs(SECONDS);
    knobs.rate = rate;
    server.take();
    let run: Run = Stress::against(&server.url)
        .scenarios(vec![scenario!("known").register_transaction(transaction)])
        .knobs(knobs)
        .progress(Progress::Off)
        .run()
        .await
        .unwrap();
    assert_eq!(run.failures(), 0, "{}", run.table());
    let measured = &run.record().measured;
    Line {
        who,
        requests: measured.requests,
        times: times(&measured.histogram),
        server: times(&server.take()),
    }
}

/// One thread of `wrk`, as ours is.
fn wrk(server: &Known) -> Line {
    server.take();
    let (users, seconds) = (USERS.to_string(), format!("{SECONDS}s"));
    let output = Command::new("wrk")
        .args([
            "-t",
            "1",
            "-c",
            &users,
            "-d",
            &seconds,
            "--latency",
            &server.url,
        ])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success() && !text.contains("Socket errors"),
        "{text}"
    );
    let field = |start: &str| {
        let lines = text.lines().map(str::trim);
        let mut values = lines.filter_map(|line| line.strip_prefix(start));
        values
            .next()
            .unwrap_or_else(|| panic!("no `{start}` in\n{text}"))
            .trim()
    };
    let requests = text.lines().find(|line| line.contains(" requests in "));
    let requests = requests.unwrap().split_whitespace().next().unwrap();
    Line {
        who: "wrk",
        requests: requests.parse().unwrap(),
        times: ["50%", "75%", "90%", "99%"].map(|name| milliseconds(field(name))),
        server: times(&server.take()),
    }
}

/// `6.20ms`, `812.00us` or `1.02s`.
fn milliseconds(text: &str) -> f64 {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let scale = match &text[digits.len()..] {
        "us" => 0.001,
        "ms" => 1.0,
        "s" => 1_000.0,
        unit => panic!("`{unit}` in `{text}`"),
    };
    digits.parse::<f64>().unwrap() * scale
}

/// Tasks that run or wait for a core, for each core; at least 1.
fn busy() -> f64 {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = text.split(' ').next().and_then(|load| load.parse().ok());
    let cores = std::thread::available_parallelism().map_or(1, usize::from) as f64;
    (load.unwrap_or(0.0) / cores).max(1.0)
}

/// Two generators agree when they differ by no more than two milliseconds (times
/// how busy the machine is: both wait for it) or a tenth, beyond what the server
/// itself took differently meanwhile and what `wrk` differs from itself.
fn agree(one: &Line, other: &Line, busy: f64, noise: [f64; 4]) -> Result<(), String> {
    for (at, p) in PERCENTILES.iter().enumerate() {
        let (a, b) = (one.times[at], other.times[at]);
        let drifted = (one.server[at] - other.server[at]).abs();
        let allowed = (2.0 * busy).max(0.1 * a.max(b)) + drifted + noise[at];
        if (a - b).abs() > allowed {
            return Err(format!(
                "p{:.0}: {} says {a:.2} ms, {} {b:.2} ms, {allowed:.2} ms are allowed",
                p * 100.0,
                one.who,
                other.who
            ));
        }
    }
    Ok(())
}

#[tokio::test]
async fn our_numbers_are_those_of_wrk_whichever_client_and_loop() {
    let delay = |number: u64, _| SHORTEST + Duration::from_millis(number % 10);
    let server = Known::start(delay).unwrap();
    let lines = [
        wrk(&server),
        ours("closed, lean", &server, transaction!(lean), None).await,
        ours(
            "closed, Goose's client",
            &server,
            transaction!(gooses_own),
            None,
        )
        .await,
        ours("open, lean", &server, transaction!(lean), Some(RATE)).await,
        ours(
            "open, Goose's client",
            &server,
            transaction!(gooses_own),
            Some(RATE),
        )
        .await,
        wrk(&server),
    ];
    println!(
        "{:<24}{:>9}{:>9}{:>9}{:>9}{:>9}   over the server's own time",
        "times in ms", "requests", "p50", "p75", "p90", "p99"
    );
    for line in &lines {
        let [p50, p75, p90, p99] = line.times;
        let over: Vec<String> = line
            .times
            .iter()
            .zip(&line.server)
            .map(|(time, server)| format!("{:+.2}", time - server))
            .collect();
        println!(
            "{:<24}{:>9}{p50:>9.2}{p75:>9.2}{p90:>9.2}{p99:>9.2}   {}",
            line.who,
            line.requests,
            over.join(" ")
        );
    }
    for line in &lines {
        for (time, server) in line.times.iter().zip(&line.server) {
            assert!(time + 0.2 >= *server, "faster than the server: {line:?}");
        }
    }
    let (first, last) = (&lines[0], &lines[lines.len() - 1]);
    let noise = std::array::from_fn(|at| (first.times[at] - last.times[at]).abs());
    let busy = busy();
    println!("{busy:.1} tasks a core; wrk differs from itself by {noise:.2?} ms");
    let ours = &lines[1..lines.len() - 1];
    let apart = ours
        .iter()
        .flat_map(|ours| [(first, ours), (&lines[1], ours)]);
    let apart: Vec<String> = apart
        .filter_map(|(one, other)| agree(one, other, busy, noise).err())
        .collect();
    assert!(apart.is_empty(), "{}", apart.join("\n"));
}
