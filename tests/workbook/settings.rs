//! The configuration: what is read, and what is refused on which line.

use std::path::Path;

use shakedown::workbook::{Gate, RunKind, Settings, Verdict, judge, measure};

const GOOD: &str = r#"
[inspect]
fast-targets = []

[phase.SECOND]
target = "5 s"
gate = "soft"
samples = 40
fail-above = "60 s"
steps = ["look up", "store"]

[phase.FIRST]
target = "50 ms"
at-least = "20 ms"
gate = "hard"
samples = 1000
warmup = 10
tolerance = 0.2
absolute-tolerance = "1 ms"
run = { http = "GET /healthz", fixture = "api", status = 204 }

[fixture.api]
command = ["target/release/app", "--port", "0"]
ready = "listening on "
"#;

fn parse(text: &str) -> Result<Settings, String> {
    Settings::parse(Path::new("shakedown.toml"), text).map_err(|error| error.to_string())
}

#[test]
fn a_file_belongs_to_the_directory_it_is_in_or_to_the_one_above_its_dot_config() {
    for (file, root) in [
        ("/app/.config/shakedown.toml", "/app"),
        ("/app/bench.toml", "/app"),
        ("/app/config/bench.toml", "/app/config"),
        ("app/.config/bench.toml", "app"),
        (".config/shakedown.toml", "."),
        ("bench.toml", "."),
    ] {
        let settings = Settings::parse(Path::new(file), "").unwrap();
        assert_eq!(settings.root(), Path::new(root), "{file}");
    }
}

#[test]
fn phases_keep_the_order_of_the_file() {
    let settings = parse(GOOD).unwrap();
    let names: Vec<&str> = settings
        .phases
        .iter()
        .map(|phase| phase.name.as_str())
        .collect();
    assert_eq!(names, ["SECOND", "FIRST"]);
    let second = settings.phase("SECOND").unwrap();
    assert_eq!((second.gate, &second.run), (Gate::Soft, &RunKind::Function));
    assert_eq!(second.quick_samples, 4);
    assert_eq!(second.limit().to_string(), "60 s");
    assert_eq!(second.target_text(), "soft 5 s, hard 60 s");
    let first = settings.phase("FIRST").unwrap();
    assert_eq!(first.limit().to_string(), "150 ms");
    assert_eq!(
        (first.tolerance.relative, first.tolerance.absolute_ms),
        (0.2, 1.0)
    );
    let unknown = settings.phase("THIRD").unwrap_err().to_string();
    assert!(unknown.contains("it has SECOND, FIRST"), "{unknown}");
}

/// The error of `FIRST` with a line changed names that line, and says why.
#[track_caller]
fn refused(from: &str, to: &str, says: &str) {
    assert!(GOOD.contains(from), "{from}");
    let text = GOOD.replacen(from, to, 1);
    let error = parse(&text).unwrap_err();
    assert!(error.contains(says), "{error}");
    let line = GOOD[..GOOD.find(from).unwrap()].matches('\n').count() + 1;
    let table = GOOD[..GOOD.find("[phase.FIRST]").unwrap()]
        .matches('\n')
        .count()
        + 1;
    // What only the whole table shows is on the line of its head.
    let named = [line, table].map(|line| format!("`shakedown.toml`, line {line}: "));
    assert!(
        named.iter().any(|place| error.starts_with(place)),
        "{error} ({named:?})"
    );
}

#[test]
fn what_cannot_be_is_refused_with_its_line() {
    refused("target = \"50 ms\"", "target = \"50\"", "`50` has no unit");
    refused("target = \"50 ms\"", "target = 50", "string");
    refused("target = \"50 ms\"", "", "missing field `target`");
    refused("gate = \"hard\"", "gate = \"loose\"", "loose");
    refused("warmup = 10", "warm-up = 10", "unknown field `warm-up`");
    refused("samples = 1000", "samples = -4", "integer");
    refused("tolerance = 0.2", "tolerance = 0", "tolerance");
    refused("tolerance = 0.2", "tolerance = -0.1", "a share such as 0.1");
    refused("status = 204", "users = 3", "`run` has one of");
    refused("GET /healthz", "/healthz", "a method and an address");
    refused(
        "GET /healthz",
        "GET http://127.0.0.1/",
        "with `fixture` a path",
    );
    refused(
        "fixture = \"api\"",
        "fixture = \"web\"",
        "needs `[fixture.web]`",
    );
    refused("[phase.FIRST]", "[phase.\"A B\"]", "no name for a phase");
    refused("ready = \"listening on \"", "redy = \"x\"", "redy");
}

