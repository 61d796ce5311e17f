//! Where the bottleneck was, as far as the records show it.

use super::digits;
use super::{Metric, RunSet};

/// One observation about a configuration.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Finding {
    /// The load generator could not send faster; the figures are a floor.
    GeneratorSaturated {
        /// Cores it used, if recorded.
        used: Option<f64>,
        /// Cores it could use, if recorded.
        available: Option<f64>,
    },
    /// Requests left later than the schedule wanted.
    ScheduleLag {
        /// How late, at worst.
        milliseconds: f64,
    },
    /// The server used nearly all the cores it could.
    ServerSaturated {
        /// Cores used.
        used: f64,
        /// Cores it could use.
        available: f64,
    },
    /// Each of the server's workers kept a core busy, with cores to spare.
    WorkersBusy {
        /// Cores used.
        used: f64,
        /// Workers.
        workers: f64,
        /// Cores the server could use.
        available: f64,
    },
    /// All cores of the machine were busy, server and generator together.
    MachineBusy {
        /// Part of its processor time in use, 0 to 1.
        share: f64,
        /// Cores that the server used, if recorded.
        server: Option<f64>,
    },
    /// The server had cores to spare.
    ServerHadRoom {
        /// Cores used.
        used: f64,
        /// Cores it could use.
        available: f64,
    },
    /// Writes queued up before the writer.
    WriterQueue {
        /// The deepest the queue was.
        depth: f64,
        /// Writes in a transaction, on average.
        batch: Option<f64>,
    },
    /// The machine's processor time went to other machines.
    Stolen {
        /// Part of it, 0 to 1.
        share: f64,
    },
    /// Little's law: throughput times mean response time are the requests in flight.
    InFlight {
        /// Requests in flight on average.
        requests: f64,
        /// Users at once.
        users: f64,
    },
    /// Samples of the server show where its processor time went.
    HotFunctions {
        /// How many samples there are.
        samples: u64,
        /// Functions and their own shares, 0 to 1, most first.
        functions: Vec<(String, f64)>,
    },
    /// Most of the waiting was for one endpoint.
    SlowestEndpoint {
        /// Method and name.
        endpoint: String,
        /// Part of all waiting, 0 to 1.
        share: f64,
    },
}

const SATURATED: f64 = 0.9;
const ALL_WAITING: f64 = 0.8;
const MOSTLY_THINKING: f64 = 0.3;
const WORTH_NAMING: f64 = 0.25;
const HOTTEST: usize = 4;

impl Finding {
    /// What the runs of `set` show, most decisive first.
    #[must_use]
    pub fn of(set: &RunSet<'_>) -> Vec<Self> {
        let run = set.typical();
        let conditions = &run.conditions;
        let mut findings = Vec::new();
        if conditions.generator_saturated == Some(true) {
            findings.push(Self::GeneratorSaturated {
                used: conditions.generator_cpu_cores,
                available: conditions.generator_cores_available,
            });
        }
        if let Some(milliseconds) = conditions.schedule_lag_ms.filter(|lag| *lag >= 10.0) {
            findings.push(Self::ScheduleLag { milliseconds });
        }
        let available = conditions
            .server_cores_available
            .or(conditions.machine_cores)
            .filter(|cores| *cores > 0.0);
        let used = conditions.server_cpu_cores;
        let busy = conditions.busy_share.filter(|share| *share >= SATURATED);
        if let (Some(used), Some(available)) = (used, available) {
            let workers = set.factors.number("workers");
            let server = Self::of_server(used, available, workers);
            // On a busy machine the server's share says little about what it waited for.
            if busy.is_none() || !matches!(server, Self::ServerHadRoom { .. }) {
                findings.push(server);
            }
        }
        if let Some(share) = busy {
            let server = used;
            findings.push(Self::MachineBusy { share, server });
        }
        if let Some(depth) = conditions.queue_depth_max.filter(|depth| *depth >= 1.0) {
            let batch = conditions.batch_mean;
            findings.push(Self::WriterQueue { depth, batch });
        }
        if let Some(share) = conditions.steal_share.filter(|share| *share >= 0.02) {
            findings.push(Self::Stolen { share });
        }
        let mean = set.value(Metric::Mean);
        if let (Some(rps), Some(mean), Some(users)) =
            (set.value(Metric::Rps), mean, set.factors.number("users"))
        {
            let requests = rps * mean / 1_000.0;
            findings.push(Self::InFlight { requests, users });
        }
        if let Some(flame) = set.runs.iter().find_map(|run| run.flame.as_ref()) {
            findings.push(Self::HotFunctions {
                samples: flame.samples,
                functions: flame.functions.iter().take(HOTTEST).cloned().collect(),
            });
        }
        if let Some(slowest) = run.waits.first().filter(|wait| wait.share >= WORTH_NAMING) {
            findings.push(Self::SlowestEndpoint {
                endpoint: slowest.endpoint.clone(),
                share: slowest.share,
            });
        }
        findings
    }

