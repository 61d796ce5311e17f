//! Our numbers beside `wrk`'s, of the same server in the same run: closed loop
//! with the lean transport and with Goose's client, and open loop.
//!
//! The server answers after 10 to 19 ms, each as often, and measures what it took
//! itself. No generator can be faster than that; what it adds is its own time and
//! the way there and back. No time is twice the mean, because `wrk` 4 adds times of
//! its own invention for those that are (its correction for a closed loop).

use std::process::{Command, Stdio};
use std::time::Duration;

use shakedown::fixtures::poll::Poll;
use shakedown::stress::goose::prelude::*;
use shakedown::stress::{Call, Histogram, Knobs, Progress, Run, Stress};

use crate::known::Known;

/// Times are spread evenly from here over ten milliseconds.
const SHORTEST: Duration = Duration::from_millis(10);
const USERS: usize = 20;
const SECONDS: u64 = 3;
/// Less than twenty users of a closed loop ask for.
const RATE: f64 = 1_000.0;
/// How many milliseconds two generators may differ beyond the server's own time.
const ALLOWED: f64 = 1.0;
/// Tasks a core beyond which a generator waits for the machine most of the time.
const TOO_BUSY: f64 = 2.0;
/// Tasks a core up to which the p99 of an open loop is the server's: above, the machine
/// itself stalls now and then, which an open loop has to see and a closed one hides.
const QUIET: f64 = 1.2;
/// The percentiles that `wrk` prints.
const PERCENTILES: [f64; 4] = [0.50, 0.75, 0.90, 0.99];

/// The requirement of this module.
pub(crate) fn has_wrk() -> Result<(), String> {
    let found = Command::new("wrk").arg("-v").stdin(Stdio::null()).output();
    found.map(drop).map_err(|error| {
        format!("`wrk -v` does not run ({error}); `apt-get install wrk`, or `make live-tools`")
    })
}

/// Waits until the machine leaves the generators alone, and says how busy it is. What
/// ran before this test is in the average over one minute that the kernel keeps; a
/// machine that others keep busy has no answer to give, which is an error.
fn once_calm() -> f64 {
    let busy = || {
        let busy = busy();
        (busy <= TOO_BUSY)
            .then_some(busy)
            .ok_or_else(|| format!("{busy:.1} tasks want each core"))
    };
    Poll::new()
        .describe(format!(
            "at most {TOO_BUSY} tasks want each core; above that nobody can say how accurate times are"
        ))
        .every(Duration::from_secs(1))
        .within(Duration::from_secs(300))
        .until(busy)
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
    /// Those that it counted.
    requests: u64,
    /// Those that the server had.
    served: u64,
    times: [f64; 4],
    /// What the server took meanwhile.
    server: [f64; 4],
}

fn times(histogram: &Histogram) -> [f64; 4] {
    PERCENTILES.map(|p| histogram.percentile_us(p) as f64 / 1_000.0)
}

/// A server for one generator, so that none counts the requests of another.
fn server() -> Known {
    let delay = |number: u64, _| SHORTEST + Duration::from_millis(number % 10);
    Known::start(delay).unwrap()
}

async fn ours(who: &'static str, transaction: Transaction, rate: Option<f64>) -> Line {
    let mut knobs = Knobs::default();
    knobs.users = if rate.is_some() { 10 * USERS } else { USERS };
    knobs.spawn_rate = 1_000.0;
    knobs.duration = Duration::from_secs(SECONDS);
    knobs.rate = rate;
    let server = server();
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
        requests: run.requests(),
        served: server.requests(),
        times: times(&measured.histogram),
        server: times(&server.take()),
    }
}

