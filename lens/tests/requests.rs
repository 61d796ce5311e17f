//! The request profiler on real services: what its pages show, and what they do not.
#![expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

use std::convert::Infallible;
use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use http::{Request, Response};
use shakedown_lens::{RequestProfiler, SettingError};
use tower::{Layer as _, Service, ServiceExt as _, service_fn};

type Answer = Result<Response<()>, Infallible>;

/// Burns processor time until the clock says so.
#[inline(never)]
fn burn_planted(time: Duration) -> u64 {
    let started = Instant::now();
    let mut state = 1_u64;
    while started.elapsed() < time {
        for round in 0..2_000_u64 {
            state = state.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ black_box(round);
        }
    }
    state
}

#[inline(never)]
fn burn_other(time: Duration) -> u64 {
    black_box(burn_planted as fn(Duration) -> u64)(time).wrapping_add(1)
}

#[expect(clippy::disallowed_methods, reason = "the wait is what is profiled")]
async fn wait_planted(time: Duration) {
    tokio::time::sleep(time).await;
}

async fn answer(request: Request<()>) -> Answer {
    let time = Duration::from_millis(150);
    match request.uri().path() {
        "/burn" => drop(black_box(burn_planted(time))),
        "/other" => drop(black_box(burn_other(time))),
        // Boxed as a router does it, so that it is a function of its own.
        "/wait" => {
            let wait: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(wait_planted(time));
            wait.await;
        }
        "/blocking" => tokio::task::spawn_blocking(move || burn_planted(time))
            .await
            .map(drop)
            .unwrap(),
        _ => {}
    }
    Ok(Response::new(()))
}

fn profiler(directory: &Path) -> RequestProfiler {
    RequestProfiler::new(directory)
}

async fn get<S>(service: &S, path: &str)
where
    S: Service<Request<()>, Response = Response<()>, Error = Infallible> + Clone,
{
    let request = Request::get(path).body(()).unwrap();
    service.clone().oneshot(request).await.unwrap();
}

/// Pages in `directory` by name; whatever else is there is none of ours.
fn pages(directory: &Path) -> Vec<(String, String)> {
    let Ok(entries) = fs::read_dir(directory) else {
        return Vec::new();
    };
    let mut pages: Vec<(String, String)> = entries
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            assert!(name.ends_with(".html"), "left behind: {name}");
            (name, fs::read_to_string(path).unwrap())
        })
        .collect();
    pages.sort();
    pages
}

