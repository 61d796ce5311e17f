//! heaptrack and valgrind on real programs: leaks by the name of the function.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

use shakedown::Result;
use shakedown::fixtures::{poll, scratch};

use crate::planted::{profile, program};
use crate::server;

/// Whether both tools start.
pub(crate) fn tools_here() -> Result<(), String> {
    for (tool, package) in [("heaptrack", "heaptrack"), ("valgrind", "valgrind")] {
        Command::new(tool)
            .arg("--version")
            .output()
            .map_err(|error| format!("`{tool}` does not start: {error} (Debian: {package})"))?;
    }
    Ok(())
}

fn a_leak_is_found_by_name(tool: &str) -> Result {
    let scratch = scratch();
    let leak = program("leak", scratch.path())?;
    let leak = leak.to_string_lossy();
    let seen = profile(scratch.path(), &[], "heap", &["--tool", tool, "--", &leak])?;
    let leaked = seen.beside("leaked.folded")?;
    let planted: u64 = leaked
        .lines()
        .filter(|line| line.contains("leak::leak_planted"))
        .filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok())
        .sum();
    assert_eq!(planted, 64 * 4_096, "{leaked}");
    assert!(
        !leaked.contains("free_planted") && !leaked.contains("hold_planted"),
        "{leaked}"
    );
    let row = seen
        .said
        .lines()
        .find(|line| line.ends_with("leak::leak_planted"));
    assert!(
        row.is_some_and(|row| row.starts_with("256.0 KiB")),
        "{}",
        seen.said
    );
    assert!(seen.beside("peak.folded")?.contains("hold_planted"));
    assert!(!seen.said.contains("its own allocator"), "{}", seen.said);
    Ok(())
}

#[test]
fn heaptrack_finds_a_planted_leak_by_name() -> Result {
    a_leak_is_found_by_name("heaptrack")
}

#[test]
fn dhat_finds_a_planted_leak_by_name() -> Result {
    a_leak_is_found_by_name("dhat")
}

#[test]
fn callgrind_counts_each_function() -> Result {
    let scratch = scratch();
    let leak = program("leak", scratch.path())?;
    let leak = leak.to_string_lossy();
    let seen = profile(scratch.path(), &[], "run", &["--exact", "--", &leak])?;
    let folded = seen.beside("folded")?;
    assert!(folded.contains("leak::free_planted"), "{folded}");
    Ok(())
}

/// Allocations of `decnet services` that heaptrack saw.
fn blocks_of_decnet(allocator: &str) -> Result<(u64, String)> {
    let scratch = scratch();
    let decnet = server::binary()?;
    let decnet = decnet.to_string_lossy();
    let environment = [("DECNET_ALLOCATOR", allocator)];
    let of = ["--tool", "heaptrack", "--", &decnet, "services"];
    let seen = profile(scratch.path(), &environment, "heap", &of)?;
    let folded = seen.beside("blocks.folded")?;
    let weights = folded
        .lines()
        .filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok());
    Ok((weights.sum(), seen.said))
}

#[test]
fn an_allocator_of_its_own_hides_the_program_and_that_is_said() -> Result {
    let (hidden, said) = blocks_of_decnet("mimalloc")?;
    assert!(
        said.contains("brings its own allocator, mimalloc"),
        "{said}"
    );
    let (seen, said) = blocks_of_decnet("system")?;
    assert!(!said.contains("its own allocator"), "{said}");
    assert!(
        seen > 2 * hidden,
        "{seen} with the system's, {hidden} with its own"
    );
    Ok(())
}

/// The pipes of every heaptrack that runs, or was killed.
fn pipes() -> BTreeSet<PathBuf> {
    let entries = std::fs::read_dir("/tmp").into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    paths
        .filter(|path| path.to_string_lossy().contains("heaptrack_fifo"))
        .collect()
}

#[test]
fn a_server_is_recorded_until_its_time_is_over_and_ends_in_order() -> Result {
    let before = pipes();
    let scratch = scratch();
    let decnet = server::binary()?;
    let beside = decnet.parent().unwrap_or(&decnet).display().to_string();
    let path = format!("{beside}:{}", std::env::var("PATH")?);
    let environment = [("PATH", path.as_str()), ("DECNET_ALLOCATOR", "system")];
    let database = scratch.path().join("decnet.db").display().to_string();
    let of = ["--tool", "heaptrack", "--duration", "3s", "--"];
    let api = ["decnet", "api", "--port", "0", "--db", &database];
    let seen = profile(
        scratch.path(),
        &environment,
        "heap",
        &[&of[..], &api].concat(),
    )?;
    assert!(seen.said.contains("listening on "), "{}", seen.said);
    assert!(!seen.said.contains("its own allocator"), "{}", seen.said);
    let page = seen.beside("html")?;
    assert!(page.contains("exit status: 0"), "{}", seen.said);
    assert!(
        seen.beside("blocks.folded")?.contains("decnet::"),
        "{}",
        seen.said
    );
    // Others that run meanwhile have a pipe of their own for a while.
    poll::until(|| pipes().is_subset(&before));
    Ok(())
}
