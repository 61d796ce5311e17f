//! Where the bottleneck was, as far as the records show it.

mod sentence;

use std::collections::BTreeMap;

use super::{Metric, RunSet};
use crate::lens::flame::Stacks;

/// One observation about a configuration.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Finding {
    /// The load generator could not send faster; the throughput is a floor.
    GeneratorSaturated {
        /// Cores it used, if recorded.
        used: Option<f64>,
        /// Cores it could use, if recorded.
        available: Option<f64>,
    },
    /// Requests of an open loop left later than they were due although a user was
    /// free: the times, which count from when they were due, are a ceiling.
    ScheduleLag {
        /// How late 99 of 100 left at most, if recorded.
        p99_ms: Option<f64>,
        /// How late the latest left.
        worst_ms: f64,
        /// Part of the machine's processor time in use, if recorded.
        busy: Option<f64>,
    },
    /// Arrivals came at a rate that was chosen, and the server kept up or did not.
    ChosenRate {
        /// Arrivals a second, if recorded.
        rate: Option<f64>,
        /// Whether all were answered in time.
        kept: bool,
    },
    /// The server used nearly all the cores it could.
    ServerSaturated {
        /// Cores used.
        used: f64,
        /// Cores it could use.
        available: f64,
    },
    /// Each of the server's workers may have kept a core busy, with cores to spare.
    WorkersBusy {
        /// Cores used.
        used: f64,
        /// Workers.
        workers: f64,
        /// Cores the server could use.
        available: f64,
    },
    /// What others left of the machine, the server used nearly all of.
    MachineBusy {
        /// Part of the machine's processor time in use, 0 to 1.
        share: f64,
        /// Cores that the server used.
        used: f64,
        /// Cores that it used or that were idle.
        room: f64,
    },
    /// The server had cores to spare, but not many.
    ServerNearlySaturated {
        /// Cores used.
        used: f64,
        /// Cores that it used or that were idle.
        room: f64,
    },
    /// The server had cores to spare.
    ServerHadRoom {
        /// Cores used.
        used: f64,
        /// Cores that it used or that were idle.
        room: f64,
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
        /// Threads by name and their shares, 0 to 1, most first; none where the
        /// stacks are not beside the record.
        threads: Vec<(String, f64)>,
        /// Functions and their own shares, 0 to 1, most first.
        functions: Vec<(String, f64)>,
    },
    /// One endpoint made up most of the waiting.
    SlowestEndpoint {
        /// Method and name.
        endpoint: String,
        /// Its part of all the time users waited, 0 to 1.
        share: f64,
    },
}

/// From this part of what it could have had on, processor time is the limit.
const SATURATED: f64 = 0.9;
/// From this part of its cores on a generator is the limit itself, and not who
/// shares them with it.
const GENERATOR_BUSY: f64 = 0.85;
/// From this part on it is near.
const NEARLY: f64 = 0.75;
/// Others squeeze a server that they leave less than this part of its cores.
const SQUEEZED: f64 = 0.95;
/// 99 of 100 requests of a schedule that is kept are less late than this.
const LATE_MS: f64 = 10.0;
const WORTH_NAMING: f64 = 0.25;
const HOTTEST: usize = 4;

impl Finding {
    /// What the runs of `set` show, most decisive first.
    #[must_use]
    pub fn of(set: &RunSet<'_>) -> Vec<Self> {
        let mut findings = Vec::new();
        findings.extend(of_the_load(set));
        findings.extend(of_the_server(set));
        findings.extend(of_the_writer(set));
        findings.extend(of_the_users(set));
        findings
    }

    /// What limited the throughput, in a word or two; `None` of a finding that only
    /// adds to others.
    #[must_use]
    pub fn limit(&self) -> Option<&'static str> {
        Some(match self {
            Self::GeneratorSaturated {
                used: Some(used),
                available: Some(available),
            } if used / available < GENERATOR_BUSY => "machine",
            Self::GeneratorSaturated { .. } => "load generator",
            Self::ChosenRate { kept: true, .. } => "chosen rate",
            Self::ChosenRate { kept: false, .. } => "server: rate not kept",
            Self::ServerSaturated { .. } => "processor",
            Self::MachineBusy { .. } => "machine",
            Self::ServerNearlySaturated { .. } => "processor, nearly",
            Self::WorkersBusy { .. } => "workers",
            Self::ServerHadRoom { .. } => "not the processor",
            _ => return None,
        })
    }
}