/// The functions of a page's table, and whether each is in the graph.
fn shows(page: &str, function: &str) -> bool {
    let (_, data) = page.split_once("id=\"data\">").unwrap();
    data.split_once("</script>").unwrap().0.contains(function)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_function_that_burns_is_shown_and_the_runtime_is_not() {
    let home = tempfile::tempdir().unwrap();
    let profiler = profiler(home.path());
    let service = profiler.layer(service_fn(answer));
    tokio::spawn({
        let service = service.clone();
        async move { get(&service, "/burn").await }
    })
    .await
    .unwrap();
    profiler.shutdown();
    let pages = pages(home.path());
    let [(name, page)] = pages.as_slice() else {
        panic!("{pages:?}");
    };
    assert!(
        name.contains("_GET_burn_") && name.ends_with("ms_200.html"),
        "{name}"
    );
    assert!(shows(page, "burn_planted"), "{page}");
    assert!(
        !shows(page, "runtime::task") && !shows(page, "shakedown_lens"),
        "{page}"
    );
    assert!(page.contains(" at 997 Hz"), "{page}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wait_is_shown_as_a_wait_where_it_is_awaited() {
    let home = tempfile::tempdir().unwrap();
    let profiler = profiler(home.path());
    let service = profiler.layer(service_fn(answer));
    get(&service, "/wait").await;
    get(&service, "/blocking").await;
    profiler.shutdown();
    let pages = pages(home.path());
    let of = |path: &str| {
        &pages
            .iter()
            .find(|(name, _)| name.contains(path))
            .unwrap()
            .1
    };
    let wait = of("_GET_wait_");
    assert!(
        shows(wait, "wait_planted") && shows(wait, "[awaiting]"),
        "{wait}"
    );
    assert!(
        !shows(wait, "waker_taken") && !shows(wait, "burn_planted"),
        "{wait}"
    );
    let blocking = of("_GET_blocking_");
    assert!(
        shows(blocking, "JoinHandle") && shows(blocking, "[awaiting]"),
        "{blocking}"
    );
    assert!(
        !shows(blocking, "burn_planted"),
        "the closure runs elsewhere: {blocking}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn requests_at_the_same_time_do_not_mix() {
    let home = tempfile::tempdir().unwrap();
    let profiler = profiler(home.path());
    let service = profiler.layer(service_fn(answer));
    let tasks: Vec<_> = ["/other", "/wait", "/other", "/wait"]
        .map(|path| {
            let service = service.clone();
            tokio::spawn(async move { get(&service, path).await })
        })
        .into();
    for task in tasks {
        task.await.unwrap();
    }
    profiler.shutdown();
    let pages = pages(home.path());
    assert_eq!(pages.len(), 4);
    for (name, page) in &pages {
        let burns = name.contains("_GET_other_");
        assert_eq!(shows(page, "burn_other"), burns, "{name}");
        assert_eq!(shows(page, "wait_planted"), !burns, "{name}");
    }
}

#[tokio::test]
async fn a_request_that_nobody_looked_at_says_so() {
    let home = tempfile::tempdir().unwrap();
    let profiler = profiler(home.path()).hertz(1).unwrap();
    get(&profiler.layer(service_fn(answer)), "/none").await;
    profiler.shutdown();
    let pages = pages(home.path());
    assert!(pages[0].1.contains("0 samples at 1 Hz; wall "), "{pages:?}");
}

#[tokio::test]
async fn pages_beyond_the_cap_go_oldest_first_and_only_ours() {
    let home = tempfile::tempdir().unwrap();
    let foreign = home
        .path()
        .join("2020-01-01T00-00-00.000Z_GET_foreign.html");
    fs::write(&foreign, "").unwrap();
    let profiler = profiler(home.path()).keep(3.try_into().unwrap());
    let service = profiler.layer(service_fn(answer));
    for number in 0..8 {
        get(&service, &format!("/number/{number}")).await;
    }
    profiler.shutdown();
    let names: Vec<String> = pages(home.path())
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(names.len(), 4, "{names:?}");
    assert!(foreign.is_file());
    for number in 5..8 {
        let kept = names
            .iter()
            .any(|name| name.contains(&format!("number-{number}_")));
        assert!(kept, "{names:?}");
    }
}

#[tokio::test]
async fn the_cap_holds_for_the_directory_and_pages_of_earlier_processes_go_first() {
    let home = tempfile::tempdir().unwrap();
    for start in 0..3 {
        let profiler = profiler(home.path()).keep(3.try_into().unwrap());
        let service = profiler.layer(service_fn(answer));
        for number in 0..2 {
            get(&service, &format!("/start/{start}/{number}")).await;
        }
        profiler.shutdown();
    }
    let pages = pages(home.path());
    let names: Vec<&str> = pages.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names.len(), 3, "{names:?}");
    for (name, kept) in names.iter().zip(["1-1", "2-0", "2-1"]) {
        assert!(name.contains(&format!("_start-{kept}_")), "{names:?}");
    }
}

#[tokio::test]
async fn only_slow_requests_leave_a_page() {
    let home = tempfile::tempdir().unwrap();
    let profiler = profiler(home.path()).slow_only(Duration::from_millis(100));
    let service = profiler.layer(service_fn(answer));
    get(&service, "/fast").await;
    get(&service, "/wait").await;
    profiler.shutdown();
    let pages = pages(home.path());
    assert_eq!(pages.len(), 1);
    assert!(pages[0].0.contains("_GET_wait_"));
}

#[tokio::test]
async fn the_rate_leaves_the_others_alone() {
    let home = tempfile::tempdir().unwrap();
    let none = profiler(home.path()).rate(0.0).unwrap();
    let service = none.layer(service_fn(answer));
    for _ in 0..20 {
        get(&service, "/fast").await;
    }
    none.shutdown();
    assert!(pages(home.path()).is_empty());
    for bad in [-0.1, 1.1, f64::NAN] {
        assert!(matches!(
            profiler(home.path()).rate(bad),
            Err(SettingError::Rate(_))
        ));
    }
    assert_eq!(
        profiler(home.path()).hertz(0).unwrap_err().to_string(),
        "0 looks a second: expected 1 to 5000"
    );
}

#[tokio::test]
async fn a_directory_that_cannot_be_written_is_one_warning_and_no_failed_request() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("file");
    fs::write(&file, "").unwrap();
    let warnings = Arc::new(Mutex::new(Vec::new()));
    let profiler = profiler(&file.join("below")).warn_with({
        let warnings = Arc::clone(&warnings);
        move |text| warnings.lock().unwrap().push(text.to_owned())
    });
    let service = profiler.layer(service_fn(answer));
    for _ in 0..3 {
        get(&service, "/fast").await;
    }
    profiler.shutdown();
    let warnings = warnings.lock().unwrap();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("file/below"), "{warnings:?}");
}

