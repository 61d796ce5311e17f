//! Flame graphs of requests: off, nothing is there; on, each has a page.

use std::fs;
use std::path::Path;

use decnet::config::{Config, RequestProfiles};

use crate::in_process::Service;

fn profiles(directory: &Path) -> Option<RequestProfiles> {
    let directory = directory.display().to_string();
    let config = Config::from_lookup(&|name| match name {
        "DECNET_DEVELOPER" | "DECNET_PROFILE_REQUESTS" => Some("true".to_owned()),
        "DECNET_PROFILE_DIR" => Some(directory.clone()),
        _ => None,
    });
    config.expect("the configuration is valid").profiles
}

/// Names of the files in `directory`.
fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect()
}

#[tokio::test]
async fn each_request_has_a_page_named_by_method_path_and_status() {
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join("profiles");
    let service = Service::start(|config| {
        config.profiles = profiles(&directory);
        config.bcrypt_cost = 11; // a login that takes long enough to be looked at
    })
    .await;
    assert_eq!(service.get("/api/v1/stats").await.status, 200);
    assert_eq!(service.get("/api/v1/logs/?x=secret").await.status, 404);
    drop(service); // writes what is left, and ends the profiler's threads
    let names = names(&directory);
    assert_eq!(names.len(), 3, "{names:?}"); // with the login
    for part in [
        "_POST_api-v1-auth-login_",
        "_GET_api-v1-stats_",
        "_GET_api-v1-logs_",
    ] {
        assert!(
            names.iter().any(|name| name.contains(part)),
            "{part} in {names:?}"
        );
    }
    assert!(
        names.iter().any(|name| name.ends_with("ms_404.html")),
        "{names:?}"
    );
    let login = names.iter().find(|name| name.contains("_POST_")).unwrap();
    let page = fs::read_to_string(directory.join(login)).unwrap();
    // What waits for the hash: by its path, or, inlined, by its file and line.
    let waits = [
        "account::login",
        "(account.rs:",
        "Passwords::verify",
        "(password.rs:",
    ];
    assert!(waits.iter().any(|name| page.contains(name)), "{page}");
    let all: String = names
        .iter()
        .map(|name| fs::read_to_string(directory.join(name)).unwrap())
        .collect();
    assert!(!all.contains("secret"), "the query is nobody's business");
}

#[tokio::test]
async fn turned_off_nothing_is_mounted_and_no_thread_is_there() {
    let service = Service::start(|config| assert_eq!(config.profiles, None)).await;
    assert_eq!(service.get("/api/v1/stats").await.status, 200);
    let tasks = fs::read_dir("/proc/self/task")
        .into_iter()
        .flatten()
        .flatten();
    let lens = tasks
        .filter(|task| {
            let name = fs::read_to_string(task.path().join("comm")).unwrap_or_default();
            name.starts_with("lens-")
        })
        .count();
    assert_eq!(lens, 0);
}
