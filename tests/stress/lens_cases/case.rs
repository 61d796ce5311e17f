//! The set-ups that are compared.

use std::path::Path;
use std::time::Duration;

use shakedown::stress::Knobs;

use super::settings::Settings;
use crate::cost_report::report;
use crate::decnet_server::Tool;
use crate::target::{Setup, Tracing};

/// One set-up.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Case {
    pub(crate) id: &'static str,
    title: &'static str,
    /// The set-up that it is compared with.
    baseline: Option<&'static str>,
    tracing: Tracing,
    /// The share of requests that have a flame graph.
    requests: Option<&'static str>,
    system_allocator: bool,
    pub(crate) observer: Observer,
    /// Whether it is the build without features.
    pub(crate) plain: bool,
}

/// Who looks at the server from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Observer {
    Nobody,
    /// `cargo shakedown profile heap -- decnet ..`
    Heap,
    /// The sampling of `cargo shakedown profile attach --during stress`.
    Perf,
}

impl Observer {
    /// How long a stop may take.
    pub(crate) fn patience(self) -> Duration {
        match self {
            Self::Nobody | Self::Perf => Duration::from_secs(10),
            // What was recorded is read after decnet's end.
            Self::Heap => Duration::from_secs(90),
        }
    }
}

impl Case {
    const fn off(id: &'static str, title: &'static str) -> Self {
        Self {
            id,
            title,
            baseline: Some("off"),
            tracing: Tracing::Off,
            requests: None,
            system_allocator: false,
            observer: Observer::Nobody,
            plain: false,
        }
    }

    /// All of them.
    pub(crate) fn all() -> Vec<Self> {
        vec![
            Self {
                baseline: None,
                ..Self::off("off", "off")
            },
            Self::off("off-again", "off, again"),
            Self {
                plain: true,
                ..Self::off("not-built", "not built")
            },
            Self {
                tracing: Tracing::Full,
                ..Self::off("all", "every request traced")
            },
            Self {
                tracing: Tracing::Sampled,
                ..Self::off("one-in-100", "one request in 100 traced")
            },
            Self {
                requests: Some("1"),
                ..Self::off("requests", "request flame graphs, of every request")
            },
            Self {
                requests: Some("0.01"),
                ..Self::off("requests-one-in-100", "request flame graphs, of one in 100")
            },
            Self {
                system_allocator: true,
                ..Self::off("system", "the system's allocator")
            },
            Self {
                system_allocator: true,
                baseline: Some("system"),
                observer: Observer::Heap,
                ..Self::off("heap", "`profile heap`")
            },
            Self {
                observer: Observer::Perf,
                ..Self::off("perf", "`profile attach`, all the time")
            },
        ]
    }

    /// The case in a report, before its first round.
    pub(crate) fn unmeasured(&self) -> report::Case {
        report::Case {
            id: self.id.to_owned(),
            title: self.title.to_owned(),
            baseline: self.baseline.map(str::to_owned),
            rounds: Vec::new(),
            against: None,
        }
    }

    /// How decnet is started for it; its database, pages and profiles are in `home`.
    pub(crate) fn setup(&self, settings: &Settings, knobs: &Knobs, home: &Path) -> Setup {
        let mut environment = Vec::new();
        if let Some(rate) = self.requests {
            let pages = home.join("pages").display().to_string();
            environment.extend([
                ("DECNET_PROFILE_REQUESTS", "true".to_owned()),
                ("DECNET_PROFILE_RATE", rate.to_owned()),
                ("DECNET_PROFILE_DIR", pages),
            ]);
        }
        if self.system_allocator {
            environment.push(("DECNET_ALLOCATOR", "system".to_owned()));
        }
        let flames = home.join("flames").display().to_string();
        let lens = env!("CARGO_BIN_EXE_cargo-shakedown");
        let heap = [
            lens,
            "shakedown",
            "profile",
            "heap",
            "--directory",
            &flames,
            "--",
        ];
        Setup {
            workers: knobs.workers,
            cores: knobs.server_cores.clone(),
            tracing: self.tracing,
            database: Some(home.join("decnet.db")),
            binary: settings.plain.clone().filter(|_| self.plain),
            tool: (self.observer == Observer::Heap).then(|| Tool::starts(&heap)),
            environment,
            ..Setup::default()
        }
    }
}
