//! The machine a run took place on, and what else it was doing (Linux; elsewhere
//! the fields are empty or 0).

use std::fs;

use serde::{Deserialize, Serialize};

/// What makes two machines comparable, and how busy this one was.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Machine {
    /// `model name` of the first processor.
    pub cpu_model: String,
    /// Cores this process may use, when it is not pinned for the run.
    pub cores: usize,
    /// Main memory in bytes.
    pub memory_bytes: u64,
    /// Release of the kernel.
    pub kernel: String,
    /// One-minute load average before the run.
    pub load_before: f64,
    /// One-minute load average after the run.
    pub load_after: f64,
    /// Share of all processor time during the run that was not idle, 0 to 1.
    pub busy_share: f64,
    /// Share of all processor time that the hypervisor gave to others, 0 to 1.
    pub steal_share: f64,
}

/// A look at the machine before the run.
pub(crate) struct Before {
    load: f64,
    cores: usize,
    times: ProcessorTimes,
}

#[derive(Clone, Copy, Default)]
struct ProcessorTimes {
    all: u64,
    idle: u64,
    steal: u64,
}

impl Before {
    pub(crate) fn now() -> Self {
        Self {
            load: load_average(),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            times: processor_times(),
        }
    }

    /// Looks again and says what the machine did in between.
    #[expect(clippy::cast_precision_loss, reason = "shares of clock ticks")]
    pub(crate) fn finish(&self) -> Machine {
        let times = processor_times();
        let passed = |now: u64, then: u64| now.saturating_sub(then) as f64;
        let all = passed(times.all, self.times.all).max(1.0);
        let idle = passed(times.idle, self.times.idle);
        Machine {
            cpu_model: line_of("/proc/cpuinfo", "model name").unwrap_or_default(),
            cores: self.cores,
            memory_bytes: line_of("/proc/meminfo", "MemTotal")
                .and_then(|text| kibibytes(&text))
                .unwrap_or(0),
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            load_before: self.load,
            load_after: load_average(),
            busy_share: ((all - idle) / all).clamp(0.0, 1.0),
            steal_share: (passed(times.steal, self.times.steal) / all).clamp(0.0, 1.0),
        }
    }
}

/// Processor seconds, user and system, that this process has used.
#[cfg(feature = "stress")]
#[expect(clippy::cast_precision_loss, reason = "seconds and microseconds fit")]
pub(crate) fn own_cpu_seconds() -> f64 {
    // SAFETY: an all-zero `rusage` is a valid value of the plain C struct.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: `usage` is a valid place to write to.
    let asked = unsafe { libc::getrusage(libc::RUSAGE_SELF, &raw mut usage) };
    if asked != 0 {
        return 0.0;
    }
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
    seconds(usage.ru_utime) + seconds(usage.ru_stime)
}

/// The value after `key:` in a file of such lines.
pub(crate) fn line_of(path: &str, key: &str) -> Option<String> {
    read(path).lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        (name.trim() == key).then(|| value.trim().to_owned())
    })
}

/// `1234 kB` in bytes.
pub(crate) fn kibibytes(text: &str) -> Option<u64> {
    let number: u64 = text.split_whitespace().next()?.parse().ok()?;
    Some(number * 1_024)
}

/// The text of a file; empty without it.
pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

fn load_average() -> f64 {
    read("/proc/loadavg")
        .split_whitespace()
        .next()
        .and_then(|load| load.parse().ok())
        .unwrap_or(0.0)
}

/// The first line of `/proc/stat`: user, nice, system, idle, iowait, irq,
/// softirq, steal (guest time is in user time already).
fn processor_times() -> ProcessorTimes {
    let stat = read("/proc/stat");
    let ticks: Vec<u64> = stat
        .lines()
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .skip(1)
        .take(8)
        .filter_map(|tick| tick.parse().ok())
        .collect();
    let at = |position: usize| ticks.get(position).copied().unwrap_or(0);
    ProcessorTimes {
        all: ticks.iter().sum(),
        idle: at(3) + at(4),
        steal: at(7),
    }
}
