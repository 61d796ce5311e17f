//! The commands of `development/Tracing-and-Profiling.md` that start decnet, typed as
//! they stand there.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::time::Duration;

use shakedown::fixtures::scratch;
use shakedown::process::{Process, ProcessBuilder, Ready};
use shakedown::{Failure, Result};

use crate::server;

/// The longest that a command that ends by itself may take.
const LIMIT: Duration = Duration::from_secs(60);

/// The lines of the page's console blocks, without prompt and comment.
fn commands() -> Result<Vec<String>> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("development/Tracing-and-Profiling.md");
    let page = fs::read_to_string(page)?;
    let blocks = page.split("```").skip(1).step_by(2);
    let consoles = blocks.filter_map(|block| {
        let (language, text) = block.split_once('\n')?;
        matches!(language, "bash" | "console").then_some(text)
    });
    let lines = consoles.flat_map(str::lines).map(|line| {
        let line = line.strip_prefix("$ ").unwrap_or(line);
        line.split("  #").next().unwrap_or(line).trim().to_owned()
    });
    Ok(lines.filter(|line| !line.is_empty()).collect())
}

/// A directory with decnet where a build leaves it, and a `cargo` that knows our
/// subcommand alone.
fn furnish(home: &Path) -> Result {
    fs::create_dir_all(home.join("target/release"))?;
    symlink(server::binary()?, home.join("target/release/decnet"))?;
    let cargo = home.join("bin/cargo");
    fs::create_dir(home.join("bin"))?;
    let lens = env!("CARGO_BIN_EXE_cargo-shakedown");
    fs::write(&cargo, format!("#!/bin/sh\nexec {lens} \"$@\"\n"))?;
    fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755))?;
    Ok(())
}

/// `line` in a shell in `home`, with nothing of decnet's in the environment but a port
/// that nobody else has.
fn typed(line: &str, home: &Path) -> Result<ProcessBuilder> {
    let path = format!("{}:{}", home.join("bin").display(), std::env::var("PATH")?);
    Ok(Process::builder("bash")
        .name("typed")
        .args(["-c", line])
        .current_dir(home)
        .env("PATH", path)
        .env("DECNET_API_PORT", "0")
        .env_remove("DECNET_DEVELOPER")
        .env_remove("DECNET_DEVELOPER_TRACING")
        .env_remove("DECNET_DB_TYPE"))
}

#[test]
fn what_the_page_says_to_type_starts_decnet() -> Result {
    let all = commands()?;
    let with_decnet = |line: &&String| line.contains("target/release/decnet ");
    let lines: Vec<&String> = all.iter().filter(with_decnet).collect();
    assert!(lines.len() >= 6, "{all:#?}");
    for line in lines {
        let scratch = scratch();
        let home = scratch.path();
        furnish(home)?;
        let is_lens = line.contains("cargo shakedown");
        if line.ends_with(" api") && !is_lens {
            let mut server = typed(line, home)?
                .ready(Ready::line("listening on "))
                .start()?;
            let status = server.terminate(Duration::from_secs(10))?;
            assert!(status.success(), "`{line}`: {}", server.log_tail(20));
            continue;
        }
        // Seconds of looking are for people.
        let short = line.replace("--duration 30s", "--duration 2s");
        let short = short.replace("--duration 10s", "--duration 2s");
        let mut command = typed(&short, home)?.start()?;
        let status = command.wait(LIMIT)?;
        let log = command.log_tail(60);
        let status = status.ok_or_else(|| Failure::new(format!("`{line}` goes on:\n{log}")))?;
        assert!(status.success(), "`{line}`: {status}\n{log}");
        let says = match line.ends_with(" api") {
            true => "listening on ",
            false => "ssh ",
        };
        assert!(log.contains(says), "`{line}`:\n{log}");
        assert!(
            log.contains("development/profiles/flames/"),
            "`{line}`:\n{log}"
        );
    }
    Ok(())
}