#[tokio::test]
async fn a_request_that_is_dropped_unanswered_has_a_page() {
    let home = tempfile::tempdir().unwrap();
    let profiler = profiler(home.path());
    let service = profiler.layer(service_fn(answer));
    let cut = tokio::time::timeout(Duration::from_millis(40), get(&service, "/wait")).await;
    assert!(cut.is_err());
    profiler.shutdown();
    let pages = pages(home.path());
    assert!(pages[0].0.ends_with("ms_dropped.html"), "{pages:?}");
}

#[tokio::test]
async fn of_more_requests_at_once_than_are_looked_at_the_others_are_counted() {
    let home = tempfile::tempdir().unwrap();
    let warnings = Arc::new(Mutex::new(Vec::new()));
    let profiler = profiler(home.path()).warn_with({
        let warnings = Arc::clone(&warnings);
        move |text| warnings.lock().unwrap().push(text.to_owned())
    });
    // All are in flight before the first is answered.
    let barrier = Arc::new(tokio::sync::Barrier::new(100));
    let service = profiler.layer(service_fn(move |_: Request<()>| {
        let barrier = Arc::clone(&barrier);
        async move {
            barrier.wait().await;
            Ok::<_, Infallible>(Response::new(()))
        }
    }));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let service = service.clone();
        tasks.spawn(async move { get(&service, "/crowd").await });
    }
    tasks.join_all().await;
    profiler.shutdown();
    let pages = pages(home.path());
    assert!((1..=64).contains(&pages.len()), "{}", pages.len());
    let warnings = warnings.lock().unwrap();
    let told = "36 requests were not profiled: 64 others were at that time";
    assert!(
        warnings.iter().any(|text| text.starts_with(told)),
        "{warnings:?}"
    );
    let on_page = "36 requests before this one were not profiled: 64 others were";
    assert!(pages.iter().any(|(_, page)| page.contains(on_page)));
}

/// Threads of this process whose names begin with `lens-`.
fn own_threads() -> usize {
    let tasks = fs::read_dir("/proc/self/task").unwrap();
    tasks
        .flatten()
        .filter(|task| {
            let name = fs::read_to_string(task.path().join("comm")).unwrap_or_default();
            name.starts_with("lens-")
        })
        .count()
}

#[tokio::test]
async fn threads_start_with_the_first_request_and_end_with_the_last_clone() {
    let home = tempfile::tempdir().unwrap();
    let profiler = profiler(home.path());
    let service = profiler.layer(service_fn(answer));
    drop(profiler);
    assert_eq!(own_threads(), 0, "mounted, and nothing to do");
    get(&service, "/fast").await;
    // A thread has its name soon after it has started.
    while own_threads() < 2 {
        std::thread::yield_now();
    }
    drop(service);
    assert_eq!(own_threads(), 0);
    assert_eq!(pages(home.path()).len(), 1);
}

#[tokio::test]
async fn after_a_shutdown_requests_are_answered_unprofiled() {
    let home = tempfile::tempdir().unwrap();
    let profiler = profiler(home.path());
    let service = profiler.layer(service_fn(answer));
    profiler.shutdown();
    get(&service, "/fast").await;
    drop((profiler, service));
    assert!(pages(home.path()).is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_storm_of_requests_on_four_threads_is_survived_and_capped() {
    let home = tempfile::tempdir().unwrap();
    let profiler = profiler(home.path())
        .hertz(5_000)
        .unwrap()
        .keep(10.try_into().unwrap())
        .warn_with(|_| {});
    let service = profiler.layer(service_fn(|_: Request<()>| async {
        black_box(burn_planted(Duration::from_micros(300)));
        tokio::task::yield_now().await;
        wait_planted(Duration::from_millis(1)).await;
        black_box(burn_other(Duration::from_micros(300)));
        Ok::<_, Infallible>(Response::new(()))
    }));
    let tasks: Vec<_> = (0..64)
        .map(|_| {
            let service = service.clone();
            tokio::spawn(async move {
                for _ in 0..20 {
                    get(&service, "/storm").await;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    profiler.shutdown();
    assert!((1..=10).contains(&pages(home.path()).len()));
}