/// The error of a line that is changed names just that line.
#[track_caller]
fn refused_there(from: &str, to: &str, says: &str) {
    assert_eq!(GOOD.matches(from).count(), 1, "{from}");
    let error = parse(&GOOD.replacen(from, to, 1)).unwrap_err();
    let line = GOOD[..GOOD.find(from).unwrap()].matches('\n').count() + 1;
    let place = format!("`shakedown.toml`, line {line}: ");
    assert!(error.starts_with(&place) && error.contains(says), "{error}");
}

#[test]
fn what_is_impossible_is_refused_on_the_line_of_its_key() {
    refused_there("samples = 1000", "samples = 0", "`samples` is 0");
    refused_there(
        "samples = 1000",
        "samples = 99999999999",
        "`samples` is 99999999999",
    );
    refused_there("warmup = 10", "warmup = 99999999999", "`warmup` is more");
    refused_there("warmup = 10", "quick-samples = 0", "`quick-samples` is 0");
    let steps = "steps = [\"look up\", \"store\"]";
    refused_there(steps, "steps = [\"a\", \"a\"]", "each step once");
    refused_there(steps, "steps = [\"\"]", "no step is empty");
    let least = "at-least = \"20 ms\"";
    refused_there(least, "at-least = \"90 ms\"", "no sample could meet both");
    refused_there(
        "fail-above = \"60 s\"",
        "fail-above = \"1 s\"",
        "`fail-above` (1 s) is below the target (5 s)",
    );
    refused_there(
        "warmup = 10",
        "steps = [\"a\"]",
        "`steps` are what a function gives",
    );
    refused_there("GET /healthz", " /healthz", "`` is no method");
    refused_there(
        "status = 204",
        "status = 7",
        "`status` is 7; it takes 100 to 599",
    );
    refused_there("status = 204", "status = 600", "`status` is 600");
}

#[test]
fn a_command_and_a_stress_run_have_no_steps_and_a_stress_run_no_warm_up() {
    let of = |run: &str, key: &str| {
        let text = format!(
            "[phase.ONE]\ntarget = \"1 s\"\ngate = \"hard\"\nsamples = 3\n{key}\nrun = {run}\n"
        );
        parse(&text)
    };
    let command = "{ command = [\"true\"] }";
    let stress = "{ stress = \"a::b\", users = 3, duration = \"5 s\" }";
    for (run, key, says) in [
        (command, "steps = [\"a\"]", "`steps` are what a function"),
        (stress, "steps = [\"a\"]", "`steps` are what a function"),
        (stress, "warmup = 1", "no `warmup` beside `stress`"),
        (
            stress,
            "at-least = \"1 ms\"",
            "no `at-least` beside `stress`",
        ),
    ] {
        let error = of(run, key).unwrap_err();
        assert!(
            error.starts_with("`shakedown.toml`, line 5: ") && error.contains(says),
            "{error}"
        );
    }
    assert_eq!(of(command, "warmup = 1").unwrap().phases[0].warmup, 1);
    assert!(of(stress, "warmup = 0").is_ok());
    let error = of("{ stress = \"\", users = 3, duration = \"5 s\" }", "").unwrap_err();
    assert!(error.contains("the full name of a test"), "{error}");
}

#[test]
fn headers_that_cannot_be_sent_are_refused_where_they_stand() {
    let of = |header: &str| {
        let run =
            format!("{{ http = \"GET http://127.0.0.1:1/\", headers = {{ {header} = \"x\" }} }}");
        parse(&format!(
            "[phase.ONE]\ntarget = \"1 s\"\ngate = \"hard\"\nsamples = 3\nrun = {run}\n"
        ))
    };
    for (header, says) in [
        ("Content-length", "the header `Content-length` is set by"),
        ("\"a b\"", "`a b: x` is no header"),
        ("\"\"", "`: x` is no header"),
    ] {
        let error = of(header).unwrap_err();
        assert!(
            error.starts_with("`shakedown.toml`, line 5: ") && error.contains(says),
            "{error}"
        );
    }
    assert!(of("Host").is_ok() && of("X-Token").is_ok());
}

#[test]
fn a_table_that_nobody_reads_is_refused_with_the_one_that_was_meant() {
    for (table, says) in [
        ("[phases.THIRD]", "nobody reads `phases`, perhaps `phase`"),
        (
            "[fixtures.web]",
            "nobody reads `fixtures`, perhaps `fixture`",
        ),
        ("[Workbook]", "nobody reads `Workbook`, perhaps `workbook`"),
        (
            "[limits]",
            "nobody reads `limits`: the tables are inspect, story",
        ),
    ] {
        let error = parse(&format!("{GOOD}\n{table}\nx = 1\n")).unwrap_err();
        let line = GOOD.matches('\n').count() + 2;
        let place = format!("`shakedown.toml`, line {line}: ");
        assert!(error.starts_with(&place) && error.contains(says), "{error}");
    }
}

