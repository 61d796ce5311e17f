//! Settings of the shipped rules, one table each.

use serde::Deserialize;

use super::Exception;
use super::exceptions::filled;
use super::tiers::tiers;
use crate::inspect::finding::Severity;

/// `[inspect.rules]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct Rules {
    assertion_free_test: Plain,
    pub(crate) capture_loop_in_test: CaptureLoop,
    pub(crate) concrete_repository: ConcreteRepository,
    env_mutation: Plain,
    feature_without_test: Plain,
    fixed_port: Plain,
    ignored_without_reason: Plain,
    layering: Plain,
    marker_mismatch: Plain,
    missing_conftest: Plain,
    nextest_config: Plain,
    serial_without_effect: Plain,
    sleep_in_test: Plain,
    stray_test_target: Plain,
    unbounded_wait: Plain,
    pub(crate) unguarded_spawn: UnguardedSpawn,
    untested_module: Plain,
}

/// What every rule has.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
struct Plain {
    severity: Option<Severity>,
    exceptions: Vec<Exception>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct CaptureLoop {
    severity: Option<Severity>,
    exceptions: Vec<Exception>,
    /// functions that never return, beside those found to
    pub(crate) loops: Vec<String>,
    /// flags that are off in tests: calls they guard are not followed
    pub(crate) flags: Vec<String>,
    /// tiers in which tests may run any
    #[serde(deserialize_with = "tiers")]
    pub(crate) allowed_tiers: Vec<String>,
    /// loops that tests of some tiers may run
    pub(crate) allowed: Vec<AllowedLoop>,
}

/// A loop beside those found, and the tiers whose tests may run it all the same.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct AllowedLoop {
    #[serde(rename = "loop", deserialize_with = "filled")]
    pub(crate) function: String,
    #[serde(deserialize_with = "tiers")]
    pub(crate) tiers: Vec<String>,
    /// why; read by people only
    #[serde(rename = "reason", deserialize_with = "filled")]
    _reason: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct ConcreteRepository {
    severity: Option<Severity>,
    exceptions: Vec<Exception>,
    /// which types, and where they may be named, beside those found
    pub(crate) repositories: Vec<Repository>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Repository {
    #[serde(rename = "type", deserialize_with = "filled")]
    pub(crate) ty: String,
    #[serde(deserialize_with = "filled")]
    pub(crate) home: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct UnguardedSpawn {
    severity: Option<Severity>,
    exceptions: Vec<Exception>,
    /// which call is to be guarded by which flag
    pub(crate) spawns: Vec<Spawn>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Spawn {
    /// the function that makes the call, or starts those that do
    #[serde(deserialize_with = "filled")]
    pub(crate) function: String,
    /// the function called
    #[serde(deserialize_with = "filled")]
    pub(crate) calls: String,
    /// the flag's last identifier
    #[serde(deserialize_with = "filled")]
    pub(crate) flag: String,
}

impl Rules {
    /// Flags that are off in tests: those of `capture-loop-in-test`, and those that
    /// `unguarded-spawn` holds calls to.
    pub(crate) fn off_in_tests(&self) -> Vec<String> {
        let spawns = self.unguarded_spawn.spawns.iter();
        let own = self.capture_loop_in_test.flags.iter().cloned();
        own.chain(spawns.map(|it| it.flag.clone())).collect()
    }

    /// The severity and the exceptions set for a shipped rule.
    pub(crate) fn of(&self, rule: &str) -> (Option<Severity>, &[Exception]) {
        let plain = match rule {
            "capture-loop-in-test" => {
                let it = &self.capture_loop_in_test;
                return (it.severity, &it.exceptions);
            }
            "concrete-repository" => {
                let it = &self.concrete_repository;
                return (it.severity, &it.exceptions);
            }
            "unguarded-spawn" => {
                let it = &self.unguarded_spawn;
                return (it.severity, &it.exceptions);
            }
            "assertion-free-test" => &self.assertion_free_test,
            "env-mutation" => &self.env_mutation,
            "feature-without-test" => &self.feature_without_test,
            "fixed-port" => &self.fixed_port,
            "ignored-without-reason" => &self.ignored_without_reason,
            "layering" => &self.layering,
            "marker-mismatch" => &self.marker_mismatch,
            "missing-conftest" => &self.missing_conftest,
            "nextest-config" => &self.nextest_config,
            "serial-without-effect" => &self.serial_without_effect,
            "sleep-in-test" => &self.sleep_in_test,
            "stray-test-target" => &self.stray_test_target,
            "unbounded-wait" => &self.unbounded_wait,
            "untested-module" => &self.untested_module,
            _ => return (None, &[]),
        };
        (plain.severity, &plain.exceptions)
    }
}
