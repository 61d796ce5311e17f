//! Whether a server keeps its memory: what it caches is warm half-way, and what grows
//! after that may never stop.

use shakedown::stress::ServerUse;
use shakedown::{Failure, Result};

/// How much the server may grow in the second half.
const MOST_GROWTH: f64 = 1.5;
/// Below which growth is of no interest, in bytes.
const NOTICED: u64 = 64 << 20;

/// What there is to say of the server's memory.
///
/// # Errors
/// It grew in the second half by more than a cache would.
#[expect(clippy::cast_precision_loss, reason = "bytes of memory")]
pub(crate) fn kept(server: &ServerUse) -> Result<String> {
    let (middle, last) = (server.middle_rss_bytes, server.last_rss_bytes);
    let mebibytes = |bytes: u64| bytes >> 20;
    let grown = last.saturating_sub(middle);
    if grown > NOTICED && last as f64 > MOST_GROWTH * middle as f64 {
        return Err(Failure::new(format!(
            "the server grew by {} MiB in the second half: does it leak?",
            mebibytes(grown)
        )));
    }
    Ok(format!(
        "memory: {} MiB half-way, {} MiB at the end, {} MiB at most",
        mebibytes(middle),
        mebibytes(last),
        mebibytes(server.peak_rss_bytes)
    ))
}

fn server(middle: u64, last: u64) -> ServerUse {
    let mut server = ServerUse::default();
    server.middle_rss_bytes = middle << 20;
    server.last_rss_bytes = last << 20;
    server.peak_rss_bytes = middle.max(last) << 20;
    server
}

#[test]
fn a_server_that_grows_in_the_second_half_leaks() {
    let error = kept(&server(200, 400)).unwrap_err().to_string();
    assert_eq!(
        error,
        "the server grew by 200 MiB in the second half: does it leak?"
    );
}

#[test]
fn little_growth_little_memory_and_shrinking_are_no_leak() {
    for (middle, last) in [(200, 290), (10, 60), (400, 100)] {
        let said = kept(&server(middle, last)).unwrap();
        let expected = format!("memory: {middle} MiB half-way, {last} MiB at the end");
        assert!(said.starts_with(&expected), "{said}");
    }
}
