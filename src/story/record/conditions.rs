//! What a record says of the machine and of what went on there during the run.

use super::{Generator, Record, Word};
use crate::story::{Conditions, Machine};

impl Record {
    pub(super) fn machine(&self) -> Option<Machine> {
        let machine = Machine {
            cpu_model: self
                .machine
                .cpu_model
                .clone()
                .filter(|model| !model.is_empty()),
            cores: self.machine.cores,
            memory_bytes: self.machine.memory_bytes,
            kernel: self
                .machine
                .kernel
                .clone()
                .filter(|kernel| !kernel.is_empty()),
        };
        (machine != Machine::default()).then_some(machine)
    }

    #[expect(clippy::cast_precision_loss, reason = "cores")]
    pub(super) fn conditions(&self) -> Conditions {
        let server = self.server.as_ref();
        let writer = server
            .and_then(|server| server.writer.as_ref())
            .or(self.writer.as_ref());
        let cores = self.machine.cores.map(|cores| cores as f64);
        Conditions {
            server_cpu_cores: server.and_then(|server| server.cpu_cores),
            server_cores_available: server.and_then(|server| server.cores).or_else(|| {
                let pinned = self.factors.get("cores")?;
                match pinned {
                    Word::Number(number) => Some(*number),
                    Word::Text(text) => text.parse().ok(),
                    Word::Switch(_) => None,
                }
            }),
            server_peak_rss_bytes: server.and_then(|server| server.peak_rss_bytes),
            generator_cpu_cores: self.generator.cpu_cores,
            generator_cores_available: match (self.generator.threads, cores) {
                (Some(threads), Some(cores)) => Some(threads.min(cores)),
                (threads, cores) => threads.or(cores),
            },
            generator_saturated: self
                .generator
                .throughput
                .as_ref()
                .map(|word| word == "floor"),
            generator: self.generator.phrase(),
            interrupted: self.windows.complete.map(|complete| !complete),
            schedule_lag_ms: self.generator.schedule_lag_ms,
            schedule_lag_p99_ms: self.arrivals.as_ref().and_then(|of| of.lag_p99_ms),
            rate_not_kept: self.arrivals.as_ref().and_then(|of| of.saturated),
            queue_depth_max: writer.and_then(|writer| writer.queue_depth_max),
            batch_mean: writer.and_then(|writer| writer.batch_mean),
            machine_cores: cores,
            load_before: self.machine.load_before,
            busy_share: self.machine.busy_share,
            steal_share: self.machine.steal_share,
            dirty: self.revision.dirty,
        }
    }
}

impl Generator {
    fn phrase(&self) -> Option<String> {
        let tool = self.tool.clone()?;
        Some(match &self.build {
            Some(build) => format!("{tool} ({build} build)"),
            None => tool,
        })
    }
}
