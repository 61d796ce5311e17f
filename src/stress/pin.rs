//! The generator on cores of its own for the time of a run.

use std::fs;

use super::StressError;
use crate::process::Cores;

/// Threads of this process that were pinned; let go when dropped.
pub(super) struct Pinned {
    /// Each thread, and where it ran before.
    threads: Vec<(u32, Cores)>,
    before: Cores,
}

impl Pinned {
    /// Pins every thread of the process, and with them what they start.
    pub(super) fn to(cores: &Cores) -> Result<Self, StressError> {
        cores.check().map_err(StressError::Cores)?;
        let mut pinned = Self {
            threads: Vec::new(),
            before: Cores::available().map_err(StressError::Cores)?,
        };
        for thread in threads() {
            // A thread that ended meanwhile needs no core.
            if let Ok(before) = Cores::of(thread)
                && cores.pin(thread).is_ok()
            {
                pinned.threads.push((thread, before));
            }
        }
        Ok(pinned)
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        for thread in threads() {
            let known = self.threads.iter().find(|(pinned, _)| *pinned == thread);
            let before = known.map_or(&self.before, |(_, before)| before);
            // As above.
            let _ = before.pin(thread);
        }
    }
}

fn threads() -> Vec<u32> {
    let Ok(entries) = fs::read_dir("/proc/self/task") else {
        return Vec::new();
    };
    let names = entries.flatten().map(|entry| entry.file_name());
    names
        .filter_map(|name| name.to_str()?.parse().ok())
        .collect()
}
