//! Micro-benchmarks of what is run most: the repository, the log parser, the
//! dissectors, and what reads and sums up measurements.
//!
//! The repository is asked as a handler asks it, from a runtime of its own thread; its writer
//! and its readers are other threads, so a call's time has the way there and back in it.

use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering};

use decnet::api::App;
use decnet::config::Config;
use decnet::intake::{Shape, parse};
use decnet::model::{LogFilter, NewLog, Paging, Timestamp};
use decnet::sniffer::Analyzer;
use shakedown::Result;
use shakedown::fixtures::{Scratch, scratch};
use shakedown::workbook::{Bench, Histogram};

use crate::dissectors::{client_hello, syn};
use crate::phases::{ensure, event, runtime};

shakedown::micro! {
    add_log = add_log,
    get_logs = get_logs,
    search_logs = search_logs,
    totals = totals,
    user_lookup = user_lookup,
    parse_log = parse_log,
    parse_1000_logs = parse_1000_logs,
    dissect_syn = dissect_syn,
    dissect_client_hello = dissect_client_hello,
    read_locust_stats = read_locust_stats,
    read_locust_history = read_locust_history,
    merge_histograms = merge_histograms,
}

/// Logs that are there before the first call.
const STORED: usize = 10_000;

/// A repository with [`STORED`] logs, in a directory of its own.
struct Filled {
    app: App,
    runtime: tokio::runtime::Runtime,
    _directory: Scratch,
}

fn one_log(number: usize) -> Result<Vec<NewLog>> {
    let now = Timestamp::now();
    Ok(parse(event(number).as_bytes(), Shape::Json, now)?)
}

fn filled() -> Result<Filled> {
    let directory = scratch();
    let path = directory.join("decnet.db").display().to_string();
    let mut config = Config::from_lookup(&|name| match name {
        "DECNET_DEVELOPER" => Some("true".to_owned()),
        "DECNET_DB_URL" => Some(path.clone()),
        "DECNET_BCRYPT_COST" => Some("4".to_owned()),
        _ => None,
    })?;
    config.queue_capacity = 2 * STORED;
    let runtime = runtime(1)?;
    let app = runtime.block_on(async {
        let app = App::open(config).await?;
        let lines: Vec<String> = (0..STORED).map(event).collect();
        let logs = parse(lines.join("\n").as_bytes(), Shape::Lines, Timestamp::now())?;
        app.repository().append(logs).await?;
        Ok::<_, shakedown::Failure>(app)
    })?;
    Ok(Filled {
        app,
        runtime,
        _directory: directory,
    })
}

impl Filled {
    /// Benchmarks `question`, once its answer has been found right.
    fn ask<T>(
        self,
        bench: &mut Bench,
        question: &impl AsyncFn(&App) -> T,
        right: impl FnOnce(&T) -> bool,
    ) -> Result {
        let answer = self.runtime.block_on(question(&self.app));
        ensure(right(&answer), || {
            "the answer is not the expected one".to_owned()
        })?;
        bench.each(|| self.runtime.block_on(question(&self.app)));
        self.runtime.block_on(self.app.close());
        Ok(())
    }
}

/// One log at a time, acknowledged after its commit (synchronous=FULL): a batch of one.
fn add_log(bench: &mut Bench) -> Result {
    let filled = filled()?;
    let failures = AtomicUsize::new(0);
    let log = one_log(0)?;
    bench.work(1, "logs");
    bench.each_of(
        || log.clone(),
        |log| {
            let stored = filled.runtime.block_on(filled.app.repository().append(log));
            failures.fetch_add(usize::from(stored.is_err()), Ordering::Relaxed);
        },
    );
    filled.runtime.block_on(filled.app.close());
    let failures = failures.into_inner();
    ensure(failures == 0, || format!("{failures} logs were refused"))
}

const FIRST_PAGE: Paging = Paging {
    limit: 50,
    offset: 0,
};

fn get_logs(bench: &mut Bench) -> Result {
    bench.work(50, "logs");
    filled()?.ask(
        bench,
        &async |app: &App| {
            app.repository()
                .logs(LogFilter::default(), FIRST_PAGE)
                .await
        },
        |page| page.as_ref().is_ok_and(|page| page.data.len() == 50),
    )
}

