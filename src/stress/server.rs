//! What the server under test used, read from `/proc` while the run lasts
//! (Linux, and only for a server on this machine).

use std::fs;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::StressError;
use crate::measure::{kibibytes, line_of};
use crate::process::Cores;

/// Processor time, memory and threads of the server process.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ServerUse {
    /// The process looked at; its children are not.
    pub pid: u32,
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
    /// The most memory resident at a look, in bytes.
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
        let Some(cpu) = cpu_seconds(self.seen.pid) else {
            self.seen.gone = true;
            return;
        };
        self.first.get_or_insert((now, cpu));
        self.last = Some((now, cpu));
        let status = format!("/proc/{}/status", self.seen.pid);
        let memory = line_of(&status, "VmRSS").and_then(|text| kibibytes(&text));
        let threads = line_of(&status, "Threads").and_then(|text| text.parse().ok());
        self.resident.extend(memory);
        self.seen.peak_threads = self.seen.peak_threads.max(threads.unwrap_or(0));
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

/// Fields 14 and 15 of `/proc/PID/stat`, counted after the command name, which
/// stands in parentheses and may hold anything.
#[expect(clippy::cast_precision_loss, reason = "clock ticks of one process")]
fn cpu_seconds(pid: u32) -> Option<f64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let after_name = &stat[stat.rfind(')')? + 1..];
    let mut fields = after_name.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    // SAFETY: `sysconf` only reads a constant of the system.
    let ticks_a_second = unsafe { libc::sysconf(libc::_SC_CLK_TCK) };
    Some((user + system) as f64 / (ticks_a_second.max(1)) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