#[test]
fn a_trend_of_no_weeks_is_refused() {
    let error = parse("[workbook]\ntitle = \"x\"\nweeks = 0\n").unwrap_err();
    assert_eq!(error, "`shakedown.toml`, line 3: `weeks` is 1 or more");
}

fn single(run: &str, more: &str) -> Settings {
    parse(&format!(
        "[phase.ONE]\ntarget = \"10 s\"\ngate = \"hard\"\nsamples = 3\nrun = {run}\n{more}"
    ))
    .unwrap()
}

#[test]
fn a_command_is_timed_from_start_to_end() {
    let settings = single("{ command = [\"true\"] }", "");
    let of = measure(&settings, &settings.phases[0], 5, None).unwrap();
    assert_eq!(of.summary.samples, 5);
    assert!(of.summary.min_ms > Some(0.0) && of.summary.p95_ms < 10_000.0);
    assert_eq!(judge(&of), Verdict::Met);
}

#[test]
fn a_command_that_fails_is_no_sample() {
    let settings = single(
        "{ command = [\"sh\", \"-c\", \"echo broken >&2; exit 3\"] }",
        "",
    );
    let error = measure(&settings, &settings.phases[0], 5, None)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("phase `ONE`") && error.contains("broken"),
        "{error}"
    );
    let settings = single("{ command = [\"no-such-program-here\"] }", "");
    let error = measure(&settings, &settings.phases[0], 5, None)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("`no-such-program-here` does not start"),
        "{error}"
    );
}

/// A server that answers every request with `status`, in a thread.
fn server(status: &'static str) -> String {
    use std::io::{Read as _, Write as _};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut head = [0; 1024];
            let _ = stream.read(&mut head);
            let _ = stream.write_all(
                format!("HTTP/1.1 {status}\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
                    .as_bytes(),
            );
        }
    });
    address
}

#[test]
fn a_request_is_timed_to_the_end_of_its_answer() {
    let url = server("200 OK");
    let settings = single(&format!("{{ http = \"GET {url}/x\" }}"), "");
    let of = measure(&settings, &settings.phases[0], 4, None).unwrap();
    assert_eq!(of.summary.samples, 4);
}

#[test]
fn an_answer_of_another_status_is_no_sample() {
    let url = server("503 Busy");
    let settings = single(&format!("{{ http = \"GET {url}/x\" }}"), "");
    let error = measure(&settings, &settings.phases[0], 4, None)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("answered `HTTP/1.1 503 Busy`, not 200"),
        "{error}"
    );
}

#[test]
fn a_fixture_is_started_for_its_phase() {
    let url = server("200 OK");
    let settings = single(
        "{ http = \"GET /x\", fixture = \"echo\" }",
        &format!(
            "[fixture.echo]\ncommand = [\"sh\", \"-c\", \"echo ready at {url}; exec cat\"]\nready = \"ready at \"\n"
        ),
    );
    let of = measure(&settings, &settings.phases[0], 2, None).unwrap();
    assert_eq!(of.summary.samples, 2);
}

#[test]
fn this_repository_has_the_eight_phases_of_the_form() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let settings = Settings::above(root).unwrap();
    for (name, target, gate) in [
        ("FIRST_SIGHT", "5 s", Gate::Hard),
        ("IMAGE_UNPACK", "10 s", Gate::Soft),
        ("DELTA_UPLOAD", "1 s", Gate::Hard),
        ("POLICY_EVAL", "50 ms", Gate::Hard),
        ("QUOTA_WAIT", "5.1 s", Gate::Hard),
        ("SCHED_RESCAN", "30 s", Gate::Soft),
        ("FEED_MERGE", "60 s", Gate::Soft),
        ("API_P95", "200 ms", Gate::Hard),
    ] {
        let phase = settings.phase(name).unwrap();
        assert_eq!(
            (phase.target.to_string().as_str(), phase.gate),
            (target, gate),
            "{name}"
        );
    }
}

#[test]
fn a_wait_that_is_far_too_long_breaks_its_gate() {
    let settings = Settings::above(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
    for (name, limit) in [("QUOTA_WAIT", "7 s"), ("QUOTA_WAIT_HARD", "65 s")] {
        let phase = settings.phase(name).unwrap();
        assert_eq!(phase.limit().to_string(), limit, "{name}");
    }
}
