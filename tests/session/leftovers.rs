//! What a run may not leave behind: processes, containers, directories, ports.
#![expect(
    clippy::unwrap_used,
    reason = "test code: clippy exempts the bodies of test functions, but not what they call"
)]

use std::fs;
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use shakedown::fixtures::poll::Poll;

use crate::scenario::Scenario;

/// How long a run that has ended may take to clear up.
const LIMIT: Duration = Duration::from_secs(5);

impl Scenario {
    /// Fails if anything of the run is still there after five seconds.
    #[track_caller]
    pub(crate) fn leaves_nothing_behind(&self) {
        Poll::new()
            .describe("nothing is left behind")
            .within(LIMIT)
            .until(|| match self.left_behind() {
                left if left.is_empty() => Ok(()),
                left => Err(format!("{left:#?}")),
            });
    }

    fn left_behind(&self) -> Vec<String> {
        let mut left = self.processes();
        left.extend(files_below(&self.tmp()));
        left.extend(files_below(&self.out().join("containers")));
        let ports = self.notes("ports");
        left.extend(
            ports
                .into_iter()
                .filter(|port| TcpStream::connect(port).is_ok()),
        );
        left
    }

    /// Processes that were started with this scenario's environment.
    pub(crate) fn processes(&self) -> Vec<String> {
        let mark = format!("SAMPLE_OUT={}", self.out().display());
        let own = std::process::id();
        let entries = fs::read_dir("/proc").unwrap().flatten();
        let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
        ids.filter(|id| *id != own)
            .filter_map(|id| {
                let environment = fs::read(format!("/proc/{id}/environ")).ok()?;
                let mut entries = environment.split(|byte| *byte == 0);
                entries.find(|entry| *entry == mark.as_bytes())?;
                let words = fs::read(format!("/proc/{id}/cmdline")).ok()?;
                let words = String::from_utf8_lossy(&words).replace('\0', " ");
                (!words.is_empty()).then(|| format!("process {id}: {words}"))
            })
            .collect()
    }
}

/// Files, and directories that hold none; the empty skeleton
/// `shakedown-<user>/sessions` may stay.
fn files_below(dir: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(dir) else {
        return Vec::new();
    };
    let mut left = Vec::new();
    for entry in entries.flatten() {
        let path = entry.path();
        let below = files_below(&path);
        if !path.is_dir() || (below.is_empty() && !is_skeleton(&path)) {
            left.push(path.display().to_string());
        }
        left.extend(below);
    }
    left
}

fn is_skeleton(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name == "sessions" || name.starts_with("shakedown-")
}
