//! A setting that nobody understands is an error that names it.

use shakedown::stress::goose::prelude::*;
use shakedown::stress::{Call, Knobs, Limits, Progress, Stress};

async fn never(_: &mut GooseUser) -> TransactionResult {
    panic!("nothing may be sent")
}

fn knobs(set: &'static [(&str, &str)]) -> String {
    let lookup = lookup(set);
    match Knobs::from_lookup(lookup) {
        Ok(knobs) => format!("{knobs:?}"),
        Err(error) => error.to_string(),
    }
}

fn lookup(set: &'static [(&str, &str)]) -> impl Fn(&str) -> Option<String> {
    |name| {
        let found = set.iter().find(|(variable, _)| *variable == name);
        found.map(|(_, value)| (*value).to_owned())
    }
}

#[test]
fn every_knob_refuses_nonsense_by_name() {
    for (variable, value, accepted) in [
        ("STRESS_USERS", "0", "a whole number of users, 1 to 1000000"),
        ("STRESS_USERS", "", "a whole number of users, 1 to 1000000"),
        (
            "STRESS_USERS",
            "18446744073709551615",
            "a whole number of users, 1 to 1000000",
        ),
        (
            "STRESS_TIMEOUT",
            "1e19",
            "a length of time above 0, such as `20`, `20s` or `2m`, a month at most",
        ),
        (
            "STRESS_SPAWN_RATE",
            "fast",
            "users a second, a number above 0",
        ),
        (
            "STRESS_RATE",
            "0",
            "transactions a second, a number above 0",
        ),
        (
            "STRESS_DURATION",
            "1y",
            "a length of time above 0, such as `20`, `20s` or `2m`, a month at most",
        ),
        (
            "STRESS_WORKERS",
            "-1",
            "a whole number of threads, 1 or more",
        ),
        (
            "STRESS_SEED",
            "0x1",
            "a whole number, 0 to 18446744073709551615",
        ),
        (
            "STRESS_TIMEOUT",
            "0s",
            "a length of time above 0, such as `20`, `20s` or `2m`, a month at most",
        ),
        (
            "STRESS_HOST",
            "localhost",
            "an address such as `http://127.0.0.1:8000`, without a path; the lean transport speaks no TLS",
        ),
        (
            "STRESS_HOST",
            "https://127.0.0.1:8000",
            "an address such as `http://127.0.0.1:8000`, without a path; the lean transport speaks no TLS",
        ),
        (
            "STRESS_HOST",
            "http://127.0.0.1:8000/base",
            "an address such as `http://127.0.0.1:8000`, without a path; the lean transport speaks no TLS",
        ),
        (
            "STRESS_COMMIT",
            "main",
            "a commit, 7 to 40 hexadecimal digits",
        ),
        ("STRESS_ALLOW_REMOTE", "yes", "1 or 0"),
        ("STRESS_TRACE", "1.5", "a share of the requests, 0 to 1"),
        ("STRESS_TRACE", "yes", "a share of the requests, 0 to 1"),
        (
            "STRESS_SERVER_CORES",
            "all",
            "cores, such as `0` or `0,2-3`",
        ),
        (
            "STRESS_GENERATOR_CORES",
            "3-1",
            "cores, such as `0` or `0,2-3`",
        ),
    ] {
        let error = Knobs::from_lookup(|name| (name == variable).then(|| value.to_owned()));
        assert_eq!(
            error.unwrap_err().to_string(),
            format!("`{variable}` is `{value}`; it takes {accepted}")
        );
    }
}

#[test]
fn every_limit_refuses_nonsense_by_name() {
    for (variable, value, accepted) in [
        (
            "STRESS_MIN_RPS",
            "many",
            "requests a second, a number above 0",
        ),
        ("STRESS_MAX_P95_MS", "0", "milliseconds, a number above 0"),
        ("STRESS_MAX_P99_MS", "inf", "milliseconds, a number above 0"),
        ("STRESS_MAX_FAIL_RATE", "2", "a fraction from 0 to 1"),
    ] {
        let error = Limits::from_lookup(|name| (name == variable).then(|| value.to_owned()));
        assert_eq!(
            error.unwrap_err().to_string(),
            format!("`{variable}` is `{value}`; it takes {accepted}")
        );
    }
}