    fn of_server(used: f64, available: f64, workers: Option<f64>) -> Self {
        match workers {
            _ if used / available >= SATURATED => Self::ServerSaturated { used, available },
            Some(workers) if workers > 0.0 && used / workers >= SATURATED => Self::WorkersBusy {
                used,
                workers,
                available,
            },
            _ => Self::ServerHadRoom { used, available },
        }
    }

    /// The observation as a sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        match self {
            Self::GeneratorSaturated { used, available } => {
                let cores = match (used, available) {
                    (Some(used), Some(available)) => {
                        format!(
                            " (the generator used {used:.1} of {})",
                            of_cores(*available)
                        )
                    }
                    _ => String::new(),
                };
                format!(
                    "The load generator or its machine was saturated{cores}: the figures are a floor for the server."
                )
            }
            Self::ScheduleLag { milliseconds } => format!(
                "Requests left up to {} ms behind schedule.",
                digits::milliseconds(*milliseconds)
            ),
            Self::ServerSaturated { used, available } => format!(
                "The server used {used:.1} of {}: the processor is the limit.",
                of_cores(*available)
            ),
            Self::WorkersBusy {
                used,
                workers,
                available,
            } => format!(
                "The server used {used:.1} of {} and had {}: they were busy all the time.",
                of_cores(*available),
                super::factor::phrase("workers", Some(&format!("{workers}")))
            ),
            Self::MachineBusy { share, server } => {
                let server = server.map_or_else(String::new, |cores| {
                    format!(", {cores:.1} cores of it by the server")
                });
                format!(
                    "{:.0}% of the machine's processor time was in use{server}: server, generator and others \
                     competed for the same cores.",
                    share * 100.0
                )
            }
            Self::ServerHadRoom { used, available } => format!(
                "The server used {used:.1} of {}: it waited for something else than the processor.",
                of_cores(*available)
            ),
            Self::WriterQueue { depth, batch } => {
                let batch = batch.map_or_else(String::new, |batch| {
                    format!(", {batch:.0} writes to a transaction")
                });
                format!(
                    "Up to {} writes waited for the writer{batch}.",
                    digits::count(*depth)
                )
            }
            Self::Stolen { share } => format!(
                "The hypervisor gave {} of the processor time to others.",
                digits::share(*share)
            ),
            Self::InFlight { requests, users } => {
                let meaning = if requests / users >= ALL_WAITING {
                    "every user was waiting, so more users only make the queue longer"
                } else if requests / users <= MOSTLY_THINKING {
                    "most users were idle, so the load was the limit and not the service"
                } else {
                    "users waited part of the time"
                };
                format!(
                    "RPS x mean = {} requests in flight, of {} users: {meaning}.",
                    digits::count(*requests),
                    digits::count(*users)
                )
            }
            Self::HotFunctions { samples: 0, .. } => {
                "The server was sampled and used no processor time.".to_owned()
            }
            Self::HotFunctions { samples, functions } => {
                let shares: Vec<String> = functions
                    .iter()
                    .map(|(name, share)| {
                        format!("{:.0}% `{}`", share * 100.0, name.replace('`', "'"))
                    })
                    .collect();
                format!(
                    "{} samples of the server's processor time: {}.",
                    digits::count(as_float(*samples)),
                    shares.join(", ")
                )
            }
            Self::SlowestEndpoint { endpoint, share } => format!(
                "{:.0}% of all waiting was for `{}`.",
                share * 100.0,
                endpoint.replace('`', "'")
            ),
        }
    }
}

/// `1 core`, `2 cores`.
fn of_cores(cores: f64) -> String {
    super::factor::phrase("cores", Some(&format!("{cores:.0}")))
}

#[expect(clippy::cast_precision_loss, reason = "samples, below 2^53")]
fn as_float(count: u64) -> f64 {
    count as f64
}