/// Generator and schedule.
fn of_the_load(set: &RunSet<'_>) -> Vec<Finding> {
    let run = set.floor_run().unwrap_or_else(|| set.typical());
    let conditions = &run.conditions;
    let mut findings = Vec::new();
    if run.is_open_loop() {
        findings.push(Finding::ChosenRate {
            rate: set.factors.number("rate"),
            kept: conditions.rate_not_kept != Some(true),
        });
        let p99_ms = conditions.schedule_lag_p99_ms;
        let late = p99_ms.or(conditions.schedule_lag_ms);
        if let (Some(worst_ms), Some(_)) =
            (conditions.schedule_lag_ms, late.filter(|ms| *ms >= LATE_MS))
        {
            findings.push(Finding::ScheduleLag {
                p99_ms,
                worst_ms,
                busy: conditions.busy_share,
            });
        }
    } else if set.is_floor() {
        findings.push(Finding::GeneratorSaturated {
            used: conditions.generator_cpu_cores,
            available: conditions.generator_cores_available,
        });
    }
    findings
}

/// The server's processor time, against what the machine had left for it.
fn of_the_server(set: &RunSet<'_>) -> Vec<Finding> {
    let conditions = &set.typical().conditions;
    let mut findings = Vec::new();
    let available = conditions
        .server_cores_available
        .or(conditions.machine_cores)
        .filter(|cores| *cores > 0.0);
    if let (Some(used), Some(available)) = (conditions.server_cpu_cores, available) {
        let idle = conditions
            .busy_share
            .zip(conditions.machine_cores)
            .map(|(share, cores)| (1.0 - share).max(0.0) * cores);
        let room = idle.map_or(available, |idle| available.min(used + idle));
        let workers = set
            .factors
            .number("workers")
            .filter(|workers| *workers > 0.0);
        findings.push(if used / available >= SATURATED {
            Finding::ServerSaturated { used, available }
        } else if used / room >= SATURATED && room <= SQUEEZED * available {
            let share = conditions.busy_share.unwrap_or(1.0);
            Finding::MachineBusy { share, used, room }
        } else if let Some(workers) = workers.filter(|workers| used / workers >= SATURATED) {
            Finding::WorkersBusy {
                used,
                workers,
                available,
            }
        } else if used / room >= NEARLY {
            Finding::ServerNearlySaturated { used, room }
        } else {
            Finding::ServerHadRoom { used, room }
        });
    }
    if let Some(share) = conditions.steal_share.filter(|share| *share >= 0.02) {
        findings.push(Finding::Stolen { share });
    }
    findings
}

fn of_the_writer(set: &RunSet<'_>) -> Option<Finding> {
    let conditions = &set.typical().conditions;
    let depth = conditions.queue_depth_max.filter(|depth| *depth >= 1.0)?;
    Some(Finding::WriterQueue {
        depth,
        batch: conditions.batch_mean,
    })
}

/// What users waited for, and what the server did meanwhile.
fn of_the_users(set: &RunSet<'_>) -> Vec<Finding> {
    let run = set.typical();
    let mut findings = Vec::new();
    if let (Some(rps), Some(mean), Some(users)) = (
        // Of one run: the mean of all runs belongs to no run's throughput.
        Metric::Rps.of(&run.numbers),
        Metric::Mean.of(&run.numbers),
        set.factors.number("users"),
    ) {
        let requests = rps * mean / 1_000.0;
        findings.push(Finding::InFlight { requests, users });
    }
    if let Some(flame) = set.runs.iter().find_map(|run| run.flame.as_ref()) {
        findings.push(Finding::HotFunctions {
            samples: flame.samples,
            threads: flame.stacks.as_ref().map(threads).unwrap_or_default(),
            functions: flame.functions.iter().take(HOTTEST).cloned().collect(),
        });
    }
    if let Some(slowest) = run.waits.first().filter(|wait| wait.share >= WORTH_NAMING) {
        findings.push(Finding::SlowestEndpoint {
            endpoint: slowest.endpoint.clone(),
            share: slowest.share,
        });
    }
    findings
}

