//! The keys of nextest's repository configuration, as `cargo nextest self schema
//! repo-config` of 0.9.143 lists them.

/// What may stand under a key.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shape {
    /// a value, or a table whose keys are not looked at
    Value,
    /// a table of these keys, or a plain value where a short form exists
    Table(&'static [(&'static str, Shape)]),
    /// a table whose keys are names, each a table of these keys
    Named(&'static [(&'static str, Shape)]),
    /// an array of tables of these keys
    List(&'static [(&'static str, Shape)]),
}

use Shape::{List, Named, Table, Value};

type Keys = &'static [(&'static str, Shape)];

pub(super) const ROOT: Keys = &[
    ("experimental", Value),
    (
        "nextest-version",
        Table(&[("recommended", Value), ("required", Value)]),
    ),
    ("profile", Named(PROFILE)),
    ("script", Named(SETUP_SCRIPT)),
    (
        "scripts",
        Table(&[
            ("setup", Named(SETUP_SCRIPT)),
            ("wrapper", Named(WRAPPER_SCRIPT)),
        ]),
    ),
    ("store", Table(&[("dir", Value)])),
    ("test-groups", Named(&[("max-threads", Value)])),
];

const PROFILE: Keys = &[
    ("archive", Table(&[("include", List(ARCHIVED))])),
    (
        "bench",
        Table(&[
            ("global-timeout", Value),
            ("slow-timeout", Table(SLOW_TIMEOUT)),
        ]),
    ),
    ("default-filter", Value),
    (
        "fail-fast",
        Table(&[("max-fail", Value), ("terminate", Value)]),
    ),
    ("failure-output", Value),
    ("final-status-level", Value),
    ("flaky-result", Value),
    ("global-timeout", Value),
    ("inherits", Value),
    ("junit", Table(JUNIT)),
    ("leak-timeout", Table(LEAK_TIMEOUT)),
    ("overrides", List(OVERRIDE)),
    ("retries", Table(RETRIES)),
    ("run-extra-args", Value),
    ("scripts", List(PROFILE_SCRIPT)),
    ("slow-timeout", Table(SLOW_TIMEOUT)),
    ("status-level", Value),
    ("success-output", Value),
    ("test-threads", Value),
    ("threads-required", Value),
];

const OVERRIDE: Keys = &[
    ("bench", Table(&[("slow-timeout", Table(SLOW_TIMEOUT))])),
    ("default-filter", Value),
    ("failure-output", Value),
    ("filter", Value),
    ("flaky-result", Value),
    ("junit", Table(JUNIT)),
    ("leak-timeout", Table(LEAK_TIMEOUT)),
    ("platform", Table(PLATFORM)),
    ("priority", Value),
    ("retries", Table(RETRIES)),
    ("run-extra-args", Value),
    ("slow-timeout", Table(SLOW_TIMEOUT)),
    ("success-output", Value),
    ("test-group", Value),
    ("threads-required", Value),
];

const ARCHIVED: Keys = &[
    ("depth", Value),
    ("on-missing", Value),
    ("path", Value),
    ("relative-to", Value),
];

const JUNIT: Keys = &[
    ("flaky-fail-status", Value),
    ("path", Value),
    ("report-name", Value),
    ("report-skipped", Value),
    ("store-failure-output", Value),
    ("store-success-output", Value),
];

const LEAK_TIMEOUT: Keys = &[("period", Value), ("result", Value)];

const PLATFORM: Keys = &[("host", Value), ("target", Value)];

const PROFILE_SCRIPT: Keys = &[
    ("filter", Value),
    ("list-wrapper", Value),
    ("platform", Table(PLATFORM)),
    ("run-wrapper", Value),
    ("setup", Value),
];

const RETRIES: Keys = &[
    ("backoff", Value),
    ("count", Value),
    ("delay", Value),
    ("jitter", Value),
    ("max-delay", Value),
];

const SETUP_SCRIPT: Keys = &[
    ("capture-stderr", Value),
    ("capture-stdout", Value),
    ("command", Value),
    ("junit", Table(JUNIT)),
    ("leak-timeout", Table(LEAK_TIMEOUT)),
    ("slow-timeout", Table(SLOW_TIMEOUT)),
];

const SLOW_TIMEOUT: Keys = &[
    ("grace-period", Value),
    ("on-timeout", Value),
    ("period", Value),
    ("terminate-after", Value),
];

const WRAPPER_SCRIPT: Keys = &[("command", Value), ("target-runner", Value)];
