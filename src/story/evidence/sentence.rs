//! What was observed, as sentences.

use super::Finding;
use crate::story::{digits, factor};

/// From this part of the users on, all of them waited.
const ALL_WAITING: f64 = 0.8;
/// Up to this part, most of them did something else.
const MOSTLY_THINKING: f64 = 0.3;

impl Finding {
    /// The observation as a sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        match self {
            Self::GeneratorSaturated { used, available } => {
                let cores = match (used, available) {
                    (Some(used), Some(available)) => {
                        format!(
                            " (the generator used {used:.2} of {})",
                            of_cores(*available)
                        )
                    }
                    _ => String::new(),
                };
                format!(
                    "The load generator or its machine was saturated{cores}: the throughput is a floor for the server."
                )
            }
            Self::ScheduleLag {
                p99_ms,
                worst_ms,
                busy,
            } => lag_sentence(*p99_ms, *worst_ms, *busy),
            Self::ChosenRate { rate, kept } => {
                let rate = rate.map_or_else(
                    || "The arrivals".to_owned(),
                    |rate| format!("{} arrivals a second", digits::count(rate)),
                );
                let how = if *kept {
                    "were chosen and kept: the throughput says nothing of what the server can do"
                } else {
                    "were chosen and not kept: the throughput is what the server can do"
                };
                format!("{rate} {how}.")
            }
            Self::ServerSaturated { used, available } => format!(
                "The server used {used:.2} of {}: the processor is the limit.",
                of_cores(*available)
            ),
            Self::WorkersBusy {
                used,
                workers,
                available,
            } => format!(
                "The server used {used:.2} of {} and had {}: these may have been busy all the time.",
                of_cores(*available),
                factor::phrase("workers", Some(&format!("{workers}")))
            ),
            Self::MachineBusy { share, used, room } => format!(
                "{:.0}% of the machine's processor time was in use. The server used {used:.2} of the {room:.2} \
                 cores that others left: server and generator competed for the same cores.",
                share * 100.0
            ),
            Self::ServerNearlySaturated { used, room } => format!(
                "The server used {used:.2} of the {room:.2} cores that it could have: the processor was nearly \
                 the limit."
            ),
            Self::ServerHadRoom { used, room } => format!(
                "The server used {used:.2} of the {room:.2} cores that it could have: it waited for something \
                 else than the processor, or for one of its threads."
            ),
            Self::WriterQueue { depth, batch } => {
                let batch = batch.map_or_else(String::new, |batch| {
                    format!(", {} to a transaction", digits::writes(batch))
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
            Self::InFlight { requests, users } => format!(
                "RPS x mean = {} requests in flight, of {} users: {}.",
                digits::count(*requests),
                digits::count(*users),
                in_flight_meaning(*requests, *users)
            ),
            Self::HotFunctions { samples: 0, .. } => {
                "The server was sampled and used no processor time.".to_owned()
            }
            Self::HotFunctions {
                samples,
                threads,
                functions,
            } => {
                let by_thread = match threads.as_slice() {
                    [] => String::new(),
                    threads => format!(" by thread: {};", shares(threads)),
                };
                format!(
                    "{} samples of the server's processor time,{by_thread} by what ran itself: {}.",
                    digits::count(as_float(*samples)),
                    shares(functions)
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

/// `70% `writer`, 30% `worker``.
fn shares(parts: &[(String, f64)]) -> String {
    let part = |(name, share): &(String, f64)| {
        format!("{:.0}% `{}`", share * 100.0, name.replace('`', "'"))
    };
    parts.iter().map(part).collect::<Vec<_>>().join(", ")
}

fn lag_sentence(p99_ms: Option<f64>, worst_ms: f64, busy: Option<f64>) -> String {
    let p99 = p99_ms.map_or_else(String::new, |ms| {
        format!(", one in a hundred {} ms or more", digits::milliseconds(ms))
    });
    let reason = busy.map_or_else(String::new, |share| {
        format!(" (its machine was busy {:.0}% of the time)", share * 100.0)
    });
    format!(
        "One request left {} ms after it was due{p99}, although a user was free: the generator was late{reason}. \
         Times count from when requests were due, so they are a ceiling for the server.",
        digits::milliseconds(worst_ms)
    )
}

fn in_flight_meaning(requests: f64, users: f64) -> &'static str {
    if requests / users >= ALL_WAITING {
        "every user was waiting, so more users only make the queue longer"
    } else if requests / users <= MOSTLY_THINKING {
        "most users were idle, so the load was the limit and not the service"
    } else {
        "users waited part of the time"
    }
}

/// `1 core`, `2 cores`.
fn of_cores(cores: f64) -> String {
    factor::phrase("cores", Some(&format!("{cores:.0}")))
}

#[expect(clippy::cast_precision_loss, reason = "samples, below 2^53")]
fn as_float(count: u64) -> f64 {
    count as f64
}
