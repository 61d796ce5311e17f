//! What the server under test used, read from `/proc` while the run lasts
//! (Linux, and only for a server on this machine).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::StressError;
use super::process_tree::tree;
use super::record::rounded;
use crate::measure::{kibibytes, line_of};
use crate::process::Cores;

/// Processor time, memory and threads of the server: of its process and of all that
/// this one started.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ServerUse {
    /// The process looked at.
    pub pid: u32,
    /// The most processes at a look, with its children; 0 of records that only
    /// looked at the process itself.
    #[serde(default)]
    pub processes: usize,
    /// How many cores it may use; 0 when that is not known.
    #[serde(default)]
    pub cores: usize,
    /// Which these are, as the kernel lists them: `0,2-3`.
    #[serde(default)]
    pub core_list: String,
    /// Processor seconds, user and system, used during the run.
    pub cpu_seconds: f64,
    /// Processor seconds a second: 1.0 is one core all the time.
    pub cpu_cores: f64,
    /// The most memory resident at a look, in bytes. What processes share is counted
    /// in each.
    pub peak_rss_bytes: u64,
    /// Memory resident half-way through the looks, in bytes: what has grown since
    /// then grew when everything was warm. 0 of records that do not have it.
    #[serde(default)]
    pub middle_rss_bytes: u64,
    /// Memory resident at the last look, in bytes.
    #[serde(default)]
    pub last_rss_bytes: u64,
    /// The most threads at a look.
    pub peak_threads: u64,
    /// Whether the process was gone at the end of the run.
    pub gone: bool,
    /// What it used between two looks, a look a second, from the start of the run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub samples: Vec<ServerSample>,
}

/// What the server used from one look to the next.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ServerSample {
    /// When the time ended, in seconds from the start of the run.
    pub at_s: f64,
    /// Processor seconds a second.
    pub cpu_cores: f64,
    /// Memory resident at its end, in bytes.
    pub rss_bytes: u64,
    /// Threads at its end.
    pub threads: u64,
}

/// Whether the server may use `wanted` and nothing else.
pub(super) fn check_pinned(pid: u32, wanted: &Cores) -> Result<(), StressError> {
    let found = Cores::of(pid).map_err(StressError::Cores)?;
    if found == *wanted {
        return Ok(());
    }
    Err(StressError::NotPinned {
        found,
        wanted: wanted.clone(),
    })
}

/// Looks at the process once a second.
pub(super) struct Sampler {
    first: Option<(Duration, f64)>,
    last: Option<(Duration, f64)>,
    /// One for each look.
    resident: Vec<u64>,
    seen: ServerUse,
}

impl Sampler {
    pub(super) fn of(pid: u32) -> Self {
        let cores = Cores::of(pid).ok();
        Self {
            first: None,
            last: None,
            resident: Vec::new(),
            seen: ServerUse {
                pid,
                cores: cores.as_ref().map_or(0, Cores::count),
                core_list: cores.map_or_else(String::new, |cores| cores.to_string()),
                ..ServerUse::default()
            },
        }
    }

    /// Takes a look at `now`, counted from the start of the run.
    pub(super) fn look(&mut self, now: Duration) {
        let processes = tree(self.seen.pid);
        if processes.is_empty() {
            self.seen.gone = true;
            return;
        }
        let cpu = seconds(processes.values().map(|stat| stat.ticks).sum());
        let (mut rss_bytes, mut threads) = (0, 0);
        for pid in processes.keys() {
            let status = format!("/proc/{pid}/status");
            let memory = line_of(&status, "VmRSS").and_then(|text| kibibytes(&text));
            rss_bytes += memory.unwrap_or(0);
            let count: Option<u64> = line_of(&status, "Threads").and_then(|text| text.parse().ok());
            threads += count.unwrap_or(0);
        }
        if let Some((before, used)) = self.last {
            let passed = now.saturating_sub(before).as_secs_f64();
            // The look at the very end comes at once after the last second's.
            if passed >= SHORTEST_S {
                self.seen.samples.push(ServerSample {
                    at_s: rounded(now.as_secs_f64()),
                    // A child that ended and was not waited for takes its time along.
                    cpu_cores: rounded((cpu - used).max(0.0) / passed),
                    rss_bytes,
                    threads,
                });
            }
        }
        self.first.get_or_insert((now, cpu));
        self.last = Some((now, cpu));
        self.resident.push(rss_bytes);
        self.seen.peak_threads = self.seen.peak_threads.max(threads);
        self.seen.processes = self.seen.processes.max(processes.len());
    }

    pub(super) fn finish(mut self) -> ServerUse {
        let resident = &self.resident;
        self.seen.peak_rss_bytes = resident.iter().copied().max().unwrap_or(0);
        self.seen.middle_rss_bytes = resident.get(resident.len() / 2).copied().unwrap_or(0);
        self.seen.last_rss_bytes = resident.last().copied().unwrap_or(0);
        if let (Some(first), Some(last)) = (self.first, self.last) {
            self.seen.cpu_seconds = last.1 - first.1;
            let passed = (last.0.saturating_sub(first.0)).as_secs_f64();
            if passed > 0.0 {
                self.seen.cpu_cores = self.seen.cpu_seconds / passed;
            }
        }
        self.seen
    }
}

/// Less than this between two looks is too short for clock ticks to count.
const SHORTEST_S: f64 = 0.5;

#[expect(clippy::cast_precision_loss, reason = "clock ticks of some processes")]
fn seconds(ticks: u64) -> f64 {
    // SAFETY: `sysconf` only reads a constant of the system.
    let ticks_a_second = unsafe { libc::sysconf(libc::_SC_CLK_TCK) };
    ticks as f64 / (ticks_a_second.max(1)) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    #[test]
    fn memory_is_told_at_its_peak_half_way_and_at_the_end() {
        let mut sampler = Sampler::of(std::process::id());
        sampler.resident = vec![10, 40, 30, 35];
        let seen = sampler.finish();
        assert_eq!(seen.peak_rss_bytes, 40);
        assert_eq!((seen.middle_rss_bytes, seen.last_rss_bytes), (30, 35));
    }

    #[test]
    fn a_look_at_this_process_finds_its_memory() {
        let mut sampler = Sampler::of(std::process::id());
        sampler.look(Duration::ZERO);
        let seen = sampler.finish();
        assert!(seen.last_rss_bytes > 1 << 20 && !seen.gone, "{seen:?}");
    }

    #[test]
    fn a_child_counts_and_each_second_is_kept() {
        let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        let mut sampler = Sampler::of(std::process::id());
        // Times are the caller's: nobody waits for three seconds here.
        for second in 0..3 {
            sampler.look(Duration::from_secs(second));
        }
        sampler.look(Duration::from_millis(2_010));
        drop(child.stdin.take());
        child.wait().unwrap();
        let seen = sampler.finish();
        assert!(seen.processes >= 2, "{seen:?}");
        let times: Vec<f64> = seen.samples.iter().map(|sample| sample.at_s).collect();
        assert_eq!(times, [1.0, 2.0], "the last look was no second");
        assert!(seen.samples.iter().all(|sample| sample.rss_bytes > 1 << 20));
    }
}