/// The outermost frame of a stack is the name of its thread.
#[expect(clippy::cast_precision_loss, reason = "samples, below 2^53")]
fn threads(stacks: &Stacks) -> Vec<(String, f64)> {
    let mut samples: BTreeMap<&str, u64> = BTreeMap::new();
    for (frames, count) in stacks.iter() {
        if let Some(thread) = frames.first() {
            *samples.entry(thread).or_default() += count;
        }
    }
    let mut samples: Vec<(&str, u64)> = samples.into_iter().collect();
    samples.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let all = stacks.total().max(1) as f64;
    let most = samples.into_iter().take(HOTTEST);
    most.map(|(name, count)| (name.to_owned(), count as f64 / all))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::story::{Conditions, Factors, Profile};

    /// A closed loop on a machine of two cores, half of which was in use.
    fn calm() -> (Factors, Conditions) {
        let mut factors = Factors::new();
        factors.set("users", "100");
        factors.set("loop", "closed");
        let conditions = Conditions {
            server_cpu_cores: Some(0.5),
            server_cores_available: Some(2.0),
            machine_cores: Some(2.0),
            busy_share: Some(0.5),
            ..Conditions::default()
        };
        (factors, conditions)
    }

    fn found((factors, conditions): (Factors, Conditions)) -> Vec<Finding> {
        let table = "Type,Name,Request Count,Failure Count,Median Response Time,Average Response Time,Requests/s\n\
                     GET,/,10,0,1,50,1000\n,Aggregated,10,0,1,50,1000\n";
        let crate::locust::read::Table::Stats(stats) =
            crate::locust::read::parse(table.as_bytes()).unwrap()
        else {
            panic!("a table of statistics");
        };
        let mut profile = Profile::of_stats("run.csv".to_owned(), factors, &stats).unwrap();
        profile.conditions = conditions;
        Finding::of(&RunSet::of(std::slice::from_ref(&profile)).unwrap())
    }

    fn limits(findings: &[Finding]) -> Vec<&'static str> {
        findings.iter().filter_map(Finding::limit).collect()
    }

    fn sentences(findings: &[Finding]) -> String {
        let sentences: Vec<String> = findings.iter().map(Finding::sentence).collect();
        sentences.join("\n")
    }

    #[test]
    fn cores_to_spare_mean_that_something_else_was_waited_for() {
        let findings = found(calm());
        assert_eq!(limits(&findings), ["not the processor"]);
        let said = sentences(&findings);
        assert!(
            said.contains("used 0.50 of the 1.50 cores that it could have"),
            "{said}"
        );
    }

    #[test]
    fn a_pinned_server_at_its_core_is_limited_by_the_processor() {
        let (factors, mut conditions) = calm();
        conditions.server_cores_available = Some(1.0);
        conditions.server_cpu_cores = Some(0.91);
        let findings = found((factors, conditions));
        assert_eq!(limits(&findings), ["processor"]);
        assert!(sentences(&findings).contains("used 0.91 of 1 core:"));
    }

    #[test]
    fn just_below_that_it_is_nearly_so_and_never_something_else() {
        let (factors, mut conditions) = calm();
        conditions.server_cores_available = Some(1.0);
        conditions.server_cpu_cores = Some(0.89);
        assert_eq!(limits(&found((factors, conditions))), ["processor, nearly"]);
    }

    #[test]
    fn a_full_machine_is_the_limit_though_the_server_has_half_of_it() {
        let (factors, mut conditions) = calm();
        conditions.server_cpu_cores = Some(1.1);
        conditions.busy_share = Some(0.97);
        let findings = found((factors, conditions));
        assert_eq!(limits(&findings), ["machine"]);
        assert!(sentences(&findings).contains("1.10 of the 1.16 cores that others left"));
    }

    #[test]
    fn as_many_busy_cores_as_workers_point_at_the_workers() {
        let (mut factors, mut conditions) = calm();
        factors.set("workers", "1");
        conditions.server_cpu_cores = Some(0.98);
        conditions.busy_share = Some(0.5);
        assert_eq!(limits(&found((factors, conditions))), ["workers"]);
    }

    #[test]
    fn a_saturated_generator_of_a_closed_loop_comes_first() {
        let (factors, mut conditions) = calm();
        conditions.generator_saturated = Some(true);
        conditions.generator_cpu_cores = Some(0.94);
        conditions.generator_cores_available = Some(1.0);
        let findings = found((factors, conditions));
        assert_eq!(limits(&findings)[0], "load generator");
        assert!(sentences(&findings).contains("used 0.94 of 1 core): the throughput is a floor"));
    }

    #[test]
    fn a_generator_with_cores_to_spare_on_a_full_machine_is_not_the_limit() {
        let (factors, mut conditions) = calm();
        conditions.generator_saturated = Some(true);
        conditions.generator_cpu_cores = Some(0.48);
        conditions.generator_cores_available = Some(1.0);
        assert_eq!(limits(&found((factors, conditions)))[0], "machine");
    }

    #[test]
    fn a_late_schedule_makes_times_a_ceiling_and_no_floor_of_the_rate() {
        let (mut factors, mut conditions) = calm();
        factors.set("loop", "open");
        factors.set("rate", "1585");
        conditions.generator_saturated = Some(true);
        conditions.schedule_lag_ms = Some(55.3);
        conditions.schedule_lag_p99_ms = Some(12.0);
        let findings = found((factors, conditions));
        assert_eq!(limits(&findings)[0], "chosen rate");
        let said = sentences(&findings);
        for part in [
            "1,585 arrivals a second were chosen and kept",
            "One request left 55.3 ms after it was due, one in a hundred 12 ms or more,",
            "busy 50% of the time",
            "a ceiling for the server",
        ] {
            assert!(said.contains(part), "{part} in {said}");
        }
        assert!(!said.contains("floor"), "{said}");
    }

    #[test]
    fn a_rate_that_was_not_kept_is_the_servers_limit() {
        let (mut factors, mut conditions) = calm();
        factors.set("loop", "open");
        conditions.rate_not_kept = Some(true);
        conditions.schedule_lag_ms = Some(1.0);
        let findings = found((factors, conditions));
        assert_eq!(limits(&findings)[0], "server: rate not kept");
        assert!(!sentences(&findings).contains("after it was due"));
    }

    #[test]
    fn samples_are_shared_out_among_threads() {
        let stacks = Stacks::parse("writer;a;b 6\nworker;c 3\nwriter;a 1\n").unwrap();
        let shares = threads(&stacks);
        assert_eq!(
            shares,
            [("writer".to_owned(), 0.7), ("worker".to_owned(), 0.3)]
        );
        let functions = vec![("b".to_owned(), 0.6)];
        let finding = Finding::HotFunctions {
            samples: 10,
            threads: shares,
            functions,
        };
        assert_eq!(
            finding.sentence(),
            "10 samples of the server's processor time, by thread: 70% `writer`, 30% `worker`; \
             by what ran itself: 60% `b`."
        );
    }

    #[test]
    fn queue_theft_and_waiting_add_to_the_limit() {
        let (factors, mut conditions) = calm();
        conditions.queue_depth_max = Some(90.0);
        conditions.batch_mean = Some(1.0);
        conditions.steal_share = Some(0.05);
        let said = sentences(&found((factors, conditions)));
        for part in [
            "Up to 90 writes waited for the writer, 1 write to a transaction.",
            "gave 5.0% of the processor time to others",
            "RPS x mean = 50 requests in flight, of 100 users: users waited part of the time.",
            "100% of all waiting was for `GET /`.",
        ] {
            assert!(said.contains(part), "{part} in {said}");
        }
    }
}
