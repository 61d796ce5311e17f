//! The machine that phases were measured on: more of it than a load test needs.

use serde::{Deserialize, Serialize};

use super::{Machine, cgroup, disk};
use crate::measure::{Before, read};

/// A look at the machine before the phases, to be completed after them.
#[must_use = "`finish` says what the machine did meanwhile"]
pub struct RigWatch(Before);

impl std::fmt::Debug for RigWatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RigWatch").finish_non_exhaustive()
    }
}

impl RigWatch {
    /// Looks at the machine.
    pub fn start() -> Self {
        Self(Before::now())
    }

    /// Looks again: the machine, and how busy it was in between.
    #[must_use]
    pub fn finish(&self) -> Rig {
        Rig::of(self.0.finish())
    }
}

/// A machine, as far as it decides how fast a phase is, and how busy it was.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Rig {
    /// Processor, memory, kernel, load and steal.
    #[serde(flatten)]
    pub machine: Machine,
    /// The disk below the working directory: device and whether it spins, or the
    /// file system where no device shows.
    #[serde(default)]
    pub disk: String,
    /// What the control groups allow: processor time and memory; empty without limits.
    #[serde(default)]
    pub container: String,
    /// The governor of the processor's clock; empty where the kernel has none.
    #[serde(default)]
    pub governor: String,
}

/// A kernel's version without its patch level and its build: `6.18` of `6.18.44-fc`.
fn release(kernel: &str) -> String {
    let parts: Vec<&str> = kernel.splitn(3, ['.', '-']).take(2).collect();
    parts.join(".")
}

impl Rig {
    /// This machine, after `machine` looked at how busy it was.
    fn of(machine: Machine) -> Self {
        Self {
            machine,
            disk: disk::below_the_working_directory(),
            container: cgroup::limits(&read("/proc/self/cgroup"), &read),
            governor: read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
                .trim()
                .to_owned(),
        }
    }

    /// What must be equal for two artifacts to be comparable.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let of = &self.machine;
        format!(
            "{}|{}|{}|{}|{}|{}|{}",
            of.cpu_model,
            of.cores,
            gibibytes(of.memory_bytes),
            release(&of.kernel),
            self.disk,
            self.container,
            self.governor
        )
    }

    /// The machine in a line: `AMD EPYC 7B13, 2 cores, 8 GiB, kernel 6.1`.
    #[must_use]
    pub fn phrase(&self) -> String {
        let of = &self.machine;
        let mut parts = Vec::new();
        if !of.cpu_model.is_empty() {
            parts.push(of.cpu_model.clone());
        }
        if of.cores > 0 {
            parts.push(format!("{} cores", of.cores));
        }
        if of.memory_bytes > 0 {
            parts.push(format!("{} GiB", gibibytes(of.memory_bytes)));
        }
        for (what, value) in [
            ("kernel ", &of.kernel),
            ("disk ", &self.disk),
            ("limits ", &self.container),
            ("governor ", &self.governor),
        ] {
            if !value.is_empty() {
                parts.push(format!("{what}{value}"));
            }
        }
        if parts.is_empty() {
            "unknown machine".to_owned()
        } else {
            parts.join(", ")
        }
    }
}

fn gibibytes(bytes: u64) -> u64 {
    (bytes + (1 << 29)) >> 30
}