/// A substring that some hundreds of the logs have.
fn search_logs(bench: &mut Bench) -> Result {
    bench.work(50, "logs");
    filled()?.ask(
        bench,
        &async |app: &App| {
            let filter = LogFilter {
                search: Some("xc3511".to_owned()),
                ..LogFilter::default()
            };
            app.repository().logs(filter, FIRST_PAGE).await
        },
        |page| page.as_ref().is_ok_and(|page| page.data.len() == 50),
    )
}

fn totals(bench: &mut Bench) -> Result {
    filled()?.ask(
        bench,
        &async |app: &App| app.repository().statistics().await,
        |totals| {
            totals
                .as_ref()
                .is_ok_and(|totals| totals.total_logs == STORED as i64)
        },
    )
}

fn user_lookup(bench: &mut Bench) -> Result {
    filled()?.ask(
        bench,
        &async |app: &App| app.repository().user("admin".to_owned()).await,
        |user| user.as_ref().is_ok_and(Option::is_some),
    )
}

fn parse_log(bench: &mut Bench) -> Result {
    let text = event(3);
    let now = Timestamp::now();
    ensure(parse(text.as_bytes(), Shape::Json, now)?.len() == 1, || {
        text.clone()
    })?;
    bench.work(text.len() as u64, "B");
    bench.each(|| parse(black_box(text.as_bytes()), Shape::Json, now));
    Ok(())
}

fn parse_1000_logs(bench: &mut Bench) -> Result {
    let lines: Vec<String> = (0..1_000).map(event).collect();
    let text = lines.join("\n");
    let now = Timestamp::now();
    let logs = parse(text.as_bytes(), Shape::Lines, now)?.len();
    ensure(logs == 1_000, || format!("{logs} logs"))?;
    bench.work(1_000, "logs");
    bench.each(|| parse(black_box(text.as_bytes()), Shape::Lines, now));
    Ok(())
}

/// A frame of a client that was not seen before, to an event; a fresh analyzer each.
fn dissect(bench: &mut Bench, frame: &crate::dissectors::OwnedFrame) -> Result {
    let mut events = 0;
    Analyzer::default().frame(&frame.borrow(), &mut |_| events += 1);
    ensure(events == 1, || format!("{events} events of one frame"))?;
    bench.work(1, "frames");
    bench.each_of(Analyzer::default, |mut analyzer| {
        analyzer.frame(black_box(&frame.borrow()), &mut |event| {
            drop(black_box(event));
        });
        analyzer
    });
    Ok(())
}

fn dissect_syn(bench: &mut Bench) -> Result {
    dissect(bench, &syn())
}

fn dissect_client_hello(bench: &mut Bench) -> Result {
    dissect(bench, &client_hello())
}

/// A file that a real Locust 2.47 wrote.
fn read_locust(bench: &mut Bench, kind: &str) -> Result {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let bytes = std::fs::read(root.join(format!("fixtures/locust/2.47.0/run_{kind}.csv")))?;
    shakedown::locust::read::parse(&bytes)?;
    bench.work(bytes.len() as u64, "B");
    bench.each(|| shakedown::locust::read::parse(black_box(&bytes)));
    Ok(())
}

fn read_locust_stats(bench: &mut Bench) -> Result {
    read_locust(bench, "stats")
}

fn read_locust_history(bench: &mut Bench) -> Result {
    read_locust(bench, "stats_history")
}

/// Ten seconds of a run into one, as a window's percentiles are made.
fn merge_histograms(bench: &mut Bench) -> Result {
    let seconds: Vec<Histogram> = (0..10_u64)
        .map(|second| {
            let mut times = Histogram::new();
            (0..2_000_u64).for_each(|n| times.record(200 + second * 37 + n * n % 90_000));
            times
        })
        .collect();
    let merge = || {
        let mut all = Histogram::new();
        for second in &seconds {
            all.merge(black_box(second));
        }
        all
    };
    let total = merge().total();
    ensure(total == 20_000, || format!("{total} times"))?;
    bench.work(10, "histograms");
    bench.each(merge);
    Ok(())
}
