//! `DECNET_PROFILE_REQUESTS` on the release build, over a socket.

use std::path::{Path, PathBuf};

use shakedown::Result;
use shakedown::fixtures::{poll, scratch};

use crate::server::DecnetServer;

/// The page of one login on a server that keeps its pages in `directory`.
pub(crate) async fn of_a_login(directory: &Path) -> Result<PathBuf> {
    let server = DecnetServer::builder()
        .env("DECNET_PROFILE_REQUESTS", "true")
        .env("DECNET_PROFILE_DIR", &directory.to_string_lossy())
        .start()?;
    server.token().await?;
    // The page is written beside the requests; its symbols are read first.
    let page = poll::until_async(async || {
        let found = std::fs::read_dir(directory).ok()?.flatten();
        let name = |path: &Path| path.to_string_lossy().contains("_POST_api-v1-auth-login_");
        found.map(|entry| entry.path()).find(|path| name(path))
    });
    Ok(page.await)
}

#[tokio::test]
async fn a_request_to_the_release_build_leaves_its_flame_graph() -> Result {
    let scratch = scratch();
    let page = of_a_login(&scratch.path().join("profiles")).await?;
    let page = std::fs::read_to_string(page)?;
    // By its path, or, inlined, by its file and line.
    assert!(
        page.contains("account::login") || page.contains("(account.rs:"),
        "{page}"
    );
    assert!(
        page.contains("[awaiting]") && page.contains(" at 997 Hz"),
        "{page}"
    );
    Ok(())
}
