//! What nobody chose: the machine a run took place on, and how busy everything was.

/// A machine, as far as it makes two runs comparable.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Machine {
    /// The processor.
    pub cpu_model: Option<String>,
    /// Cores.
    pub cores: Option<u64>,
    /// Main memory in bytes.
    pub memory_bytes: Option<u64>,
    /// Release of the kernel.
    pub kernel: Option<String>,
}

/// How busy server, generator and machine were during a run. Every figure is
/// optional: it is there if somebody recorded it.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Conditions {
    /// Cores the server used on average: 1.0 is one core all the time.
    pub server_cpu_cores: Option<f64>,
    /// Cores the server could use.
    pub server_cores_available: Option<f64>,
    /// The most memory the server held, in bytes.
    pub server_peak_rss_bytes: Option<f64>,
    /// Cores the load generator used on average.
    pub generator_cpu_cores: Option<f64>,
    /// Cores the load generator could use.
    pub generator_cores_available: Option<f64>,
    /// The recorder found the generator, or the whole machine, to be the bottleneck.
    pub generator_saturated: Option<bool>,
    /// How late requests left, at worst, in milliseconds.
    pub schedule_lag_ms: Option<f64>,
    /// How late 99 of 100 requests left at most, in milliseconds.
    pub schedule_lag_p99_ms: Option<f64>,
    /// The server did not keep up with the rate of an open loop.
    pub rate_not_kept: Option<bool>,
    /// The deepest the writer's queue was.
    pub queue_depth_max: Option<f64>,
    /// How many writes a transaction held on average.
    pub batch_mean: Option<f64>,
    /// Cores of the machine.
    pub machine_cores: Option<f64>,
    /// Load average before the run.
    pub load_before: Option<f64>,
    /// Part of the machine's processor time that was in use, 0 to 1.
    pub busy_share: Option<f64>,
    /// Part of the processor time that the hypervisor gave to others, 0 to 1.
    pub steal_share: Option<f64>,
    /// Name, version and build of the load generator.
    pub generator: Option<String>,
    /// The run ended before its time.
    pub interrupted: Option<bool>,
    /// The working tree had changes that the commit does not hold.
    pub dirty: Option<bool>,
}

impl Machine {
    /// The machine in a few words: `AMD EPYC 7B13, 2 cores, 8 GiB, Linux 6.1`.
    #[must_use]
    pub fn phrase(&self) -> String {
        let gib = |bytes: u64| format!("{} GiB", bytes.saturating_add(1 << 29) >> 30);
        let parts = [
            self.cpu_model.clone().filter(|model| !model.is_empty()),
            self.cores.map(|cores| format!("{cores} cores")),
            self.memory_bytes.map(gib),
            self.kernel
                .as_ref()
                .map(|kernel| format!("kernel {kernel}")),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        if parts.is_empty() {
            "unknown machine".to_owned()
        } else {
            parts.join(", ")
        }
    }
}