/// One thread of `wrk`, as ours is.
fn wrk() -> Line {
    let server = server();
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
        served: server.requests(),
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

/// Tasks that run or wait for a core, for each core.
fn busy() -> f64 {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load: Option<f64> = text.split(' ').next().and_then(|load| load.parse().ok());
    let cores = std::thread::available_parallelism().map_or(1, usize::from) as f64;
    load.unwrap_or(0.0) / cores
}

impl Line {
    /// What it says beyond what the server took itself, which no generator can be
    /// blamed for.
    fn over(&self, at: usize) -> f64 {
        self.times[at] - self.server[at]
    }
}

/// The percentiles at which two generators differ by more than a machine with so
/// many tasks a core excuses, beyond what `wrk` differs from itself.
fn apart(one: &Line, other: &Line, busy: f64, noise: [f64; 4]) -> Vec<String> {
    let apart = (0..PERCENTILES.len()).filter_map(|at| {
        let (a, b) = (one.over(at), other.over(at));
        let allowed = ALLOWED * busy.clamp(1.0, TOO_BUSY) + noise[at];
        let stalls = [one, other].iter().any(|line| line.who.starts_with("open"));
        if PERCENTILES[at] >= 0.99 && stalls && busy > QUIET {
            return None;
        }
        let differ = (a - b).abs() > allowed;
        differ.then(|| {
            format!(
                "p{:.0}: {} is {a:.2} ms over the server's own time, {} {b:.2} ms, {allowed:.2} ms are allowed",
                PERCENTILES[at] * 100.0,
                one.who,
                other.who
            )
        })
    });
    apart.collect()
}

/// The judgement itself can fail, on a busy machine, too.
#[test]
fn what_is_apart_is_found_however_busy_the_machine_is() {
    let line = |who, over: f64| Line {
        who,
        requests: 1,
        served: 1,
        times: [15.0, 18.0, 19.0, 20.0].map(|time| time + over),
        server: [15.0, 18.0, 19.0, 20.0],
    };
    let (wrk, near, far) = (line("wrk", 0.1), line("near", 0.9), line("far", 2.2));
    for busy in [0.0, 1.0, 2.0, 100.0] {
        assert_eq!(apart(&wrk, &near, busy, [0.0; 4]), [""; 0], "{busy}");
        assert_eq!(apart(&wrk, &far, busy, [0.0; 4]).len(), 4, "{busy}");
        assert_eq!(apart(&wrk, &far, busy, [2.0; 4]), [""; 0], "{busy}");
    }
    assert_eq!(apart(&wrk, &line("slow", 1.2), 0.0, [0.0; 4]).len(), 4);
    let open = line("open", 2.2);
    assert_eq!(apart(&wrk, &open, QUIET, [0.0; 4]).len(), 4);
    assert_eq!(apart(&wrk, &open, TOO_BUSY, [0.0; 4]).len(), 3);
}

#[tokio::test]
async fn our_numbers_are_those_of_wrk_whichever_client_and_loop() {
    let busy_before = once_calm();
    let lines = [
        wrk(),
        ours("closed, lean", transaction!(lean), None).await,
        ours("closed, Goose's client", transaction!(gooses_own), None).await,
        ours("open, lean", transaction!(lean), Some(RATE)).await,
        ours("open, Goose's client", transaction!(gooses_own), Some(RATE)).await,
        wrk(),
    ];
    println!(
        "{:<24}{:>9}{:>9}{:>9}{:>9}{:>9}   over the server's own time",
        "times in ms", "requests", "p50", "p75", "p90", "p99"
    );
    for line in &lines {
        let [p50, p75, p90, p99] = line.times;
        let over = (0..PERCENTILES.len()).map(|at| format!("{:+.2}", line.over(at)));
        let over: Vec<String> = over.collect();
        println!(
            "{:<24}{:>9}{p50:>9.2}{p75:>9.2}{p90:>9.2}{p99:>9.2}   {}",
            line.who,
            line.requests,
            over.join(" ")
        );
    }
    // However busy the machine is: nobody is faster than the server, ours count what
    // it had, and `wrk` all but what was under way in the end.
    for line in &lines {
        for (time, server) in line.times.iter().zip(&line.server) {
            assert!(time + 0.2 >= *server, "faster than the server: {line:?}");
        }
        let under_way = if line.who == "wrk" { USERS as u64 } else { 0 };
        assert!(
            (line.requests..=line.requests + under_way).contains(&line.served),
            "{line:?}"
        );
    }
    let (first, last) = (&lines[0], &lines[lines.len() - 1]);
    let noise = std::array::from_fn(|at| (first.over(at) - last.over(at)).abs());
    let busy = busy().max(busy_before);
    println!("{busy:.1} tasks a core; wrk differs from itself by {noise:.2?} ms");
    if busy > QUIET {
        println!("the p99 of open loops is not judged above {QUIET} tasks a core");
    }
    let ours = &lines[1..lines.len() - 1];
    let pairs = ours
        .iter()
        .flat_map(|ours| [(first, ours), (&lines[1], ours)]);
    let apart: Vec<String> = pairs
        .flat_map(|(one, other)| apart(one, other, busy, noise))
        .collect();
    assert!(apart.is_empty(), "{}", apart.join("\n"));
}