#[test]
fn another_machine_is_loaded_only_with_permission() {
    insta::assert_snapshot!(
        knobs(&[("STRESS_HOST", "http://example.com")]),
        @"`example.com` is to be loaded and is not this machine; set `STRESS_ALLOW_REMOTE=1` if it is yours to load"
    );
    for set in [
        &[
            ("STRESS_HOST", "http://example.com"),
            ("STRESS_ALLOW_REMOTE", "1"),
        ] as &[_],
        &[("STRESS_HOST", "http://localhost:8000")],
        &[("STRESS_HOST", "http://127.1.2.3:8000")],
        &[("STRESS_HOST", "http://[::1]:8000")],
    ] {
        let host = Knobs::from_lookup(lookup(set)).unwrap().host;
        assert_eq!(host.as_deref(), Some(set[0].1));
    }
}

#[tokio::test]
async fn an_address_in_code_needs_the_same_permission() {
    let scenario = scenario!("never").register_transaction(transaction!(never));
    let run = Stress::against("http://192.0.2.1:80").scenarios(vec![scenario]);
    insta::assert_snapshot!(
        run.run().await.unwrap_err(),
        @"`192.0.2.1` is to be loaded and is not this machine; set `STRESS_ALLOW_REMOTE=1` if it is yours to load"
    );
}

#[test]
fn a_deployment_cannot_be_pinned_from_here() {
    insta::assert_snapshot!(
        knobs(&[("STRESS_HOST", "http://127.0.0.1:1"), ("STRESS_SERVER_CORES", "0")]),
        @"`STRESS_SERVER_CORES` pins the server that a test starts; `STRESS_HOST` is `http://127.0.0.1:1`, which runs already"
    );
}

#[test]
fn a_test_that_starts_its_own_server_refuses_another_by_name() {
    let elsewhere = Knobs::from_lookup(lookup(&[("STRESS_HOST", "http://127.0.0.1:1")])).unwrap();
    insta::assert_snapshot!(
        elsewhere.for_own_server().unwrap_err(),
        @"`STRESS_HOST` is `http://127.0.0.1:1`, and this test starts the server that it measures; unset it, or choose a test that takes any server"
    );
    assert!(Knobs::default().for_own_server().is_ok());
    insta::assert_snapshot!(
        knobs(&[("STRESS_COMMIT", "abc1234")]),
        @"`STRESS_COMMIT` says what runs at `STRESS_HOST`, which is not set"
    );
}

#[tokio::test]
async fn a_deployment_has_its_host_as_a_factor_and_not_the_commit_of_this_directory() {
    let server = crate::server::Server::start().await;
    for (commit, expected) in [(None, "unknown"), (Some("abc1234"), "abc1234")] {
        let mut knobs = crate::counts::small(2);
        knobs.host = Some(format!("{}/", server.url));
        knobs.commit = commit.map(str::to_owned);
        let scenario = scenario!("fine").register_transaction(transaction!(fine));
        let run = Stress::against("http://127.0.0.1:1")
            .scenarios(vec![scenario])
            .knobs(knobs)
            .progress(Progress::Off)
            .run()
            .await
            .unwrap();
        let record = run.record();
        assert_eq!(
            (record.revision.commit.as_str(), record.revision.dirty),
            (expected, false)
        );
        let place = server.url.trim_start_matches("http://");
        assert_eq!(record.factors["host"], place);
    }
}

async fn fine(user: &mut GooseUser) -> TransactionResult {
    Call::get("/ok").send(user).await?;
    Ok(())
}

#[test]
fn the_environment_sizes_a_run() {
    let set = &[
        ("STRESS_USERS", "1500"),
        ("STRESS_SPAWN_RATE", "0.5"),
        ("STRESS_DURATION", "2m"),
        ("STRESS_WORKERS", "12"),
        ("STRESS_SEED", "7"),
        ("STRESS_TRACE", "0.01"),
        ("STRESS_TIMEOUT", "500ms"),
        ("STRESS_RATE", "2.5"),
        ("STRESS_SERVER_CORES", "0"),
        ("STRESS_GENERATOR_CORES", "1-2"),
    ];
    insta::assert_snapshot!(knobs(set), @"Knobs { users: 1500, spawn_rate: 0.5, duration: 120s, rate: Some(2.5), workers: Some(12), server_cores: Some(Cores([0])), generator_cores: Some(Cores([1, 2])), host: None, commit: None, allow_remote: false, seed: 7, trace: 0.01, timeout: 500ms }");
}
